import { OperationError, toError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { Service, ServiceEvent } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import type { Diagnosis } from '../../rollout/diagnosis.js';
import { collectEvidence, type Evidence, type EvidenceScope } from '../../rollout/evidence.js';
import type { Followed } from '../../rollout/follow.js';
import { rollbackMinutes } from '../../rollout/give-up.js';
import type { OnPause } from '../../rollout/pauses.js';
import type { RolloutOutcome } from '../../rollout/judge.js';
import { lookAtService } from '../../rollout/looks.js';
import { hopelessFailure } from '../../rollout/repeating-failure.js';
import { diagnoseCodeDeploy, reasonOf } from './diagnosis.js';
import { judgeCodeDeploy, type CodeDeploySight } from './judge.js';
import { isShifted } from './model.js';
import { createCodeDeployNarrator } from './narrator.js';
import { openPlannedMinutes } from './planned-minutes.js';
import { outcomeOfPoll, poll } from './polling.js';
import { openCodeDeploySight, type SightRequest } from './sight.js';
import type { Termination } from './steps.js';

export interface CodeDeployFollowRequest extends Omit<EvidenceScope, 'deploymentId'>, SightRequest {
  /** Events from before our deployment. */
  readonly knownEventIds: ReadonlySet<string>;
  readonly termination: Termination;
  readonly pollIntervalSeconds: number;
  /** From now on, not counting what the deployment waits by its own settings. */
  readonly timeoutMinutes: number;
  /** Where it is to be stopped and rolled back once its failure can only repeat: how often is often. */
  readonly earlyEndExits: number | undefined;
  /** What a deployment that waits for its rerouting to be started leads to. */
  readonly onReady: OnPause;
  /** The last look at the service. */
  readonly service: Service;
}

/** A deployment that was followed, as far as it went. */
export interface CodeDeployFollowed extends Followed {
  /** Absent where the deployment could not be looked at once. */
  readonly sight: CodeDeploySight | undefined;
}

type Ports = Pick<
  DeployPorts,
  'codeDeploy' | 'ecs' | 'logs' | 'log' | 'clock' | 'random' | 'signal'
>;

/**
 * Follows a deployment to its end, and the rollback that it triggers to its own. Lifecycle events,
 * traffic and failed tasks of the new task set are told as they happen.
 */
export async function followCodeDeploy(
  ports: Ports,
  request: CodeDeployFollowRequest,
): Promise<CodeDeployFollowed> {
  const startedMs = ports.clock.now();
  const narrator = createCodeDeployNarrator(ports);
  const evidence = evidenceOfNewTasks(ports, request);
  const plannedMinutes = openPlannedMinutes(ports, request.termination);
  const { pollIntervalSeconds, timeoutMinutes } = request;
  let planned = 0;
  let rollbackUntilMs = 0;
  let gaveUp: Followed['gaveUp'];
  let gaveUpTold = false;
  let endTold = false;
  let isAnswered = false;
  const look = openCodeDeploySight(ports, request);

  const polled = await poll(
    ports,
    {
      pollIntervalSeconds,
      deadlineMs: () => Math.max(startedMs + (timeoutMinutes + planned) * 60_000, rollbackUntilMs),
    },
    async () => ({ ...(await look()), givenUp: gaveUp?.answer.kind === 'stopping' }),
    async (sight): Promise<RolloutOutcome | 'paused' | undefined> => {
      planned = Math.max(planned, await plannedMinutes(sight.deployment));
      const judgement = judgeCodeDeploy(sight, request.termination !== 'leave');
      if (request.termination === 'end' && !endTold && isShifted(sight.deployment, sight.target)) {
        endTold = await endTermination(ports, request.deploymentId);
      }
      const ended = judgement.kind === 'ended';
      narrator.tell(sight, judgement);
      narrator.failedTasks(await evidence.gather(sight, ended));
      if (!ended && gaveUp === undefined) await giveUpIfHopeless();
      if (!ended && judgement.phase === 'rolling-back' && !gaveUpTold) {
        gaveUpTold = true;
        if (sight.deployment.error?.code !== 'MANUAL_STOP') {
          narrator.gaveUp(explain(sight, [], request, evidence.failedTasks()));
        }
      }
      if (ended) return judgement.outcome;
      return judgement.phase === 'ready' && (await endsWhenReady()) ? 'paused' : undefined;
    },
  );

  const { sight } = polled;
  const outcome = outcomeOfPoll(polled);
  if (outcome !== 'cancelled') await evidence.complete();
  const service = await lookAtService(ports, request).catch((thrown: unknown) => {
    if (!(thrown instanceof OperationError)) throw thrown;
    return request.service;
  });
  const events = service.events.filter(({ id }) => !request.knownEventIds.has(id));
  const failedTasks = evidence.failedTasks();
  const isExplained =
    explained.has(outcome) ||
    ((outcome === 'succeeded' || outcome === 'unknown') && failedTasks.length > 0);
  return {
    outcome,
    service,
    serviceDeployment: undefined,
    diagnosis:
      isExplained && sight !== undefined ? explain(sight, events, request, failedTasks) : undefined,
    failedTasks,
    events,
    statusReason: polled.kind === 'lost' ? polled.error.message : sight && reasonOf(sight),
    supersededBy: outcome === 'superseded' ? sight?.newer : undefined,
    durationSeconds: (ports.clock.now() - startedMs) / 1000,
    pause: undefined,
    stages: [],
    gaveUp,
    sight,
  };

  /** A way back that nobody waits for goes on by itself, where the role may say so. */
  async function endsWhenReady(): Promise<boolean> {
    if (request.onReady !== 'answer' || isAnswered) return request.onReady === 'end';
    const { deploymentId: id } = request;
    try {
      await ports.codeDeploy.continue(id, 'READY_WAIT');
      isAnswered = true;
      ports.log.info(`told ${id} to go on: on a way back, nobody is asked`);
      return false;
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      ports.log.warning(`${id} cannot be told to go on: ${thrown.message}`);
      return true;
    }
  }

  /** A stop that is refused is told once; the deployment is followed on, to its verdict. */
  async function giveUpIfHopeless(): Promise<void> {
    const { deploymentId, definition, earlyEndExits: times } = request;
    if (times === undefined) return;
    const nowMs = ports.clock.now();
    const diagnosis = await evidence.hopeless({ definition, times, nowMs });
    if (diagnosis === undefined) return;
    const reason = { why: 'repeats', diagnosis } as const;
    try {
      if (!(await ports.codeDeploy.stop(deploymentId))) return;
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      gaveUp = { reason, answer: { kind: 'refused', reason: thrown.message } };
      ports.log.error(`${deploymentId} cannot be stopped (${thrown.message}): ${diagnosis.cause}`);
      return;
    }
    gaveUp = { reason, answer: { kind: 'stopping' } };
    rollbackUntilMs = nowMs + rollbackMinutes * 60_000;
    ports.log.error(`stopping ${deploymentId}: ${diagnosis.cause}`);
  }
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
  hopeless(request: Parameters<typeof hopelessFailure>[1]): Promise<Diagnosis | undefined>;
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
    hopeless: async (hopelessRequest) => evidence && hopelessFailure(evidence, hopelessRequest),
    failedTasks: () => evidence?.failedTasks ?? [],
  };
}
