import { counted } from '../../shared/counted.js';
import { affectedStacks } from '../graph/affected.js';
import { asksGates } from '../writes.js';
import { policyFrom } from './base-policy.js';
import { changedFiles } from './changed-files.js';
import { headCommit } from './git.js';
import {
  findingsSince,
  lacksHistory,
  nothingCompared,
  placesOf,
  type HistoryOptions,
  type ObservedHistory,
} from './observed-history.js';
import { sinceApplied } from './since-applied.js';

/**
 * Compares the checked out commit with what counts for this command: a pull request with its base;
 * an apply, a `destroy`, whatever else changes a state, and a plan on a branch with what was last
 * applied in each stack; so is one of all layers where an apply follows (`prove-gates`). Other
 * commands only where `layers` is `changed`.
 *
 * @throws UserError as `appliedChanges`, `changedFiles` and `policyFrom` do
 */
export async function observeHistory(options: HistoryOptions): Promise<ObservedHistory> {
  const { inputs, origin, applied, workspace } = options;
  const { command } = inputs;
  const isChange = origin !== undefined;
  const wanted = inputs.layers.kind === 'changed';
  const proves = inputs.proveGates;
  if (asksGates(inputs)) return sinceApplied(options);
  if (command === 'plan' && !isChange && (wanted || proves) && applied !== undefined) {
    return sinceApplied(options);
  }
  if (wanted || (command === 'plan' && isChange)) return inChange(options);
  return nothingCompared(workspace);
}

/** What the checked out commit changes. Without history only `layers: changed` fails. */
async function inChange(options: HistoryOptions): Promise<ObservedHistory> {
  const { inputs, git, workspace, origin, log } = options;
  let files: Awaited<ReturnType<typeof changedFiles>>;
  try {
    files = await changedFiles(git, origin);
  } catch (error) {
    if (inputs.layers.kind === 'changed' || !lacksHistory(error)) throw error;
    log.notice(
      `Without history, deleted stacks and changed gates are not told: set "fetch-depth: ${origin?.kind === 'pull-request' ? 2 : 0}" on actions/checkout.`,
    );
    return nothingCompared(workspace);
  }
  const { base, changed, deleted, range } = files;
  log.info(`${counted(changed.length + deleted.length, 'file')} changed in ${range}`);
  const isPlan = inputs.command === 'plan';
  const bases = new Map(workspace.config.environments.map(({ name }) => [name, base]));
  const head = await headCommit(git);
  return {
    affected:
      inputs.layers.kind === 'changed'
        ? affectedStacks({ workspace, changedFiles: changed, deletedFiles: deleted })
        : undefined,
    policy: isPlan
      ? await policyFrom({ ...placesOf(options), bases })
      : nothingCompared(workspace).policy,
    findings: isPlan ? await findingsSince([base], options) : [],
    unpromoted: [],
    head,
    commits: [head],
    pending: new Set(),
  };
}
