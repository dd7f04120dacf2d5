import { toError } from '../../../shared/errors.js';
import { isAccessDenied } from '../../aws/calls.js';
import type { DeployPorts } from '../../ports.js';

export type Polled<Sight, End> =
  | { readonly kind: 'ended'; readonly sight: Sight; readonly end: End }
  | { readonly kind: 'timed-out' | 'cancelled'; readonly sight: Sight };

export interface PollRequest {
  readonly pollIntervalSeconds: number;
  readonly deadlineMs: number;
}

type Ports = Pick<DeployPorts, 'clock' | 'random' | 'signal' | 'log'>;

/** Looking may fail this often in a row, the SDK's own retries besides, before we give up. */
const toleratedFailures = 5;

/**
 * Looks every `pollIntervalSeconds` (a little less, by chance) until `decide` sees an end, the
 * deadline has passed, or the job is cancelled.
 *
 * @throws OperationError where AWS cannot be asked any more
 */
export async function poll<Sight, End>(
  ports: Ports,
  request: PollRequest,
  look: () => Promise<Sight>,
  decide: (sight: Sight) => Promise<End | undefined>,
): Promise<Polled<Sight, End>> {
  const { clock, signal, log } = ports;
  let failures = 0;
  let last: { readonly sight: Sight } | undefined;
  for (;;) {
    const lookedAtMs = clock.now();
    try {
      last = { sight: await look() };
      failures = 0;
    } catch (thrown) {
      failures += 1;
      if (failures > toleratedFailures || isAccessDenied(thrown)) throw thrown;
      log.warning(`cannot look at the deployment: ${toError(thrown).message}`);
    }
    if (last !== undefined && failures === 0) {
      const { sight } = last;
      const end = await decide(sight);
      if (end !== undefined) return { kind: 'ended', sight, end };
      if (lookedAtMs >= request.deadlineMs) return { kind: 'timed-out', sight };
      if (signal.aborted) return { kind: 'cancelled', sight };
    }
    const intervalMs = request.pollIntervalSeconds * 1000 * (0.9 + 0.1 * ports.random());
    const nextMs = Math.min(lookedAtMs + intervalMs, Math.max(request.deadlineMs, lookedAtMs + 1));
    try {
      await clock.sleep(Math.max(0, nextMs - clock.now()), signal);
    } catch (thrown) {
      if (!signal.aborted || last === undefined) throw thrown;
      return { kind: 'cancelled', sight: last.sight };
    }
  }
}
