import { OperationError, UserError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Affected } from '../graph/affected.js';
import type { Inputs } from '../inputs.js';
import type { AppliedEntry } from '../sidecar/ledger.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import type { Policy } from './base-policy.js';
import { stateFindings } from './base-stacks.js';
import type { ChangeOrigin } from './changed-files.js';
import type { GatedCheckout } from './gate-base.js';
import type { Git } from './git.js';
import type { ReadElsewhere } from './pending-upstreams.js';
import type { EarlierBaseline, Unpromoted } from './promotion.js';
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
  /** Ids of the stacks that must come before a leg and that are not at this commit. */
  readonly undone?: ReadonlySet<string>;
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

/** What a run knows that compares nothing. */
export function nothingCompared({ config }: Pick<Workspace, 'config'>): ObservedHistory {
  return {
    affected: undefined,
    policy: { config, differences: [], unreadable: [] },
    findings: [],
    unpromoted: [],
    head: undefined,
    commits: [],
    pending: new Set(),
  };
}

/** No git, no repository, or one that is too shallow. */
export function lacksHistory(error: unknown): boolean {
  if (error instanceof OperationError) return error.code === 'command-not-found';
  return (
    error instanceof UserError &&
    error.problems.every(({ code }) => code === 'git-failed' || code === 'history-missing')
  );
}

/** Where `infra.yml` of a base is looked for. */
export function placesOf({ inputs, git, workspace }: HistoryOptions) {
  const { workingDirectory: directory, configPath } = inputs;
  return { git, head: workspace.config, directory, configPath };
}

/** What became of the stacks and states of earlier commits. @throws UserError `git-failed` */
export function findingsSince(
  bases: readonly string[],
  { inputs, git, workspace, applied, log }: HistoryOptions,
): Promise<readonly StateFinding[]> {
  return stateFindings({
    git,
    head: workspace,
    bases,
    configPath: inputs.configPath,
    variables: inputs.variables,
    varFiles: inputs.varFiles,
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
