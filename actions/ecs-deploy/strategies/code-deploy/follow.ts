import { toError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { ServiceEvent } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import type { Diagnosis } from '../../rollout/diagnosis.js';
import { collectEvidence, type Evidence, type EvidenceScope } from '../../rollout/evidence.js';
import type { FailedTask } from '../../rollout/failed-tasks.js';
import type { Followed } from '../../rollout/follow.js';
import { lookAtService } from '../../rollout/looks.js';
import { diagnoseCodeDeploy, reasonOf } from './diagnosis.js';
import { judgeCodeDeploy, type CodeDeploySight } from './judge.js';
import { isShifted } from './model.js';
import { createCodeDeployNarrator } from './narrator.js';
import { poll, type PollRequest } from './polling.js';
import { openCodeDeploySight, type SightRequest } from './sight.js';
import type { Termination } from './steps.js';

export interface CodeDeployFollowRequest
  extends Omit<EvidenceScope, 'deploymentId'>, PollRequest, SightRequest {
  /** Events from before our deployment. */
  readonly knownEventIds: ReadonlySet<string>;
  readonly termination: Termination;
  /** Says why the failed tasks leave no hope; the deployment is then stopped and rolled back. */
  readonly giveUp?: ((failedTasks: readonly FailedTask[]) => string | undefined) | undefined;
}

/** A deployment that was followed, as far as it went. */
export interface CodeDeployFollowed extends Followed {
  readonly sight: CodeDeploySight;
}

type Ports = Pick<
  DeployPorts,
  'codeDeploy' | 'ecs' | 'logs' | 'log' | 'clock' | 'random' | 'signal'
>;

/**
 * Follows a deployment to its end, and the rollback that it triggers to its own. Lifecycle events,
 * traffic and failed tasks of the new task set are told as they happen.
 *
 * @throws OperationError where AWS cannot be asked any more
 */
export async function followCodeDeploy(
  ports: Ports,
  request: CodeDeployFollowRequest,
): Promise<CodeDeployFollowed> {
  const startedMs = ports.clock.now();
  const narrator = createCodeDeployNarrator(ports);
  const evidence = evidenceOfNewTasks(ports, request);
  let gaveUpTold = false;
  let endTold = false;
  let givenUp = false;
  const look = openCodeDeploySight(ports, request);

  const polled = await poll(
    ports,
    request,
    async () => ({ ...(await look()), givenUp }),
    async (sight) => {
      const judgement = judgeCodeDeploy(sight, request.termination !== 'leave');
      if (request.termination === 'end' && !endTold && isShifted(sight.deployment, sight.target)) {
        endTold = await endTermination(ports, request.deploymentId);
      }
      const ended = judgement.kind === 'ended';
      narrator.tell(sight, judgement);
      narrator.failedTasks(await evidence.gather(sight, ended));
      const hopeless = givenUp || ended ? undefined : request.giveUp?.(evidence.failedTasks());
      if (hopeless !== undefined && (await ports.codeDeploy.stop(request.deploymentId))) {
        givenUp = true;
        ports.log.error(`stopping ${request.deploymentId}: ${hopeless}`);
      }
      if (!ended && judgement.phase === 'rolling-back' && !gaveUpTold) {
        gaveUpTold = true;
        if (sight.deployment.error?.code !== 'MANUAL_STOP') {
          narrator.gaveUp(explain(sight, [], request, evidence.failedTasks()));
        }
      }
      return ended ? judgement.outcome : undefined;
    },
  );

  const { sight } = polled;
  const outcome = polled.kind === 'ended' ? polled.end : polled.kind;
  if (outcome !== 'cancelled') await evidence.complete();
  const service = await lookAtService(ports, request);
  const events = service.events.filter(({ id }) => !request.knownEventIds.has(id));
  const failedTasks = evidence.failedTasks();
  const isExplained = explained.has(outcome) || (outcome === 'succeeded' && failedTasks.length > 0);
  return {
    outcome,
    service,
    serviceDeployment: undefined,
    diagnosis: isExplained ? explain(sight, events, request, failedTasks) : undefined,
    failedTasks,
    events,
    statusReason: reasonOf(sight),
    supersededBy: outcome === 'superseded' ? sight.newer : undefined,
    durationSeconds: (ports.clock.now() - startedMs) / 1000,
    pause: undefined,
    stages: [],
    gaveUp: undefined,
    sight,
  };
}

/** Where the role may not, the wait is sat out. */
async function endTermination({ codeDeploy, log }: Ports, id: string): Promise<boolean> {
  try {
    return await codeDeploy.continue(id, 'TERMINATION_WAIT');
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    log.warning(`${toError(thrown).message}; waiting until ${id} has ended the old tasks`);
    return true;
  }
}

/** Endings that have a cause in the deployment itself. */
const explained = new Set<Followed['outcome']>(['failed', 'rolled-back', 'timed-out']);

function explain(
  sight: CodeDeploySight,
  events: readonly ServiceEvent[],
  { definition }: CodeDeployFollowRequest,
  failedTasks: Followed['failedTasks'],
): Diagnosis {
  return diagnoseCodeDeploy({ sight, definition, failedTasks, events });
}

/** The failed tasks of the new task set, from the moment that it is known. */
function evidenceOfNewTasks(
  ports: Ports,
  request: CodeDeployFollowRequest,
): {
  gather(sight: CodeDeploySight, last: boolean): Promise<Followed['failedTasks']>;
  complete(): Promise<void>;
  failedTasks(): Followed['failedTasks'];
} {
  let evidence: Evidence | undefined;
  return {
    async gather({ target }, last) {
      const green = target?.taskSets.find(({ replacement }) => replacement);
      if (green === undefined) return [];
      evidence ??= collectEvidence(ports, { ...request, deploymentId: green.id });
      // Once they are all healthy, a task that fails shows as one too few.
      const installed = target?.events.find(({ name }) => name === 'Install')?.status;
      const quiet = installed === 'Succeeded' && green.runningCount >= green.desiredCount;
      return quiet && !last ? [] : evidence.gather(last);
    },
    complete: async () => evidence?.complete(),
    failedTasks: () => evidence?.failedTasks ?? [],
  };
}
