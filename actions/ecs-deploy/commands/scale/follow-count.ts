import type { Service } from '../../model.js';
import type { DeployPorts } from '../../ports.js';
import { diagnose, type Diagnosis } from '../../rollout/diagnosis.js';
import type { Evidence } from '../../rollout/evidence.js';
import type { FailedTask } from '../../rollout/failed-tasks.js';
import { createNarrator } from '../../rollout/narrator.js';
import { lookAtService, untilNextLookMs } from '../../rollout/looks.js';
import type { RegisteredDefinition } from '../../model.js';

export interface FollowCountRequest {
  readonly cluster: string;
  readonly serviceName: string;
  readonly count: number;
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
  let told = '';

  for (;;) {
    const lookedAtMs = clock.now();
    const service = await lookAtService(ports, request);
    const line = `${service.runningCount} of ${count} tasks running, ${service.pendingCount} starting`;
    if (line !== told) log.info(line);
    told = line;
    const outcome = outcomeOf(service, count, lookedAtMs >= deadlineMs, signal.aborted);
    narrator.failedTasks(await evidence.gather(outcome !== undefined));
    if (outcome !== undefined) return end(outcome, service);
    const { pollIntervalSeconds } = request;
    try {
      await clock.sleep(untilNextLookMs(ports, { lookedAtMs, pollIntervalSeconds }), signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      return end('cancelled', service);
    }
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
            events: service.events.filter(({ id }) => !request.knownEventIds.has(id)),
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
  timedOut: boolean,
  cancelled: boolean,
): FollowedCount['outcome'] | undefined {
  if (service.desiredCount !== count) return 'superseded';
  if (service.runningCount === count && service.pendingCount === 0) return 'succeeded';
  if (cancelled) return 'cancelled';
  return timedOut ? 'timed-out' : undefined;
}
