import type { DeployPorts } from '../../ports.js';
import { tolerantly, untilNextLookMs } from '../../rollout/looks.js';

export type Polled<Sight, End> =
  | { readonly kind: 'ended'; readonly sight: Sight; readonly end: End }
  | { readonly kind: 'timed-out' | 'cancelled'; readonly sight: Sight };

export interface PollRequest {
  readonly pollIntervalSeconds: number;
  readonly deadlineMs: number;
}

type Ports = Pick<DeployPorts, 'clock' | 'random' | 'signal' | 'log'>;

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
  const tolerant = tolerantly(log, 'deployment', async () => ({ sight: await look() }));
  let last: { readonly sight: Sight } | undefined;
  for (;;) {
    const lookedAtMs = clock.now();
    const seen = await tolerant();
    if (seen !== undefined) {
      last = seen;
      const { sight } = seen;
      const end = await decide(sight);
      if (end !== undefined) return { kind: 'ended', sight, end };
      if (lookedAtMs >= request.deadlineMs) return { kind: 'timed-out', sight };
      if (signal.aborted) return { kind: 'cancelled', sight };
    }
    try {
      await clock.sleep(untilNextLookMs(ports, { lookedAtMs, ...request }), signal);
    } catch (thrown) {
      if (!signal.aborted || last === undefined) throw thrown;
      return { kind: 'cancelled', sight: last.sight };
    }
  }
}
