import type { InputReader } from '../../shared/inputs.js';

/** How a rollout is followed. */
export interface RolloutInputs {
  readonly wait: boolean;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
  /** What a PAUSE hook that awaits an action leads to. */
  readonly onPause: 'end' | 'wait';
}

export function readRollout(reader: InputReader): RolloutInputs {
  return {
    wait: reader.boolean('wait', true),
    pollIntervalSeconds: reader.number('poll-interval-seconds', { min: 0.2, max: 60 }) ?? 5,
    timeoutMinutes: reader.number('timeout-minutes', { min: 0.05, max: 1440 }) ?? 30,
    onPause: reader.oneOf('on-pause', ['end', 'wait'], 'end'),
  };
}
