import { UserError, type Problem } from '../../shared/errors.js';
import { githubClient } from '../../shared/github-client.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Ports } from '../effects.js';
import { githubOwnRun, isApproved, observeGateJob, type OwnRun } from '../github/gate-job.js';
import type { Inputs } from '../inputs.js';

type ProvingPorts = Pick<Ports, 'github' | 'secrets' | 'log'>;

/** Opens this run on GitHub; `openOwnRun`, but for tests. */
export type OpenOwnRun = (
  token: string,
  github: GithubContext,
  log: Ports['log'],
) => Promise<OwnRun>;

const openOwnRun: OpenOwnRun = async (token, github, log) =>
  githubOwnRun(await githubClient(token, github, log), Number(github.runId));

/**
 * Proves, before any role is taken, that the job of this run that is the gate has passed. Fails
 * closed: what GitHub does not show has not passed.
 *
 * @throws UserError `gate-job-unseen`, `gate-job-missing`, `gate-job-not-passed`
 */
export async function proveGateJob(
  { gateJob, githubToken: token }: Pick<Inputs, 'gateJob' | 'githubToken'>,
  { github, secrets, log }: ProvingPorts,
  open: OpenOwnRun = openOwnRun,
): Promise<void> {
  if (gateJob === undefined) return;
  if (github === undefined || token === undefined) {
    throw new UserError({
      code: 'gate-job-unseen',
      message: `it cannot be seen whether the job "${gateJob}" has passed`,
      at: { input: 'gate-job' },
      hint: 'give github-token, in a job on GitHub with "permissions: actions: read"',
    });
  }
  secrets.add(token);
  const run = await open(token, github, log);
  const standing = await observeGateJob(gateJob, Number(github.runAttempt), run);
  if (standing.kind === 'passed') {
    log.info(`The gate "${gateJob}" has passed in attempt ${standing.attempt} of this run.`);
    return;
  }
  throw new UserError(
    standing.kind === 'missing'
      ? {
          code: 'gate-job-missing',
          message: `this run has no job "${gateJob}", so nobody was asked`,
          at: { input: 'gate-job' },
          hint: 'call terraform-apply-waves.yml, whose gate job comes before its legs',
        }
      : {
          code: 'gate-job-not-passed',
          message: `the job "${gateJob}" of this run has not passed (${standing.state})`,
          at: { input: 'gate-job' },
          hint: 'approve its environment, and run the workflow again where it has ended',
        },
  );
}

/**
 * Proves that a person has approved, in this run, each environment whose gate is GitHub's.
 *
 * @throws UserError `gate-not-approved`, one for each
 */
export async function proveApprovals(
  gated: readonly Pick<EnvironmentConfig, 'name' | 'gate'>[],
  run: Pick<OwnRun, 'approvals'>,
): Promise<void> {
  const asked = gated.filter(({ gate }) => gate === 'environment');
  if (asked.length === 0) return;
  const approvals = await run.approvals();
  const problems = asked
    .filter(({ name }) => !isApproved(name, approvals))
    .map(({ name }): Problem => ({
      code: 'gate-not-approved',
      message: `GitHub lists no approval of "${name}" in this run`,
      hint: 'have a reviewer approve it; a gate that was bypassed is no approval, and terraform-apply.yml does without this proof',
    }));
  if (problems.length > 0) throw new UserError(problems);
}
