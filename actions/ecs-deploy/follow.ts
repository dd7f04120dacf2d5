import { toError } from '../shared/errors.js';
import { isAccessDenied } from './aws/calls.js';
import { diagnose, formatDiagnosis, type Diagnosis } from './diagnosis.js';
import { collectEvidence, type EvidenceScope } from './evidence.js';
import { describeFailedTask, type FailedTask } from './failed-tasks.js';
import { shortName, type Service, type ServiceDeployment, type ServiceEvent } from './model.js';
import type { DeployPorts } from './ports.js';
import { describeProgress } from './progress.js';
import { judge, type OwnDeployment, type RolloutOutcome, type Sight } from './rollout.js';
import { openSight } from './sight.js';

export interface FollowRequest extends Omit<EvidenceScope, 'deploymentId'> {
  readonly own: OwnDeployment;
  /** Events from before our update. */
  readonly knownEventIds: ReadonlySet<string>;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
}

export interface Followed {
  readonly outcome: RolloutOutcome | 'timed-out' | 'cancelled';
  readonly service: Service;
  readonly serviceDeployment: ServiceDeployment | undefined;
  /** Present unless the rollout succeeded without a failed task. */
  readonly diagnosis: Diagnosis | undefined;
  readonly failedTasks: readonly FailedTask[];
  /** Since our update, newest first. */
  readonly events: readonly ServiceEvent[];
  readonly statusReason: string | undefined;
  /** The deployment that took over. */
  readonly supersededBy: string | undefined;
  readonly durationSeconds: number;
}

type Ports = Pick<DeployPorts, 'ecs' | 'logs' | 'log' | 'clock' | 'random' | 'signal'>;

/** A rollout that changes nothing for this long is still told about. */
const heartbeatMs = 60_000;

/** Looking may fail this often in a row, the SDK's own retries besides, before we give up. */
const toleratedFailures = 5;

/**
 * Follows our own deployment to its end, looking every `pollIntervalSeconds` (a little less, by
 * chance, so that many services do not look at once). Failed tasks are reported as they happen.
 *
 * @throws OperationError where ECS cannot be asked any more
 */
export async function follow(ports: Ports, request: FollowRequest): Promise<Followed> {
  const { clock, log } = ports;
  const { own } = request;
  const evidence = collectEvidence(ports, { ...request, deploymentId: own.id });
  const startedMs = clock.now();
  const deadlineMs = startedMs + request.timeoutMinutes * 60_000;
  const view = openSight(ports, request);
  let counters = '';
  let progress = '';
  let failures = 0;
  let toldAtMs = startedMs;
  let tripTold = false;
  let linesTold = '';
  const eventsTold = new Set(request.knownEventIds);

  for (;;) {
    const lookedAtMs = clock.now();
    const seconds = Math.round((lookedAtMs - startedMs) / 1000);
    let sight: Sight | undefined;
    try {
      sight = await view.look();
      failures = 0;
    } catch (thrown) {
      failures += 1;
      if (failures > toleratedFailures || isAccessDenied(thrown)) throw thrown;
      log.warning(`cannot look at the rollout: ${toError(thrown).message}`);
    }

    if (sight !== undefined) {
      const judgement = judge(sight);
      const ended = judgement.kind === 'ended';
      const failing = ended
        ? judgement.outcome !== 'succeeded'
        : judgement.phase === 'rolling-back';
      const events = sight.service.events.filter(({ id }) => !request.knownEventIds.has(id));
      const timedOut = !ended && lookedAtMs >= deadlineMs;
      const line = describeProgress(sight, judgement);
      if (line !== progress || lookedAtMs - toldAtMs >= heartbeatMs) {
        log.info(`${elapsed(seconds)} ${line}`);
        toldAtMs = lookedAtMs;
      }
      progress = line;

      const now = countersOf(sight.service, sight.serviceDeployment);
      if (now !== counters || ended || timedOut || (failing && !tripTold)) {
        const found = await evidence.gather(ended || timedOut || failing);
        const known = evidence.failedTasks.length;
        found.forEach((task, index) =>
          reportTask(seconds, task, known - found.length + index === 0),
        );
        counters = now;
      }
      for (const event of [...events].reverse()) {
        if (eventsTold.has(event.id)) continue;
        eventsTold.add(event.id);
        log.debug(`${elapsed(seconds)} ${event.message}`);
      }

      const facts = (): Diagnosis =>
        diagnose({
          definition: request.definition,
          failedTasks: evidence.failedTasks,
          events,
          serviceDeployment: sight.serviceDeployment,
          statusReason: judgement.kind === 'ended' ? judgement.statusReason : undefined,
        });
      if (failing && !tripTold && judgement.kind === 'going') {
        tripTold = true;
        await evidence.complete();
        log.error(
          `${elapsed(seconds)} the rollout failed, ECS rolls back: ${formatDiagnosis(facts())}`,
        );
      }
      if (ended || timedOut) {
        const outcome = ended ? judgement.outcome : 'timed-out';
        if (outcome !== 'succeeded') await evidence.complete();
        const quiet = outcome === 'succeeded' && evidence.failedTasks.length === 0;
        return {
          outcome,
          service: sight.service,
          serviceDeployment: sight.serviceDeployment,
          diagnosis: quiet || outcome === 'superseded' ? undefined : facts(),
          failedTasks: evidence.failedTasks,
          events,
          statusReason: ended ? judgement.statusReason : undefined,
          supersededBy: outcome === 'superseded' ? nameOfNewer(sight) : undefined,
          durationSeconds: (clock.now() - startedMs) / 1000,
        };
      }
      if (ports.signal.aborted) return cancelled(sight);
    }

    try {
      await clock.sleep(nextLookMs(lookedAtMs), ports.signal);
    } catch (thrown) {
      if (!ports.signal.aborted) throw thrown;
      return cancelled(sight ?? (await view.look()));
    }
  }

  /** The first failed task is an annotation; GitHub shows ten a step, so the others are lines. */
  function reportTask(seconds: number, task: FailedTask, first: boolean): void {
    const message = `${elapsed(seconds)} ${describeFailedTask(task)}`;
    if (first) log.warning(message);
    else log.info(message);
    const lines = task.logLines.join('\n');
    if (lines === linesTold) return;
    for (const logLine of task.logLines) log.info(`    | ${logLine}`);
    linesTold = lines;
  }

  function nextLookMs(lookedAtMs: number): number {
    const intervalMs = request.pollIntervalSeconds * 1000 * (0.9 + 0.1 * ports.random());
    const nextMs = Math.min(lookedAtMs + intervalMs, Math.max(deadlineMs, lookedAtMs + 1));
    return Math.max(0, nextMs - clock.now());
  }

  function cancelled(sight: Sight): Followed {
    return {
      outcome: 'cancelled',
      service: sight.service,
      serviceDeployment: sight.serviceDeployment,
      diagnosis: undefined,
      failedTasks: evidence.failedTasks,
      events: sight.service.events.filter(({ id }) => !request.knownEventIds.has(id)),
      statusReason: undefined,
      supersededBy: undefined,
      durationSeconds: (clock.now() - startedMs) / 1000,
    };
  }

  function nameOfNewer(sight: Sight): string {
    const primary = sight.service.deployments.find(({ status }) => status === 'PRIMARY');
    const definition =
      primary === undefined || primary.id === own.id ? '' : shortName(primary.taskDefinitionArn);
    const deployment = sight.newer === undefined ? '' : ` (${sight.newer.arn})`;
    return `${definition === '' ? 'a newer deployment' : definition}${deployment}`;
  }
}

/** What changes when a task starts, stops or fails; while it stays, there is no task to look for. */
function countersOf(service: Service, deployment: ServiceDeployment | undefined): string {
  return JSON.stringify([
    service.events[0]?.id,
    service.deployments.map(({ id, runningCount, pendingCount, failedTasks }) => [
      id,
      runningCount,
      pendingCount,
      failedTasks,
    ]),
    deployment?.breaker.failureCount,
  ]);
}

export function elapsed(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
