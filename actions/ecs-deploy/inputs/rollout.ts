import type { InputReader } from '../../shared/inputs.js';

/** How a rollout is followed. */
export interface RolloutInputs {
  readonly wait: boolean;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
}

export function readRollout(reader: InputReader): RolloutInputs {
  return { wait: reader.boolean('wait', true), ...readFollowing(reader) };
}

/** How often, and for how long, something is looked at. */
export function readFollowing(reader: InputReader): Omit<RolloutInputs, 'wait'> {
  return {
    pollIntervalSeconds: reader.number('poll-interval-seconds', { min: 0.2, max: 60 }) ?? 5,
    timeoutMinutes: reader.number('timeout-minutes', { min: 0.05, max: 1440 }) ?? 30,
  };
}
