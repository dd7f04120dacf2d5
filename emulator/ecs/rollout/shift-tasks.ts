import type { DeploymentRecord, TaskRecord, TrafficShift } from '../model.js';
import type { LifecycleStage } from './stages.js';

export interface ShiftTasks {
  readonly launches: readonly { readonly deployment: DeploymentRecord; readonly count: number }[];
  readonly stop: readonly TaskRecord[];
}

/**
 * Which tasks to start and stop while traffic is being shifted: the old revision keeps its tasks
 * until CLEAN_UP, and the new one gets all of its own in SCALE_UP (API reference,
 * ServiceDeployment, `lifecycleStage`). What older deployments left behind is stopped in
 * RECONCILE_SERVICE, which happens when "more than 1 service revision" is active.
 */
export function planShiftTasks(
  primary: DeploymentRecord,
  shift: Pick<TrafficShift, 'stage' | 'old' | 'oldCount'>,
  tasks: readonly TaskRecord[],
): ShiftTasks {
  const { desiredCount } = primary.service;
  const live = tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  const started =
    primary.rolloutState !== 'FAILED' &&
    shift.stage !== undefined &&
    !beforeScaleUp.has(shift.stage);
  // That a first deployment which also raises the count does not start the placeholder is assumed.
  const oldCount = Math.min(desiredCount, shift.oldCount);
  const kept = [
    ...(started ? [{ deployment: primary, wanted: desiredCount }] : []),
    ...(shift.old ? [{ deployment: shift.old, wanted: oldCount }] : []),
  ];
  const launches: ShiftTasks['launches'][number][] = [];
  const stop: TaskRecord[] = [];
  for (const { deployment, wanted } of kept) {
    const own = live.filter((task) => task.deployment === deployment);
    const missing = wanted - own.length;
    if (missing > 0) launches.push({ deployment, count: missing });
    else stop.push(...own.slice(wanted));
  }
  if (shift.stage === 'RECONCILE_SERVICE') {
    stop.push(...live.filter((task) => task.deployment !== shift.old));
  }
  return { launches, stop };
}

const beforeScaleUp: ReadonlySet<LifecycleStage> = new Set<LifecycleStage>([
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
]);
