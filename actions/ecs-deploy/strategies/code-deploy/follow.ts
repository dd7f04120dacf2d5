import { OperationError, toError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { Service, ServiceEvent } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import type { Diagnosis } from '../../rollout/diagnosis.js';
import { collectEvidence, type Evidence, type EvidenceScope } from '../../rollout/evidence.js';
import { hasCause, type Followed } from '../../rollout/follow.js';
import { rollbackMinutes, type GaveUp, type GiveUpInputs } from '../../rollout/give-up.js';
import type { OnPause } from '../../rollout/pauses.js';
import type { RolloutOutcome } from '../../rollout/judge.js';
import { eventsSince, lookAtService } from '../../rollout/looks.js';
import { hopelessFailure } from '../../rollout/repeating-failure.js';
import { targetHealth } from '../../rollout/target-health.js';
import { diagnoseCodeDeploy, reasonOf } from './diagnosis.js';
import { judgeCodeDeploy, type CodeDeploySight } from './judge.js';
import { isShifted } from './model.js';
import { createCodeDeployNarrator } from './narrator.js';
import { stopAsGivenUp } from './stop.js';
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
  /** What becomes of it when the time limit is over. */
  readonly onTimeOut: GiveUpInputs['onCancel'];
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
  'codeDeploy' | 'ecs' | 'logs' | 'lookups' | 'log' | 'clock' | 'random' | 'signal'
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
  let unhealthy: readonly string[] | undefined;
  let gaveUp: Followed['gaveUp'];
  let gaveUpTold = false;
  let endTold = false;
  let isAnswered = false;
  const look = openCodeDeploySight(ports, request);
  const deadlineMs = (): number =>
    Math.max(startedMs + (timeoutMinutes + planned) * 60_000, rollbackUntilMs);

  const polled = await poll(
    ports,
    { pollIntervalSeconds, deadlineMs },
    async () => ({ ...(await look()), givenUp: gaveUp?.answer.kind === 'stopping' }),
    async (sight): Promise<RolloutOutcome | 'paused' | 'timed-out' | undefined> => {
      const lookedAtMs = ports.clock.now();
      planned = Math.max(planned, await plannedMinutes(sight.deployment));
      const judgement = judgeCodeDeploy(sight, request.termination !== 'leave');
      if (request.termination === 'end' && !endTold && isShifted(sight.deployment, sight.target)) {
        endTold = await endTermination(ports, request.deploymentId);
      }
      const ended = judgement.kind === 'ended';
      narrator.tell(sight, judgement);
      narrator.failedTasks(await evidence.gather(sight, ended));
      const fails = ended ? judgement.outcome === 'failed' : judgement.phase === 'rolling-back';
      const isOver = !ended && lookedAtMs >= deadlineMs();
      if (isOver || fails) await askLoadBalancers();
      if (isOver && gaveUp === undefined && request.onTimeOut === 'rollback') {
        await giveUp({ why: 'timed-out' });
      }
      if (!ended && gaveUp === undefined) await giveUpIfHopeless();
      if (!ended && judgement.phase === 'rolling-back' && !gaveUpTold) {
        gaveUpTold = true;
        if (sight.deployment.error?.code !== 'MANUAL_STOP') {
          narrator.gaveUp(explain(sight, []));
        }
      }
      if (ended) return asGivenUp(judgement.outcome, sight, gaveUp?.reason);
      if (judgement.phase !== 'ready' || gaveUp?.answer.kind === 'stopping') return undefined;
      return (await endsWhenReady()) ? 'paused' : undefined;
    },
  );

  const { sight } = polled;
  const outcome = outcomeOfPoll(polled);
  if (outcome !== 'cancelled') await evidence.complete();
  const service = await lookAtService(ports, request).catch((thrown: unknown) => {
    if (!(thrown instanceof OperationError)) throw thrown;
    return request.service;
  });
  const events = eventsSince(service, request.knownEventIds);
  const failedTasks = evidence.failedTasks();
  const isExplained = hasCause(outcome, failedTasks);
  return {
    outcome,
    service,
    serviceDeployment: undefined,
    diagnosis: isExplained && sight !== undefined ? explain(sight, events) : undefined,
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

  async function giveUpIfHopeless(): Promise<void> {
    const { definition, earlyEndExits: times } = request;
    if (times === undefined) return;
    const diagnosis = await evidence.hopeless({ definition, times, nowMs: ports.clock.now() });
    if (diagnosis !== undefined) await giveUp({ why: 'repeats', diagnosis });
  }

  /** A stop that is refused is told once; what it leads to is followed to its end. */
  async function giveUp(reason: GaveUp): Promise<void> {
    const { deploymentId } = request;
    const answer = await stopAsGivenUp(ports, deploymentId);
    // Where it had ended already, its own verdict is about to be seen.
    if (answer.kind === 'too-late' && reason.why === 'repeats') return;
    gaveUp = { reason, answer };
    const why = reason.why === 'repeats' ? reason.diagnosis.cause : 'its time limit is over';
    if (answer.kind === 'refused') {
      ports.log.error(`${deploymentId} cannot be stopped (${answer.reason}): ${why}`);
      return;
    }
    rollbackUntilMs = ports.clock.now() + rollbackMinutes * 60_000;
    if (answer.kind === 'stopping') ports.log.error(`stopping ${deploymentId}: ${why}`);
  }

  /** While the new tasks are there: a rollback takes them out. */
  async function askLoadBalancers(): Promise<void> {
    if (unhealthy !== undefined || evidence.failedTasks().length > 0) return;
    unhealthy = [];
    try {
      unhealthy = await targetHealth(ports, await lookAtService(ports, request));
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      ports.log.debug(thrown.message);
    }
  }

  function explain(sight: CodeDeploySight, events: readonly ServiceEvent[]): Diagnosis {
    return diagnoseCodeDeploy({
      ...{ sight, events, definition: request.definition },
      failedTasks: evidence.failedTasks(),
      targetHealth: unhealthy ?? [],
    });
  }
}

/** What we have stopped at the time limit has timed out, unless its way back failed too. */
function asGivenUp(
  outcome: RolloutOutcome,
  { rollback }: CodeDeploySight,
  reason: GaveUp | undefined,
): RolloutOutcome | 'timed-out' {
  const isBack = outcome === 'rolled-back' || outcome === 'stopped';
  const neverThere = outcome === 'failed' && rollback === undefined;
  return reason?.why === 'timed-out' && (isBack || neverThere) ? 'timed-out' : outcome;
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
