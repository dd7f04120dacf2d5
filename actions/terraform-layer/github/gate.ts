import { counted } from '../../shared/counted.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Problem } from '../../shared/errors.js';
import type { Approvals } from './reviews.js';

/** Which branches may deploy to an environment. */
export type DeploymentBranches =
  | { readonly kind: 'any' }
  /** Those with branch protection, whichever they are. */
  | { readonly kind: 'protected' }
  | {
      readonly kind: 'named';
      readonly patterns: readonly { readonly name: string; readonly type: 'branch' | 'tag' }[];
    };

/** An environment of the repository, as it is set up on GitHub. */
export type GithubEnvironment =
  | { readonly kind: 'missing' }
  /** GitHub does not say, for want of a permission. */
  | { readonly kind: 'denied'; readonly status: number }
  | {
      readonly kind: 'found';
      readonly name: string;
      readonly reviewers: number;
      readonly preventSelfReview: boolean;
      /** Whether admins may start its jobs without an approval; absent where GitHub does not say. */
      readonly adminsBypass?: boolean;
      readonly branches: DeploymentBranches;
    };

/** The approvals of one pull request that an apply covers. */
export interface PullApprovals {
  readonly number: number;
  readonly headSha: string;
  readonly approvals: Approvals;
}

/** What GitHub says about the gate that an environment's configuration asks for. */
export type ObservedGate =
  | { readonly gate: 'none' }
  | { readonly gate: 'environment'; readonly environment: GithubEnvironment }
  | {
      readonly gate: 'reviews';
      readonly pulls: readonly PullApprovals[];
      /** Commits that no pull request brought, or that were not looked at. */
      readonly commitsWithoutPull: readonly string[];
    }
  | { readonly gate: 'dispatch' };

/** The run that wants to apply. */
export interface GatedRun {
  readonly eventName: string;
  /** `refs/heads/…` */
  readonly ref: string;
  /** What the person who started it has typed. */
  readonly confirm: string | undefined;
}

export interface GateJudgement {
  /** Empty: the gate holds. */
  readonly problems: readonly Problem[];
  /** What is weaker than it could be, and no reason to stop. */
  readonly notes: readonly string[];
}

const open: GateJudgement = { problems: [], notes: [] };

/**
 * Whether the gate that an environment asks for really stands before its apply. It fails closed:
 * what GitHub does not show counts as not there.
 *
 * @param defaultBranch short name; undefined where it is not known
 */
export function judgeGate(
  environment: EnvironmentConfig,
  observed: ObservedGate,
  defaultBranch: string | undefined,
  run: GatedRun,
): GateJudgement {
  if (environment.apply !== 'approval') return open;
  const branch = judgeBranch(environment, defaultBranch, run);
  const gate = judgeKind(environment, observed, defaultBranch, run);
  return { problems: [...branch, ...gate.problems], notes: gate.notes };
}

function judgeKind(
  environment: EnvironmentConfig,
  observed: ObservedGate,
  defaultBranch: string | undefined,
  run: GatedRun,
): GateJudgement {
  if (observed.gate !== environment.gate) {
    return problem(
      'gate-not-observed',
      `"${environment.name}" asks for the gate "${environment.gate}", which was not looked at`,
      'this is a fault of the action: please report it',
    );
  }
  switch (observed.gate) {
    case 'environment':
      return judgeEnvironment(environment.name, observed.environment, defaultBranch);
    case 'reviews':
      return judgeReviews(environment, observed);
    case 'dispatch':
      return judgeDispatch(environment.name, run);
  }
}

/** Else a branch could bring its own workflow, and its own `infra.yml`. */
function judgeBranch(
  { name }: EnvironmentConfig,
  defaultBranch: string | undefined,
  { ref }: GatedRun,
): readonly Problem[] {
  if (defaultBranch !== undefined && ref === `refs/heads/${defaultBranch}`) return [];
  return problem(
    'gate-not-on-default-branch',
    `"${name}" is applied from the default branch only (${defaultBranch ?? 'unknown'}), and this run is on ${ref}`,
    'run the workflow on the default branch',
  ).problems;
}

function judgeEnvironment(
  name: string,
  environment: GithubEnvironment,
  defaultBranch: string | undefined,
): GateJudgement {
  if (environment.kind === 'denied') {
    return problem(
      'gate-environment-unreadable',
      `GitHub does not show how the environment "${name}" is protected (${environment.status}), so it counts as unprotected`,
      'give the job "permissions: actions: read", and the job that calls this workflow too',
    );
  }
  if (environment.kind === 'missing') {
    return problem(
      'gate-environment-missing',
      `there is no environment "${name}" on GitHub: a job that names it would create it, without any protection`,
      `create it under Settings → Environments, with required reviewers and the deployment branch "${defaultBranch ?? 'main'}"; where the plan of the repository has no reviewers, set "gate: reviews" or "gate: dispatch" in infra.yml`,
    );
  }
  const problems: Problem[] = [];
  if (environment.reviewers === 0) {
    problems.push({
      code: 'gate-environment-without-reviewers',
      message: `the environment "${name}" has no required reviewers: nobody is asked before it is applied`,
      hint: 'add them under Settings → Environments; where the plan of the repository has none, set "gate: reviews" or "gate: dispatch" in infra.yml',
    });
  }
  if (!admitsOnly(environment.branches, defaultBranch)) {
    problems.push({
      code: 'gate-environment-open-to-branches',
      message: `the environment "${name}" admits ${describe(environment.branches)}: such a branch can bring its own workflow`,
      hint: `under Settings → Environments, choose "Selected branches and tags", and there "${defaultBranch ?? 'the default branch'}" alone`,
    });
  }
  const notes = environment.preventSelfReview
    ? []
    : [
        `Whoever starts a run may approve it: "Prevent self-review" is off for the environment "${name}".`,
      ];
  return { problems, notes };
}

/** Whether one branch alone may deploy, and that by its name. */
export function admitsOnly(
  branches: DeploymentBranches,
  defaultBranch: string | undefined,
): boolean {
  if (branches.kind !== 'named' || defaultBranch === undefined) return false;
  const [only, ...others] = branches.patterns;
  return others.length === 0 && only?.type === 'branch' && only.name === defaultBranch;
}

function describe(branches: DeploymentBranches): string {
  switch (branches.kind) {
    case 'any':
      return 'every branch';
    case 'protected':
      return 'every protected branch';
    case 'named':
      return branches.patterns.length === 0
        ? 'no branch at all'
        : branches.patterns.map(({ name, type }) => `the ${type} "${name}"`).join(', ');
  }
}

function judgeReviews(
  { name, approvals: wanted }: EnvironmentConfig,
  { pulls, commitsWithoutPull }: Extract<ObservedGate, { gate: 'reviews' }>,
): GateJudgement {
  const problems: Problem[] = [];
  for (const { number, headSha, approvals } of pulls) {
    if (approvals.changesRequestedBy.length > 0) {
      problems.push({
        code: 'gate-changes-requested',
        message: `pull request ${number}: ${approvals.changesRequestedBy.join(', ')} asked for changes`,
        hint: 'have them approve its head, or dismiss their review; then run this again with "apply-again"',
      });
    }
    if (approvals.approvedBy.length < wanted) {
      const others = approvals.notCounted.map(({ login, reason }) => `${login}: ${reason}`);
      problems.push({
        code: 'gate-approvals-missing',
        message: `pull request ${number} has ${approvals.approvedBy.length} of ${wanted} approvals of ${headSha.slice(0, 10)} that "${name}" asks for${others.length === 0 ? '' : ` (not counted: ${others.join(', ')})`}`,
        hint: 'have people with write access approve its head who neither opened it nor pushed last; then run this again with "apply-again"',
      });
    }
  }
  if (commitsWithoutPull.length > 0) {
    const shown = commitsWithoutPull.slice(0, 5).map((sha) => sha.slice(0, 10));
    problems.push({
      code: 'gate-commit-without-pull-request',
      message: `${counted(commitsWithoutPull.length, 'commit')} came without a pull request that somebody could have approved: ${shown.join(', ')}${commitsWithoutPull.length > 5 ? ', …' : ''}`,
      hint: `revert and bring them by a pull request, or set "gate: dispatch" or "gate: environment" for "${name}" in infra.yml`,
    });
  }
  if (pulls.length === 0 && commitsWithoutPull.length === 0) {
    problems.push({
      code: 'gate-approvals-missing',
      message: `no pull request is known that brought what "${name}" would get`,
      hint: 'name it with "apply-again"',
    });
  }
  return { problems, notes: [] };
}

function judgeDispatch(name: string, { eventName, confirm }: GatedRun): GateJudgement {
  if (eventName !== 'workflow_dispatch') {
    return problem(
      'gate-not-dispatched',
      `"${name}" is applied by a run that a person starts, and this one was started by ${eventName}`,
      `Actions → Run workflow, with "${name}" typed as confirmation`,
    );
  }
  if (confirm !== name) {
    return problem(
      'gate-not-confirmed',
      confirm === undefined
        ? `"${name}" is applied once its name was typed as confirmation`
        : `the confirmation is "${confirm}", not "${name}"`,
      `type "${name}" as confirmation`,
      { input: 'confirm' },
    );
  }
  return open;
}

function problem(
  code: string,
  message: string,
  hint: string,
  at?: { readonly input: string },
): GateJudgement {
  return { problems: [{ code, message, hint, ...(at === undefined ? {} : { at }) }], notes: [] };
}
