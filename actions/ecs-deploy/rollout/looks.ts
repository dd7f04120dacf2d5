import { OperationError, toError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { isAccessDenied } from '../aws/calls.js';
import type { Service, ServiceEvent } from '../model.js';
import type { DeployPorts } from '../ports.js';

/** Looking may fail this often in a row, the SDK's own retries besides, before we give up. */
export const toleratedFailures = 5;

/** A look that fails is told and gives nothing, until too many in a row have failed. */
export function tolerantly<T>(
  log: Pick<Logger, 'warning'>,
  what: string,
  look: () => Promise<T>,
): () => Promise<T | undefined> {
  let failures = 0;
  return async () => {
    try {
      const sight = await look();
      failures = 0;
      return sight;
    } catch (thrown) {
      failures += 1;
      if (failures > toleratedFailures || isAccessDenied(thrown)) throw thrown;
      log.warning(`cannot look at the ${what}: ${toError(thrown).message}`);
      return undefined;
    }
  };
}

/**
 * Looks at a service that was there before.
 *
 * @throws OperationError `service-gone`
 */
export async function lookAtService(
  { ecs }: Pick<DeployPorts, 'ecs'>,
  { cluster, serviceName }: { readonly cluster: string; readonly serviceName: string },
): Promise<Service> {
  const lookup = await ecs.lookUpService(cluster, serviceName);
  if (lookup.kind === 'found') return lookup.service;
  throw new OperationError('service-gone', `service ${serviceName} is gone`);
}

/** What the service tells of since those events. */
export function eventsSince(
  { events }: Pick<Service, 'events'>,
  knownEventIds: ReadonlySet<string>,
): readonly ServiceEvent[] {
  return events.filter(({ id }) => !knownEventIds.has(id));
}

/** Sleeps until the next look is due; `cancelled` as soon as the job is. */
export async function untilNextLook(
  ports: Pick<DeployPorts, 'clock' | 'random' | 'signal'>,
  next: NextLook,
): Promise<'due' | 'cancelled'> {
  try {
    await ports.clock.sleep(untilNextLookMs(ports, next), ports.signal);
    return 'due';
  } catch (thrown) {
    if (!ports.signal.aborted) throw thrown;
    return 'cancelled';
  }
}

/**
 * In milliseconds: the interval from look to look, a little less by chance, so that many jobs do not
 * look at once; and no longer than to the deadline.
 */
function untilNextLookMs(
  { clock, random }: Pick<DeployPorts, 'clock' | 'random'>,
  { lookedAtMs, pollIntervalSeconds, deadlineMs = Infinity }: NextLook,
): number {
  const intervalMs = pollIntervalSeconds * 1000 * (0.9 + 0.1 * random());
  const nextMs = Math.min(lookedAtMs + intervalMs, Math.max(deadlineMs, lookedAtMs + 1));
  return Math.max(0, nextMs - clock.now());
}

interface NextLook {
  readonly lookedAtMs: number;
  readonly pollIntervalSeconds: number;
  readonly deadlineMs?: number;
}
