import type { Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { diagnose, type Diagnosis } from '../../rollout/diagnosis.js';
import type { Evidence } from '../../rollout/evidence.js';
import type { FailedTask } from '../../rollout/failed-tasks.js';
import { createNarrator } from '../../rollout/narrator.js';
import { eventsSince, lookAtService, tolerantly, untilNextLook } from '../../rollout/looks.js';
import type { RegisteredDefinition } from '../../model.js';

export interface FollowCountRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly count: number;
  /** As it was before the change. */
  readonly before: Service;
  readonly running: RegisteredDefinition;
  /** Has seen the tasks that had failed before the change. */
  readonly evidence: Evidence;
  readonly knownEventIds: ReadonlySet<string>;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
}

export interface FollowedCount {
  /** `superseded`: somebody, or autoscaling, has set another count meanwhile. */
  readonly outcome: 'succeeded' | 'superseded' | 'timed-out' | 'cancelled';
  readonly service: Service;
  readonly diagnosis: Diagnosis | undefined;
  readonly failedTasks: readonly FailedTask[];
}

/**
 * How long the former count is no sign of somebody else's: what a call has changed may not be
 * visible to the next at once (API Reference, RunTask, on eventual consistency).
 */
const settledAfterMs = 30_000;

type Ports = Pick<DeployPorts, 'ecs' | 'log' | 'clock' | 'random' | 'signal'>;

/** Looks until as many tasks run as were asked for, and tells those that fail meanwhile. */
export async function followCount(
  ports: Ports,
  request: FollowCountRequest,
): Promise<FollowedCount> {
  const { clock, log, signal } = ports;
  const { count, evidence } = request;
  const deadlineMs = clock.now() + request.timeoutMinutes * 60_000;
  const narrator = createNarrator(ports);
  const before = new Set(evidence.failedTasks.map(({ id }) => id));
  const look = tolerantly(log, 'service', () => lookAtService(ports, request));
  const startedMs = clock.now();
  let told = '';
  let service = request.before;
  let seenOurs = false;

  for (;;) {
    const lookedAtMs = clock.now();
    const seen = await look();
    const timedOut = lookedAtMs >= deadlineMs;
    let outcome: FollowedCount['outcome'] | undefined;
    if (seen === undefined) {
      outcome = signal.aborted ? 'cancelled' : timedOut ? 'timed-out' : undefined;
    } else {
      service = seen;
      seenOurs ||= service.desiredCount === count;
      const line = `${service.runningCount} of ${count} tasks running, ${service.pendingCount} starting`;
      if (line !== told) log.info(line);
      told = line;
      const settled = seenOurs || lookedAtMs - startedMs >= settledAfterMs;
      outcome = outcomeOf(service, count, { settled, timedOut, cancelled: signal.aborted });
    }
    narrator.failedTasks(await evidence.gather(outcome !== undefined));
    if (outcome !== undefined) return end(outcome, service);
    const { pollIntervalSeconds } = request;
    const next = await untilNextLook(ports, { lookedAtMs, pollIntervalSeconds, deadlineMs });
    if (next === 'cancelled') return end('cancelled', service);
  }

  async function end(outcome: FollowedCount['outcome'], service: Service): Promise<FollowedCount> {
    if (outcome !== 'cancelled') await evidence.complete();
    const failedTasks = evidence.failedTasks.filter(({ id }) => !before.has(id));
    const explained = outcome === 'timed-out' || failedTasks.length > 0;
    return {
      outcome,
      service,
      failedTasks,
      diagnosis: explained
        ? diagnose({
            definition: request.running.definition,
            failedTasks,
            events: eventsSince(service, request.knownEventIds),
            serviceDeployment: undefined,
            statusReason: undefined,
          })
        : undefined,
    };
  }
}

function outcomeOf(
  service: Service,
  count: number,
  now: { readonly settled: boolean; readonly timedOut: boolean; readonly cancelled: boolean },
): FollowedCount['outcome'] | undefined {
  if (service.desiredCount !== count) {
    if (now.settled) return 'superseded';
  } else if (service.runningCount === count && service.pendingCount === 0) {
    return 'succeeded';
  }
  if (now.cancelled) return 'cancelled';
  return now.timedOut ? 'timed-out' : undefined;
}
