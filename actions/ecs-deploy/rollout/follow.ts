import { OperationError } from '../../shared/errors.js';
import { diagnose, type Diagnosis } from './diagnosis.js';
import type { SeenHook } from './hooks.js';
import { openPauses, type PauseRequest } from './pauses.js';
import { collectEvidence, type EvidenceScope } from './evidence.js';
import type { FailedTask } from './failed-tasks.js';
import { shortName, type Service, type ServiceDeployment, type ServiceEvent } from '../model.js';
import {
  rollbackMinutes,
  stopWithRollback,
  type GaveUp,
  type GiveUpInputs,
  type StopAnswer,
} from './give-up.js';
import { eventsSince, tolerantly, untilNextLook } from './looks.js';
import { createNarrator } from './narrator.js';
import { hopelessFailure } from './repeating-failure.js';
import type { DeployPorts } from '../ports.js';
import { primaryOf } from '../primary.js';
import {
  judge,
  type Judgement,
  type OwnDeployment,
  type RolloutOutcome,
  type Sight,
} from './judge.js';
import { openSight } from './sight.js';
import { targetHealth } from './target-health.js';
import { plannedMinutes, shiftSettings } from './shift-settings.js';
import { noteStage, type StageSpan } from './stages.js';

export interface FollowRequest
  extends Omit<EvidenceScope, 'deploymentId'>, GiveUpInputs, PauseRequest {
  readonly own: OwnDeployment;
  /** The last look at the service. */
  readonly service: Service;
  /** Events from before our update. */
  readonly knownEventIds: ReadonlySet<string>;
  readonly pollIntervalSeconds: number;
  /** Not counting the bake times that the service's strategy plans. */
  readonly timeoutMinutes: number;
  /** Where it is known already. */
  readonly serviceDeploymentArn?: string;
  /** Called once the rollout is seen to go back, or has been asked to; may be more than once. */
  readonly whenGoingBack?: () => Promise<void>;
}

export interface Followed {
  readonly outcome: RolloutOutcome | 'paused' | 'timed-out' | 'cancelled' | 'unknown';
  readonly service: Service;
  readonly serviceDeployment: ServiceDeployment | undefined;
  /** Absent where there is nothing to explain: no failure, or none of ours. */
  readonly diagnosis: Diagnosis | undefined;
  readonly failedTasks: readonly FailedTask[];
  /** Since our update, newest first. */
  readonly events: readonly ServiceEvent[];
  readonly statusReason: string | undefined;
  /** The deployment that took over. */
  readonly supersededBy: string | undefined;
  /** The pause that awaits an action. */
  readonly pause: SeenHook | undefined;
  /** Stages seen, in their order; empty for a rolling update. */
  readonly stages: readonly StageSpan[];
  readonly durationSeconds: number;
  /** Set where we asked ECS to go back, with its answer. */
  readonly gaveUp: { readonly reason: GaveUp; readonly answer: StopAnswer } | undefined;
}

type Ports = Pick<DeployPorts, 'ecs' | 'logs' | 'lookups' | 'log' | 'clock' | 'random' | 'signal'>;

/**
 * Follows our own deployment to its end, looking every `pollIntervalSeconds` (a little less, by
 * chance, so that many services do not look at once). Failed tasks are reported as they happen.
 */
export async function follow(ports: Ports, request: FollowRequest): Promise<Followed> {
  const { clock, signal } = ports;
  const startedMs = clock.now();
  let deadlineMs = startedMs + request.timeoutMinutes * 60_000;
  let planned = 0;
  const evidence = collectEvidence(ports, { ...request, deploymentId: request.own.id });
  const narrator = createNarrator(ports);
  const look = tolerantly(ports.log, 'rollout', openSight(ports, request));
  const pauses = openPauses(ports, request);
  let counters = '';
  let weighed = '';
  let tripTold = false;
  let gaveUp: Followed['gaveUp'];
  let stages: readonly StageSpan[] = [];
  let last: Sight | undefined;
  let unhealthy: readonly string[] = [];

  const eventsOf = (sight: Sight): readonly ServiceEvent[] =>
    eventsSince(sight.service, request.knownEventIds);
  const explain = (sight: Sight, statusReason?: string): Diagnosis =>
    diagnose({
      definition: request.definition,
      failedTasks: evidence.failedTasks,
      events: eventsOf(sight),
      serviceDeployment: sight.serviceDeployment,
      statusReason,
      hooks: sight.hooks,
      targetHealth: unhealthy,
    });
  const end = async (sight: Sight | undefined, ending: Ending): Promise<Followed> => {
    const { outcome, statusReason } = ending;
    if (outcome !== 'cancelled') await evidence.complete();
    const isExplained = hasCause(outcome, evidence.failedTasks);
    return {
      outcome,
      service: sight?.service ?? request.service,
      serviceDeployment: sight?.serviceDeployment,
      diagnosis: isExplained && sight !== undefined ? explain(sight, statusReason) : undefined,
      failedTasks: evidence.failedTasks,
      events: sight === undefined ? [] : eventsOf(sight),
      statusReason,
      supersededBy:
        outcome === 'superseded' && sight !== undefined ? nameOfNewer(sight) : undefined,
      pause: ending.pause,
      stages,
      durationSeconds: (clock.now() - startedMs) / 1000,
      gaveUp,
    };
  };
  const giveUp = async (sight: Sight | undefined, reason: GaveUp): Promise<void> => {
    const answer = await stopWithRollback(ports, sight?.serviceDeployment?.arn);
    gaveUp = { reason, answer };
    narrator.gaveUp(reason, answer);
    if (answer.kind !== 'refused') deadlineMs = clock.now() + rollbackMinutes * 60_000;
    if (answer.kind === 'stopping') await request.whenGoingBack?.();
  };

  for (;;) {
    const lookedAtMs = clock.now();
    let sight: Sight | undefined;
    try {
      sight = await look();
    } catch (thrown) {
      return lost(thrown);
    }
    last = sight ?? last;
    if (sight !== undefined) {
      const judgement = judge(sight);
      const shift = sight.serviceDeployment?.shift;
      stages = noteStage(stages, shift, lookedAtMs);
      // Without the right to see the service deployment: as the service is set up.
      const settings = shift ?? shiftSettings(sight.service.deploymentConfiguration);
      planned = Math.max(planned, plannedMinutes(settings));
      if (gaveUp === undefined) {
        deadlineMs = startedMs + (request.timeoutMinutes + planned) * 60_000;
        const isOver = lookedAtMs >= deadlineMs && judgement.kind === 'going';
        // Asked while they are there: a rollback takes them out.
        if (isOver) unhealthy = await targetHealth(ports, sight.service);
        if (isOver && request.onCancel === 'rollback') {
          await giveUp(sight, { why: 'timed-out' });
        }
      }
      const tripped = judgement.kind === 'going' && judgement.phase === 'rolling-back';
      const stoppedByUs = gaveUp?.answer.kind === 'stopping';
      narrator.progress(sight, stoppedByUs ? asGivenUp(judgement) : judgement);
      narrator.events(eventsOf(sight));

      const isPaused = await pauses.endsAt(judgement, sight);
      const ending = endingOf(judgement, lookedAtMs >= deadlineMs, isPaused, gaveUp?.reason);
      const now = countersOf(sight);
      if (now !== counters || ending !== undefined || (tripped && !tripTold)) {
        counters = now;
        narrator.failedTasks(await evidence.gather(ending !== undefined || tripped));
      }
      if (tripped && !tripTold) {
        tripTold = true;
        await evidence.complete();
        narrator.tripped(explain(sight));
      }
      if (ending !== undefined) return end(sight, ending);
      if (isGoingBack(judgement)) await request.whenGoingBack?.();
      if (signal.aborted) return await cancelled(sight);
      // Until a task starts, stops or fails, the answer stays.
      if (mayGiveUp(judgement) && now !== weighed) {
        weighed = now;
        const { definition, earlyEndExits: times } = request;
        const diagnosis = await hopelessFailure(evidence, {
          ...{ definition, times },
          nowMs: clock.now(),
        });
        if (diagnosis !== undefined) await giveUp(sight, { why: 'repeats', diagnosis });
      }
    }
    const { pollIntervalSeconds } = request;
    const next = await untilNextLook(ports, { lookedAtMs, pollIntervalSeconds, deadlineMs });
    if (next === 'cancelled') return cancelled(last);
  }

  function mayGiveUp(judgement: Judgement): boolean {
    return (
      request.earlyEnd &&
      gaveUp === undefined &&
      judgement.kind === 'going' &&
      (judgement.phase === 'starting' || judgement.phase === 'rolling-out')
    );
  }

  /** The runner leaves 7.5 s: ECS shows a service deployment a moment after the update at most. */
  async function cancelled(sight: Sight | undefined): Promise<Followed> {
    let shown = sight;
    for (let tries = 0; tries < 4 && shown?.serviceDeployment === undefined; tries += 1) {
      if (tries > 0) await clock.sleep(500);
      try {
        shown = (await look()) ?? shown;
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown;
        break;
      }
    }
    if (request.onCancel === 'rollback' && gaveUp === undefined) {
      await giveUp(shown, { why: 'cancelled' });
    }
    return end(shown, { outcome: 'cancelled' });
  }

  /** Nobody would see how it ends, so it is to go back, as at the time limit. */
  async function lost(thrown: unknown): Promise<Followed> {
    if (!(thrown instanceof OperationError)) throw thrown;
    if (request.onCancel === 'rollback' && gaveUp === undefined) {
      await giveUp(last, { why: 'lost' });
    }
    return end(last, { outcome: 'unknown', statusReason: thrown.message });
  }
}

interface Ending {
  readonly outcome: Followed['outcome'];
  readonly statusReason?: string;
  readonly pause?: SeenHook;
}

/** Whether an ending has a cause in the service or deployment itself, which is worth explaining. */
export function hasCause(
  outcome: Followed['outcome'],
  failedTasks: readonly FailedTask[],
): boolean {
  switch (outcome) {
    case 'failed':
    case 'rolled-back':
    case 'timed-out':
      return true;
    case 'succeeded':
    case 'unknown':
      return failedTasks.length > 0;
    default:
      return false;
  }
}

/** A rollout that we have given up is no rollout that somebody stopped by hand. */
function endingOf(
  judgement: Judgement,
  timedOut: boolean,
  isPaused: boolean,
  gaveUp: GaveUp | undefined,
): Ending | undefined {
  if (judgement.kind === 'ended') {
    if (judgement.outcome !== 'stopped' || gaveUp === undefined) return judgement;
    return { ...judgement, outcome: gaveUp.why === 'repeats' ? 'rolled-back' : 'timed-out' };
  }
  if (judgement.phase === 'paused' && isPaused) {
    return { outcome: 'paused', pause: judgement.hook };
  }
  return timedOut ? { outcome: 'timed-out' } : undefined;
}

/** Whether ECS goes back; the way may be long where what it goes to cannot run. */
function isGoingBack(judgement: Judgement): boolean {
  return (
    judgement.kind === 'going' &&
    (judgement.phase === 'rolling-back' || judgement.phase === 'stopping')
  );
}

/** What ECS calls stopped has gone back, and not by somebody else's hand. */
function asGivenUp(judgement: Judgement): Judgement {
  return judgement.kind === 'ended' && judgement.outcome === 'stopped'
    ? { ...judgement, outcome: 'rolled-back' }
    : judgement;
}

/** What changes when a task starts, stops or fails; while it stays, there is no task to look for. */
function countersOf({ service, serviceDeployment }: Sight): string {
  return JSON.stringify([
    service.events[0]?.id,
    service.deployments.map(({ id, runningCount, pendingCount, failedTasks }) => [
      id,
      runningCount,
      pendingCount,
      failedTasks,
    ]),
    serviceDeployment?.breaker.failureCount,
  ]);
}

function nameOfNewer({ own, service, newer }: Sight): string {
  const primary = primaryOf(service);
  const name =
    primary === undefined || primary.id === own.id
      ? 'a newer deployment'
      : shortName(primary.taskDefinitionArn);
  return newer === undefined ? name : `${name} (${newer.arn})`;
}
