import { UserError, type Problem } from '../../shared/errors.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Ports } from '../effects.js';
import { judgeGate } from '../github/gate.js';
import { observeGate, type CoveredPulls } from '../github/observe-gate.js';
import { openReviewAccess, type ReviewAccess } from '../github/review-access.js';
import type { Inputs } from '../inputs.js';

type ProvingInputs = Pick<Inputs, 'githubToken' | 'confirm'>;
type ProvingPorts = Pick<Ports, 'github' | 'secrets' | 'log'>;

/** Opens what GitHub is asked; `openReviewAccess`, but for tests. */
export type OpenReviewAccess = (
  ...args: Parameters<typeof openReviewAccess>
) => Promise<Pick<ReviewAccess, 'defaultBranch' | 'environments' | 'people'>>;

/**
 * Proves the gates before a command that changes the world or a state without a change of code to
 * review: approving reviews say nothing of it, so `gate: reviews` asks for the typed confirmation.
 *
 * @throws UserError with every gate that does not hold; `confirm-missing` outside GitHub Actions
 */
export async function proveGatesByHand(
  environments: readonly EnvironmentConfig[],
  inputs: ProvingInputs,
  ports: ProvingPorts,
  open?: OpenReviewAccess,
): Promise<void> {
  const gated = environments
    .filter(({ apply }) => apply === 'approval')
    .map((one) => (one.gate === 'reviews' ? { ...one, gate: 'dispatch' as const } : one));
  if (ports.github === undefined) confirmByHand(gated, inputs);
  else await proveWithoutReviews(gated, ports.github, inputs, ports, open);
}

/**
 * Proves the protection of environments on GitHub before a job names them: GitHub creates a missing
 * one for such a job, unprotected. Other gates are proved by the apply, which finds its reviews.
 *
 * @throws UserError with every gate that does not hold
 */
export async function proveEnvironments(
  environments: readonly EnvironmentConfig[],
  inputs: ProvingInputs,
  ports: ProvingPorts,
  open?: OpenReviewAccess,
): Promise<void> {
  const gated = environments.filter(
    ({ apply, gate }) => apply === 'approval' && gate === 'environment',
  );
  if (ports.github === undefined) return;
  await proveWithoutReviews(gated, ports.github, inputs, ports, open);
}

async function proveWithoutReviews(
  gated: readonly EnvironmentConfig[],
  github: GithubContext,
  inputs: ProvingInputs,
  ports: ProvingPorts,
  open: OpenReviewAccess = openReviewAccess,
): Promise<void> {
  if (gated.length === 0) return;
  const token = inputs.githubToken;
  if (token === undefined) {
    refuseUnseen(gated);
    return;
  }
  ports.secrets.add(token);
  const access = await open(token, github, ports.log);
  const covered = { pulls: [], commitsWithoutPull: [], commitsNotLookedAt: [] };
  await proveGates(gated, { covered, github, access, inputs, ports });
}

/** A person at a terminal is the gate there, and says which environment they mean. */
export function confirmByHand(
  gated: readonly EnvironmentConfig[],
  { confirm }: Pick<Inputs, 'confirm'>,
): void {
  const problems = gated.flatMap(({ name }): Problem[] =>
    confirm === name
      ? []
      : [
          {
            code: 'confirm-missing',
            message: `"${name}" is applied behind its approval, and outside GitHub Actions nobody can give it`,
            at: { input: 'confirm' },
            hint: `type "${name}" to apply it all the same`,
          },
        ],
  );
  if (problems.length > 0) throw new UserError(problems);
}

/** Without a token nothing is seen, and what is not seen does not protect. */
export function refuseUnseen(gated: readonly EnvironmentConfig[]): void {
  if (gated.length === 0) return;
  throw new UserError(
    gated.map(({ name }) => ({
      code: 'gate-unseen',
      message: `without github-token it cannot be seen how "${name}" is protected, so it counts as unprotected`,
      at: { input: 'github-token' },
      hint: 'give ${{ github.token }}, with "permissions: actions: read" on the job',
    })),
  );
}

/**
 * Looks at the gate of each environment, and judges it.
 *
 * @throws UserError with every gate that does not hold
 */
export async function proveGates(
  gated: readonly EnvironmentConfig[],
  context: {
    readonly covered: CoveredPulls;
    readonly github: GithubContext;
    readonly access: Awaited<ReturnType<OpenReviewAccess>>;
    readonly inputs: Pick<Inputs, 'confirm'>;
    readonly ports: Pick<Ports, 'log'>;
  },
): Promise<void> {
  const { covered, github, access, inputs, ports } = context;
  const problems: Problem[] = [];
  for (const environment of gated) {
    const observed = await observeGate(environment, covered, access);
    const judged = judgeGate(environment, observed, access.defaultBranch, {
      eventName: github.eventName,
      ref: github.ref,
      confirm: inputs.confirm,
    });
    problems.push(...judged.problems);
    for (const note of judged.notes) ports.log.notice(note);
  }
  if (problems.length > 0) throw new UserError(problems);
}
