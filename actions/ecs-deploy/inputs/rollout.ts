import type { InputReader } from '../../shared/inputs.js';
import type { GiveUpInputs } from '../rollout/give-up.js';
import type { OnPause } from '../rollout/pauses.js';

/** How a rollout is followed. */
export interface RolloutInputs extends GiveUpInputs {
  readonly wait: boolean;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
  readonly onPause: OnPause;
}

export function readRollout(reader: InputReader): RolloutInputs {
  return { wait: reader.boolean('wait', true), ...readFollowing(reader) };
}

/** How often, and for how long, something is looked at. */
export function readFollowing(reader: InputReader): Omit<RolloutInputs, 'wait'> {
  return {
    pollIntervalSeconds: reader.number('poll-interval-seconds', { min: 0.2, max: 60 }) ?? 5,
    timeoutMinutes: reader.number('timeout-minutes', { min: 0.05, max: 1440 }) ?? 30,
    earlyEnd: reader.boolean('early-end', true),
    earlyEndExits: reader.integer('early-end-exits', { min: 1, max: 100 }) ?? 3,
    onCancel: reader.oneOf('on-cancel', ['rollback', 'leave'], 'rollback'),
    onPause: reader.oneOf('on-pause', ['end', 'wait'], 'end'),
  };
}
