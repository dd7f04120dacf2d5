import { OperationError, UserError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import { affectedStacks, type Affected } from '../graph/affected.js';
import type { Inputs } from '../inputs.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import { policyFrom, type Policy } from './base-policy.js';
import { stateFindings } from './base-stacks.js';
import type { TakenUpAgain } from './apply-again.js';
import { appliedChanges } from './baselines.js';
import { changedFiles, type ChangeOrigin } from './changed-files.js';
import { formerStacks } from './former-stacks.js';
import { gateBase, type GatedCheckout } from './gate-base.js';
import { headCommit, type Git } from './git.js';
import { pendingStacks, readElsewhere, type ReadElsewhere } from './pending-upstreams.js';
import { unpromoted, type EarlierBaseline, type Unpromoted } from './promotion.js';
import type { StateFinding, StateProbe } from './removed-stacks.js';

/** What the world outside of the checkout knows of earlier applies. */
export interface AppliedHistory extends StateProbe {
  /** What was last applied, by stack id; a stack that is not in it was never applied. */
  readonly appliedBaseline: (
    stacks: readonly Stack[],
  ) => Promise<ReadonlyMap<string, AppliedEntry>>;
  /**
   * The same of stacks of other environments, as far as the access of their readers tells; what it
   * does not tell is no fault.
   */
  readonly appliedElsewhere: (
    read: readonly ReadElsewhere[],
  ) => Promise<ReadonlyMap<string, AppliedEntry>>;
  /** The same for an environment that the run leaves alone. */
  readonly earlierBaseline?: EarlierBaseline;
  /** The commit by which a pull request was merged; undefined where it was not. */
  readonly mergeCommitOf: (pullNumber: number) => Promise<string | undefined>;
  /** Whether a merged pull request brought a commit to the branch that is applied. */
  readonly brought: (pullNumber: number, sha: string) => Promise<boolean>;
}

/** What a run is judged against. */
export interface ObservedHistory {
  /** Set where `layers` is `changed`. */
  readonly affected: Affected | undefined;
  readonly policy: Policy;
  readonly findings: readonly StateFinding[];
  /** Stacks whose changes an earlier environment has not got yet. */
  readonly unpromoted: readonly Unpromoted[];
  /** The commit that is checked out; undefined where nothing was compared. */
  readonly head: string | undefined;
  /** Every commit that the run covers; through these its pull requests are found. */
  readonly commits: readonly string[];
  /** For people: what was compared. */
  readonly range: string | undefined;
  /** Ids of stacks of any environment that an apply is yet to bring to this commit. */
  readonly pending: ReadonlySet<string>;
}

export interface HistoryOptions {
  readonly inputs: Inputs;
  readonly git: Git;
  readonly workspace: Workspace;
  /** Undefined where the checked out commit is no change that is yet to be merged. */
  readonly origin: ChangeOrigin | undefined;
  /** Undefined outside GitHub Actions. */
  readonly run: GatedCheckout | undefined;
  /** Undefined: nothing is known of earlier applies, and none is assumed. */
  readonly applied: AppliedHistory | undefined;
  readonly log: Logger;
}

/**
 * Compares the checked out commit with what counts for this command: a pull request with its base;
 * an apply, a `destroy`, whatever else changes a state, and a plan on a branch with what was last
 * applied in each stack. Other commands only where `layers` is `changed`.
 *
 * @throws UserError as `appliedChanges`, `changedFiles` and `policyFrom` do
 */
export async function observeHistory(options: HistoryOptions): Promise<ObservedHistory> {
  const { inputs, origin, applied, workspace } = options;
  const { command } = inputs;
  const isChange = origin !== undefined;
  const wanted = inputs.layers.kind === 'changed';
  if (writes(inputs)) return sinceApplied(options);
  if (command === 'plan' && !isChange && wanted && applied !== undefined) {
    return sinceApplied(options);
  }
  if (wanted || (command === 'plan' && isChange)) return inChange(options);
  return nothingCompared(workspace);
}

/** Whether gates are asked before it: what only looks needs none. */
function writes({ command, dryRun, lockId }: Inputs): boolean {
  switch (command) {
    case 'apply':
    case 'destroy':
      return true;
    case 'state':
      return !dryRun;
    case 'unlock':
      return !dryRun && lockId !== undefined;
    case 'plan':
    case 'drift':
    case 'graph':
    case 'check':
      return false;
  }
}

/** What a run knows that compares nothing. */
export function nothingCompared({ config }: Pick<Workspace, 'config'>): ObservedHistory {
  return {
    affected: undefined,
    policy: { config, differences: [], unreadable: [] },
    findings: [],
    unpromoted: [],
    head: undefined,
    commits: [],
    range: undefined,
    pending: new Set(),
  };
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
  log.info(`${changed.length + deleted.length} files changed in ${range}`);
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
    range,
    pending: new Set(),
  };
}

/** No git, no repository, or one that is too shallow. */
function lacksHistory(error: unknown): boolean {
  if (error instanceof OperationError) return error.code === 'command-not-found';
  return (
    error instanceof UserError &&
    error.problems.every(({ code }) => code === 'git-failed' || code === 'history-missing')
  );
}

async function sinceApplied(options: HistoryOptions): Promise<ObservedHistory> {
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
        });
  const baselines = new Map([...noted, ...(former?.baselines ?? [])]);
  const again = await takenUpAgain(options);
  let changes: Awaited<ReturnType<typeof appliedChanges>>;
  try {
    changes = await appliedChanges({ git, workspace, stacks, baselines, again });
  } catch (error) {
    if (inputs.layers.kind === 'changed' || again !== undefined || !lacksHistory(error))
      throw error;
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
  log.info(`${affected.changed.length} stacks differ from what was applied in ${range}`);
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
    range,
    pending:
      inputs.command === 'apply' ? await pendingSince(head, baselines, stacks, options) : new Set(),
  };
}

async function pendingSince(
  head: string,
  baselines: ReadonlyMap<string, AppliedEntry>,
  stacks: readonly Stack[],
  { inputs, git, workspace, applied }: HistoryOptions,
): Promise<ReadonlySet<string>> {
  const read = readElsewhere(stacks, workspace);
  const elsewhere = read.length === 0 ? undefined : await applied?.appliedElsewhere(read);
  return pendingStacks({
    ...{ git, workspace, head },
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

function placesOf({ inputs, git, workspace }: HistoryOptions) {
  const { workingDirectory: directory, configPath } = inputs;
  return { git, head: workspace.config, directory, configPath };
}

function findingsSince(
  bases: readonly string[],
  { inputs, git, workspace, applied, log }: HistoryOptions,
): Promise<readonly StateFinding[]> {
  return stateFindings({
    git,
    head: workspace,
    bases,
    configPath: inputs.configPath,
    variables: inputs.variables,
    states: applied ?? {
      hasState: () => Promise.resolve(undefined),
      compareStates: () => Promise.resolve(undefined),
    },
    onUnreadable: (base, error) =>
      log.warning(
        `Stacks that are gone since ${base.slice(0, 10)} are not told: ` +
          `${error.problems.length} problems in its configuration.`,
      ),
  });
}

/** An apply without `environment` may only do those that need no approval. */
function environmentsInQuestion(
  { environments, command }: Inputs,
  { config }: Workspace,
): readonly EnvironmentConfig[] {
  if (environments.length > 0) {
    return config.environments.filter(({ name }) => environments.includes(name));
  }
  return command === 'apply'
    ? config.environments.filter(({ apply }) => apply === 'auto')
    : config.environments;
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
