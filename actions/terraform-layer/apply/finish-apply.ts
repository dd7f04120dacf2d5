import { toError } from '../../shared/errors.js';
import { runUrl, type GithubContext } from '../../shared/github-context.js';
import { openDeployment, type OpenDeployment } from '../github/deployment.js';
import { tellPulls, type ApplyEnd } from '../github/report-back.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import { isSuccess, type StackOutcome } from '../schedule/outcome.js';
import { commentKeyOf } from '../report/publish.js';
import { statusWords } from '../report/status.js';
import { shortCounts } from '../review/changes.js';
import type { OpenReview } from './open-review.js';

/** Opens a deployment for each environment that is applied, where its job has none of its own. */
export async function openDeployments(
  plan: RunPlan,
  { access }: OpenReview,
  ports: Ports,
): Promise<ReadonlyMap<string, OpenDeployment>> {
  const { github, log } = ports;
  const opened = new Map<string, OpenDeployment>();
  if (access === undefined || github === undefined) return opened;
  const { deployments } = access;
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

/** What GitHub shows of an apply is no reason for it to fail. */
async function untroubled(ports: Ports, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    ports.log.info(ports.secrets.redact(`${what}: ${toError(thrown).message}`));
  }
}

/** Ends the deployments, and tells the pull requests what came of them. */
export async function tellApply(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  review: OpenReview,
  deployments: ReadonlyMap<string, OpenDeployment>,
  inputs: Inputs,
  ports: Ports & { readonly startedAt: number },
): Promise<void> {
  const { github } = ports;
  for (const [environment, deployment] of deployments) {
    const own = outcomes.filter(({ stack }) => stack.environment === environment);
    const good = own.every(isSuccess);
    await untroubled(ports, `the deployment of ${environment} stays open`, () =>
      deployment.finish(good ? 'success' : 'failure', describe(own)),
    );
  }
  if (github === undefined) return;
  await tellReviewed(plan, outcomes, review, github, inputs, ports);
}

async function tellReviewed(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  { access, search }: OpenReview,
  github: GithubContext,
  inputs: Inputs,
  ports: Ports & { readonly startedAt: number },
): Promise<void> {
  const pullNumbers = (search?.pulls ?? []).map(({ number }) => number);
  if (access === undefined || !inputs.comment || pullNumbers.length === 0) return;
  await tellPulls(
    {
      pullNumbers,
      key: commentKeyOf(inputs, github.workflow),
      author: inputs.commentAuthor,
      startedAt: ports.startedAt,
      result: {
        environments: plan.environments.map(({ name }) => name),
        end: applyEnd(outcomes),
        sha: github.sha,
        runUrl: runUrl(github),
        stacks: outcomes.map((outcome) => ({
          id: outcome.stack.displayId,
          status: statusWords(plan.command, outcome),
          detail: shortCounts(outcome.changes),
        })),
      },
    },
    { ...ports, comments: access.comments },
  );
}

function applyEnd(outcomes: readonly StackOutcome[]): ApplyEnd {
  if (outcomes.some(({ end }) => end.status === 'stopped')) return { kind: 'stopped' };
  return { kind: outcomes.every(isSuccess) ? 'applied' : 'failed' };
}

function describe(outcomes: readonly StackOutcome[]): string {
  const count = (status: StackOutcome['end']['status']): number =>
    outcomes.filter(({ end }) => end.status === status).length;
  const parts = (['applied', 'unchanged', 'stopped', 'failed', 'not-started'] as const).flatMap(
    (status) => (count(status) === 0 ? [] : [`${count(status)} ${status.replace('-', ' ')}`]),
  );
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}
