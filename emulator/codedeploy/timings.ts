/**
 * Virtual durations of the emulated CodeDeploy. Where AWS documents none, they are round numbers
 * of the size that the tutorials' outputs show.
 */
export interface Timings {
  /** Created until InProgress. */
  readonly startMs: number;
  /** One lifecycle event that has nothing to do. */
  readonly eventMs: number;
  /** Between two looks at the replacement task set and at the alarms. */
  readonly lookMs: number;
  /** How long the replacement task set may take to become healthy: the error says 60 minutes. */
  readonly installLimitMs: number;
  /** How long a hook's function may take to report its result: one hour (User Guide, "AppSpec 'hooks' section"). */
  readonly hookLimitMs: number;
  /** One change of the listener's weights. */
  readonly shiftMs: number;
  /** StopDeployment until Stopped. */
  readonly stopMs: number;
  /** A whole rollback deployment. */
  readonly rollbackMs: number;
}

export const defaultTimings: Timings = {
  startMs: 1_000,
  eventMs: 500,
  lookMs: 1_000,
  installLimitMs: 3_600_000,
  hookLimitMs: 3_600_000,
  shiftMs: 1_000,
  stopMs: 2_000,
  rollbackMs: 5_000,
};
