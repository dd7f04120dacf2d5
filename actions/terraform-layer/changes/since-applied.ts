import { counted } from '../../shared/counted.js';
import { UserError } from '../../shared/errors.js';
import { environmentsInQuestion } from '../choose-stacks.js';
import type { Affected } from '../graph/affected.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Stack } from '../stacks/workspace.js';
import type { TakenUpAgain } from './apply-again.js';
import { policyFrom, type Policy } from './base-policy.js';
import { appliedChanges, type AppliedChanges } from './baselines.js';
import { formerStacks } from './former-stacks.js';
import { gateBase } from './gate-base.js';
import {
  findingsSince,
  lacksHistory,
  nothingCompared,
  placesOf,
  type HistoryOptions,
  type ObservedHistory,
} from './observed-history.js';
import { pendingStacks, readElsewhere } from './pending-upstreams.js';
import { unpromoted, type Unpromoted } from './promotion.js';

/**
 * Compares the checked out commit with what was last applied in each stack in question.
 *
 * @throws UserError as `appliedChanges`, `formerStacks` and `policyFrom` do
 */
export async function sinceApplied(options: HistoryOptions): Promise<ObservedHistory> {
  const { inputs, git, workspace, applied, log } = options;
  const { command } = inputs;
  const names = new Set(environmentsInQuestion(inputs, workspace).map(({ name }) => name));
  const stacks = workspace.stacks.filter(({ environment }) => names.has(environment));
  const noted = (await applied?.appliedBaseline(stacks)) ?? new Map<string, AppliedEntry>();
  const former =
    applied === undefined || command === 'destroy'
      ? undefined
      : await formerStacks(stacks, noted, applied, {
          ...{ git, head: workspace, configPath: inputs.configPath },
          variables: inputs.variables,
          varFiles: inputs.varFiles,
        });
  const baselines = new Map([...noted, ...(former?.baselines ?? [])]);
  const again = await takenUpAgain(options);
  let changes: AppliedChanges;
  try {
    changes = await appliedChanges({ git, workspace, stacks, baselines, again });
  } catch (error) {
    const { layers, leg } = inputs;
    const needsHistory = layers.kind === 'changed' || leg !== undefined || again !== undefined;
    if (needsHistory || !lacksHistory(error)) throw error;
    log.notice(
      'Without history what was reviewed is not found: set "fetch-depth: 0" on actions/checkout.',
    );
    const policy = await policySince(new Map(), [...names], options);
    return { ...nothingCompared(workspace), policy };
  }
  const { affected, bases, oldestBases, commits, head } = changes;
  const [oldest] = bases;
  const range =
    oldest === undefined
      ? `everything up to ${head.slice(0, 7)}`
      : `${oldest.slice(0, 7)}..${head.slice(0, 7)}`;
  log.info(
    `Different from what was applied, in ${range}: ${counted(affected.changed.length, 'stack')}`,
  );
  return {
    affected: inputs.layers.kind === 'changed' ? affected : undefined,
    policy: await policySince(oldestBases, [...names], options),
    // Only an apply and its plan are about what the code says.
    findings:
      command === 'apply' || command === 'plan'
        ? await findingsSince([...new Set([...(former?.bases ?? []), ...bases])], options)
        : [],
    unpromoted: await unpromotedIn(affected, head, names, options),
    head,
    commits,
    ...(inputs.leg === undefined ? {} : { undone: undoneOf(inputs.leg.after, baselines, head) }),
    pending:
      command === 'apply' ? await pendingSince(changes, baselines, stacks, options) : new Set(),
  };
}

/** Those of `ids` in which this commit was not applied to its end. */
function undoneOf(
  ids: readonly string[],
  baselines: ReadonlyMap<string, AppliedEntry>,
  head: string,
): ReadonlySet<string> {
  return new Set(
    ids.filter((id) => {
      const entry = baselines.get(id);
      if (entry === undefined || entry.stateChangedBy !== undefined) return true;
      return entry.sha !== head && entry.heldBackAt !== head;
    }),
  );
}

async function pendingSince(
  { head, touchedSince }: AppliedChanges,
  baselines: ReadonlyMap<string, AppliedEntry>,
  stacks: readonly Stack[],
  { inputs, git, workspace, applied }: HistoryOptions,
): Promise<ReadonlySet<string>> {
  const read = readElsewhere(stacks, workspace);
  const elsewhere = read.length === 0 ? undefined : await applied?.appliedElsewhere(read);
  return pendingStacks({
    ...{ git, workspace, head, touchedSince },
    stacks: [...stacks, ...read.map(({ stack }) => stack)].filter(
      // What its plan would leave as it is, is what its readers were planned against.
      ({ environment }) => !inputs.upToDate.includes(environment),
    ),
    baselines: new Map([...baselines, ...(elsewhere ?? [])]),
  });
}

/** Asked before an apply, and by the plan that precedes one. */
async function unpromotedIn(
  { changed }: Affected,
  head: string,
  running: ReadonlySet<string>,
  { inputs, git, workspace, applied }: HistoryOptions,
): Promise<readonly Unpromoted[]> {
  const { command, proveGates, upToDate } = inputs;
  const earlier = applied?.earlierBaseline;
  const asked = command === 'apply' || (command === 'plan' && proveGates);
  if (!asked || earlier === undefined) return [];
  const stacks = changed.map(({ stack }) => stack);
  return unpromoted({
    ...{ git, workspace, changed: stacks, head, earlier },
    running: new Set([...running, ...upToDate]),
  });
}

/**
 * The gates of the environments in question: from what was last applied in them, else from the
 * default branch before this change, else the strictest.
 */
async function policySince(
  applied: ReadonlyMap<string, string>,
  environments: readonly string[],
  options: HistoryOptions,
): Promise<Policy> {
  const bases = new Map(applied);
  const unseen = new Set<string>();
  const unknown = environments.filter((name) => !bases.has(name));
  if (unknown.length > 0) {
    const base = await gateBase(options.git, options.run);
    for (const name of unknown) {
      if (base.kind === 'commit') bases.set(name, base.sha);
      if (base.kind === 'unseen') unseen.add(name);
    }
    if (base.kind === 'unseen') {
      options.log.warning(
        `The gates of ${unknown.join(', ')} before this commit cannot be seen in the checkout, so ` +
          'the strictest count, with approval: set "fetch-depth: 0" on actions/checkout' +
          (base.because === undefined ? '' : ` (${base.because})`),
      );
    }
  }
  return policyFrom({ ...placesOf(options), bases, unseen });
}

async function takenUpAgain({
  inputs,
  applied,
}: HistoryOptions): Promise<TakenUpAgain | undefined> {
  const { applyAgain } = inputs;
  if (applyAgain === undefined) return undefined;
  if (applyAgain.kind === 'commit') return { sha: applyAgain.sha };
  const { number } = applyAgain;
  const sha = await applied?.mergeCommitOf(number);
  if (sha !== undefined)
    return { sha, brought: async (one) => applied?.brought(number, one) ?? false };
  throw new UserError({
    code: 'apply-again-unknown',
    message: `pull request ${number} was not merged`,
    at: { input: 'apply-again' },
    hint: 'the number of a merged pull request, or a commit',
  });
}
