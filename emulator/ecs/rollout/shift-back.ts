import type { Context } from '../context.js';
import type { TrafficShift } from '../model.js';

/** Forgets what the current stage waits for. */
export function cancelStage(shift: TrafficShift): void {
  for (const cancel of shift.cancels.splice(0)) cancel();
}

/**
 * Gives all traffic back to the old revision; its deployment may remove the new one's tasks in
 * CLEAN_UP. "If problems arise with the green deployment, you can quickly revert to the blue
 * deployment" (Developer Guide, "Amazon ECS blue/green deployments"): in one step, whatever the
 * strategy. The stages shown meanwhile are those that hooks may run in during a rollback
 * (Developer Guide, "Lifecycle hooks for Amazon ECS service deployments"); the emulator runs none.
 */
export function shiftBack(context: Context, shift: TrafficShift): void {
  cancelStage(shift);
  const cleanUp = (): void => {
    shift.stage = 'CLEAN_UP';
    shift.wake();
  };
  const shifted = shift.production > 0 || shift.test > 0;
  shift.stage = shift.production > 0 ? 'PRODUCTION_TRAFFIC_SHIFT' : 'TEST_TRAFFIC_SHIFT';
  shift.production = 0;
  shift.test = 0;
  if (shifted) shift.cancels.push(context.after(context.timings.trafficShiftMs, cleanUp));
  else cleanUp();
}
