import type { Clock } from '../../shared/clock.js';

/**
 * A clock whose sleepers wake together, at beats of `beatMs` from now on: rollouts that are
 * followed side by side look at the same moment, so that one call can ask for many of them. A
 * sleep ends at the beat nearest to its own end; one that this would shorten or lengthen by half
 * or more keeps its own length.
 */
export function inStep(clock: Clock, beatMs: number): Clock {
  const startMs = clock.now();
  return {
    now: () => clock.now(),
    sleep(milliseconds, signal) {
      const nowMs = clock.now();
      const beats = Math.round((nowMs + milliseconds - startMs) / beatMs);
      const untilBeatMs = startMs + beats * beatMs - nowMs;
      const near = Math.abs(untilBeatMs - milliseconds) < milliseconds / 2;
      return clock.sleep(near ? untilBeatMs : milliseconds, signal);
    },
  };
}
