import type { ContractTask } from '../contract-tasks.js';

export type Trigger = NonNullable<ContractTask['enableOnFirstRelease']>;

/** What starts a task without us: a schedule of EventBridge Scheduler, or a rule of EventBridge. */
export interface Schedules {
  /** Does nothing where it is enabled already. */
  enable(trigger: Trigger): Promise<void>;
}

/** `schedule group/name` or `rule bus/name`. */
export function nameOfTrigger(trigger: Trigger): string {
  return trigger.kind === 'schedule'
    ? `schedule ${trigger.group}/${trigger.name}`
    : `rule ${trigger.bus}/${trigger.name}`;
}
