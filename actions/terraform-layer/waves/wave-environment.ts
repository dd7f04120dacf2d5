import { UserError, type Problem } from '../../shared/errors.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Ports } from '../effects.js';
import { admitsOnly, type GithubEnvironment } from '../github/gate.js';
import { openReviewAccess, type ReviewAccess } from '../github/review-access.js';
import type { Inputs } from '../inputs.js';

type OpenAccess = (
  ...args: Parameters<typeof openReviewAccess>
) => Promise<Pick<ReviewAccess, 'defaultBranch' | 'environments'>>;

/**
 * The environment on GitHub that the legs of another one name, so that the apply role can tell whose
 * legs they are. The workflow that has the legs builds the same name, and lets nobody choose it.
 */
export function waveEnvironmentOf(environment: string): string {
  return `${environment}-waves`;
}

/**
 * Proves that the legs of gated environments can run behind one approval and that no other branch
 * can pass for them. Told before a job names such an environment, since GitHub would create it.
 *
 * @throws UserError with every problem: `wave-environment-missing`, `wave-environment-unreadable`,
 * `wave-environment-with-reviewers`, `wave-environment-open-to-branches`
 */
export async function proveWaveEnvironments(
  environments: readonly EnvironmentConfig[],
  { githubToken: token }: Pick<Inputs, 'githubToken'>,
  { github, log, secrets }: Pick<Ports, 'github' | 'log' | 'secrets'>,
  open: OpenAccess = openReviewAccess,
): Promise<void> {
  const gated = environments.filter(({ apply }) => apply === 'approval');
  if (gated.length === 0 || github === undefined || token === undefined) return;
  secrets.add(token);
  const access = await open(token, github, log);
  const problems: Problem[] = [];
  for (const { name } of gated) {
    const observed = await access.environments.read(waveEnvironmentOf(name));
    problems.push(...judgeWaveEnvironment(name, observed, access.defaultBranch));
  }
  if (problems.length > 0) throw new UserError(problems);
}

/** Whether an environment for legs is set up as it must be. Pure. */
export function judgeWaveEnvironment(
  environment: string,
  observed: GithubEnvironment,
  defaultBranch: string,
): readonly Problem[] {
  const name = waveEnvironmentOf(environment);
  switch (observed.kind) {
    case 'missing':
      return [
        {
          code: 'wave-environment-missing',
          message: `there is no environment "${name}" on GitHub, which the legs of "${environment}" run in`,
          hint: `create it under Settings → Environments, without reviewers, with the deployment branch "${defaultBranch}" alone`,
        },
      ];
    case 'denied':
      return [
        {
          code: 'wave-environment-unreadable',
          message: `GitHub does not show the environment "${name}" (${observed.status})`,
          hint: 'give the job "permissions: actions: read", and the job that calls this workflow too',
        },
      ];
    case 'found': {
      const problems: Problem[] = [];
      if (observed.reviewers > 0) {
        problems.push({
          code: 'wave-environment-with-reviewers',
          message: `the environment "${name}" has reviewers, who would be asked for each leg`,
          hint: `the gate of "${environment}" is asked once before them: take the reviewers of "${name}" away`,
        });
      }
      if (!admitsOnly(observed.branches, defaultBranch)) {
        problems.push({
          code: 'wave-environment-open-to-branches',
          message: `the environment "${name}" admits other branches than "${defaultBranch}"`,
          hint: `under Settings → Environments, choose "Selected branches and tags", and there "${defaultBranch}" alone`,
        });
      }
      return problems;
    }
  }
}
