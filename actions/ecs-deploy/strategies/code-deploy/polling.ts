import { OperationError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import { tolerantly, untilNextLook } from '../../rollout/looks.js';

export type Polled<Sight, End> =
  | { readonly kind: 'ended'; readonly sight: Sight; readonly end: End }
  | { readonly kind: 'timed-out' | 'cancelled'; readonly sight: Sight }
  /** AWS cannot be asked any more; `sight` is the last one that there was. */
  | { readonly kind: 'lost'; readonly sight: Sight | undefined; readonly error: OperationError };

export interface PollRequest {
  readonly pollIntervalSeconds: number;
  /** Asked for before and after each look, since a look may tell of planned waits. */
  readonly deadlineMs: () => number;
}

type Ports = Pick<DeployPorts, 'clock' | 'random' | 'signal' | 'log'>;

/**
 * Looks every `pollIntervalSeconds` (a little less, by chance) until `decide` sees an end, the
 * deadline has passed, the job is cancelled, or looking fails too often in a row.
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
    let seen;
    try {
      seen = await tolerant();
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      return { kind: 'lost', sight: last?.sight, error: thrown };
    }
    if (seen !== undefined) {
      last = seen;
      const { sight } = seen;
      const end = await decide(sight);
      if (end !== undefined) return { kind: 'ended', sight, end };
      if (lookedAtMs >= request.deadlineMs()) return { kind: 'timed-out', sight };
      if (signal.aborted) return { kind: 'cancelled', sight };
    }
    const { pollIntervalSeconds } = request;
    const deadlineMs = request.deadlineMs();
    const next = await untilNextLook(ports, { lookedAtMs, pollIntervalSeconds, deadlineMs });
    if (next === 'cancelled') {
      if (last !== undefined) return { kind: 'cancelled', sight: last.sight };
      signal.throwIfAborted();
    }
  }
}

/** What following came to: its own end, or why there is none. */
export function outcomeOfPoll<End extends string>(
  polled: Polled<unknown, End>,
): End | 'timed-out' | 'cancelled' | 'unknown' {
  if (polled.kind === 'ended') return polled.end;
  return polled.kind === 'lost' ? 'unknown' : polled.kind;
}
