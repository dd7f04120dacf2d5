import type { Context } from '../context.js';
import type { HookRecord, ServiceDeploymentRecord, TrafficShift } from '../model.js';
import { isResolved, startHooks } from './hooks.js';
import type { LifecycleStage } from './stages.js';

/** Forgets what the current stage waits for. */
export function cancelStage(shift: TrafficShift): void {
  for (const cancel of shift.cancels.splice(0)) cancel();
}

/**
 * Gives all traffic back to the old revision; its deployment may remove the new one's tasks in
 * CLEAN_UP. "If problems arise with the green deployment, you can quickly revert to the blue
 * deployment" (Developer Guide, "Amazon ECS blue/green deployments"): in one step, whatever the
 * strategy.
 *
 * "When a roll back happens, Amazon ECS runs the lifecycle hooks for" PRODUCTION_TRAFFIC_SHIFT and
 * TEST_TRAFFIC_SHIFT (Developer Guide, "Lifecycle hooks for Amazon ECS service deployments"). That
 * only stages whose traffic comes back run, and that a hook which fails then changes nothing, are
 * assumptions.
 */
export function shiftBack(context: Context, deployment: ServiceDeploymentRecord): void {
  const { shift } = deployment;
  if (shift === undefined) return;
  cancelStage(shift);
  const stages: LifecycleStage[] = [];
  if (shift.production > 0) stages.push('PRODUCTION_TRAFFIC_SHIFT');
  if (shift.test > 0) stages.push('TEST_TRAFFIC_SHIFT');
  const former = shift.hooks;
  shift.production = 0;
  shift.test = 0;
  const enter = (): void => {
    cancelStage(shift);
    const stage = stages.shift();
    shift.stage = stage ?? 'CLEAN_UP';
    shift.hooks = former;
    if (stage === undefined) {
      shift.wake();
      return;
    }
    let shifted = false;
    let hooks: HookRecord[] = [];
    const goOn = (): void => {
      if (shifted && hooks.every(isResolved)) enter();
    };
    const listener = { resolved: goOn, failed: goOn };
    hooks = startHooks(context, shift, deployment.configuration, stage, listener);
    shift.hooks = [...former, ...hooks];
    const finish = (): void => {
      shifted = true;
      goOn();
    };
    shift.cancels.push(context.after(context.timings.trafficShiftMs, finish));
  };
  enter();
}
