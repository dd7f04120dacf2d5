import { runUrl } from '../../shared/github-context.js';
import type { Ports } from '../effects.js';
import { openDeployment, type Deployments, type OpenDeployment } from '../github/deployment.js';
import type { RunPlan } from '../plan.js';
import { isSuccess, type StackOutcome } from '../schedule/outcome.js';
import { untroubled } from './untroubled.js';

/** By environment. */
export type ApplyDeployments = ReadonlyMap<string, OpenDeployment>;

/** Opens a deployment for each environment that is applied, where its job has none of its own. */
export async function openDeployments(
  plan: Pick<RunPlan, 'stages'>,
  deployments: Deployments | undefined,
  ports: Pick<Ports, 'github' | 'log' | 'secrets'>,
): Promise<ApplyDeployments> {
  const { github, log } = ports;
  const opened = new Map<string, OpenDeployment>();
  if (deployments === undefined || github === undefined) return opened;
  for (const { environment, stacks } of plan.stages) {
    if (stacks.length === 0) continue;
    const request = {
      ...{ environment, sha: github.sha, runId: github.runId, runUrl: runUrl(github) },
      stacks: stacks.map(({ stack }) => stack.id),
    };
    // That it may not be seen is no news where the job's own `environment:` makes one.
    const quiet = { ...log, notice: (message: string) => log.info(message) };
    await untroubled(ports, `GitHub shows no deployment of ${environment}`, async () => {
      opened.set(environment, await openDeployment(request, { deployments, log: quiet }));
    });
  }
  return opened;
}

/** Ends each by what came of its stacks. */
export async function finishDeployments(
  deployments: ApplyDeployments,
  outcomes: readonly StackOutcome[],
  ports: Pick<Ports, 'log' | 'secrets'>,
): Promise<void> {
  for (const [environment, deployment] of deployments) {
    const own = outcomes.filter(({ stack }) => stack.environment === environment);
    const good = own.every(isSuccess);
    await untroubled(ports, `the deployment of ${environment} stays open`, () =>
      deployment.finish(good ? 'success' : 'failure', describe(own)),
    );
  }
}

/** Ends those of an apply that came to no end of its own. */
export async function breakDeployments(
  deployments: ApplyDeployments,
  ports: Pick<Ports, 'log' | 'secrets'>,
): Promise<void> {
  for (const [environment, deployment] of deployments) {
    await untroubled(ports, `the deployment of ${environment} stays open`, () =>
      deployment.finish('error', 'the apply broke off'),
    );
  }
}

function describe(outcomes: readonly StackOutcome[]): string {
  const count = (status: StackOutcome['end']['status']): number =>
    outcomes.filter(({ end }) => end.status === status).length;
  const parts = (['applied', 'unchanged', 'stopped', 'failed', 'not-started'] as const).flatMap(
    (status) => (count(status) === 0 ? [] : [`${count(status)} ${status.replace('-', ' ')}`]),
  );
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}
