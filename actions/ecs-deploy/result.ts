import type { Applied } from './effects.js';
import type { RolloutOutcome } from './rollout/judge.js';

export type Outcome =
  | RolloutOutcome
  | 'cancelled'
  | 'dry-run'
  /** `wait: false`: the rollout goes on by itself. */
  | 'started'
  | 'no-op'
  /** A PAUSE hook awaits an action. */
  | 'paused'
  | 'timed-out'
  /** AWS could not be asked to the end. */
  | 'unknown';

/** What became of the deploy. */
export function outcomeOf(applied: Applied, upToDate: boolean): Outcome {
  if (applied.around.setback !== undefined) return applied.around.setback.outcome;
  if (applied.supersededBy !== undefined) return 'superseded';
  if (applied.cancelledEarly) return 'cancelled';
  if (applied.proof?.kind === 'different') return 'failed';
  if (applied.followed !== undefined) return applied.followed.outcome;
  return upToDate ? 'no-op' : 'started';
}
