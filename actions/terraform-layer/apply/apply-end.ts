import type { ApplyEnd } from '../github/report-back.js';
import { isSuccess, type StackOutcome } from '../schedule/outcome.js';

/**
 * What came of an apply whose stacks have all ended in one way or another. It is a matter of the
 * next wave only where nothing else has gone wrong: else a failure would be hidden behind it.
 */
export function applyEndOf(outcomes: readonly StackOutcome[]): ApplyEnd {
  const stopped = outcomes.filter(({ end }) => end.status === 'stopped');
  if (!stopped.every(isNextWave)) return { kind: 'stopped' };
  if (stopped.length === 0) return { kind: outcomes.every(isSuccess) ? 'applied' : 'failed' };
  const others = outcomes.filter(({ end }) => end.status !== 'stopped');
  const isWell = others.every((one) => isSuccess(one) || one.end.status === 'not-started');
  return { kind: isWell ? 'next-wave' : 'failed' };
}

/** Nothing else keeps it than that it could not be planned at review. */
function isNextWave({ end, review }: StackOutcome): boolean {
  return (
    end.status === 'stopped' &&
    review?.waitedFor !== undefined &&
    end.reasons.every(({ kind }) => kind === 'review')
  );
}
