import type { TaskRecord } from '../model.js';

/** What a rollout strategy decides from. */
export interface RolloutView {
  readonly desiredCount: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** Tasks of the primary deployment that are not stopped. */
  readonly primary: readonly TaskRecord[];
  /** Tasks of every other deployment that are not stopped. */
  readonly others: readonly TaskRecord[];
}

export interface RolloutStep {
  readonly launch: number;
  readonly stop: readonly TaskRecord[];
  /** Nothing can be started or stopped within the percents, and nothing is under way. */
  readonly deadlocked: boolean;
}

/**
 * The next step of a rolling update.
 *
 * `minimumHealthyPercent` of the desired count, rounded up, must stay healthy, and at most
 * `maximumPercent`, rounded down, may be running or pending (API reference,
 * DeploymentConfiguration). Old tasks are stopped when new healthy ones replace them, or earlier,
 * within the minimum, when there is no room for new ones (Developer Guide, "Deploy Amazon ECS
 * services by replacing tasks").
 */
export function planRolling(view: RolloutView): RolloutStep {
  const { desiredCount } = view;
  const atLeast = Math.ceil((desiredCount * view.minimumHealthyPercent) / 100);
  const atMost = Math.floor((desiredCount * view.maximumPercent) / 100);
  const live = view.primary.filter(isLive);
  const old = view.others.filter(isLive);

  // Scaled down: the newest and least healthy go first.
  const surplus =
    live.length > desiredCount ? byWorth(live).slice(0, live.length - desiredCount) : [];
  const stop: TaskRecord[] = [...surplus];

  const healthyPrimary = live.filter((task) => task.healthy && !stop.includes(task)).length;
  const healthyOld = old.filter((task) => task.healthy).length;
  const missing = Math.max(0, desiredCount - live.length);
  const occupied = [...view.primary, ...view.others].filter(occupiesRoom).length;
  const room = Math.max(0, atMost - occupied);
  const launch = Math.min(missing, room);

  const replaced = Math.max(0, old.length - Math.max(0, desiredCount - healthyPrimary));
  const forRoom = missing - launch;
  let mayLose = Math.max(0, healthyPrimary + healthyOld - atLeast);
  let wanted = Math.min(old.length, Math.max(replaced, forRoom));
  for (const task of byWorth(old)) {
    if (wanted === 0) break;
    if (task.healthy) {
      if (mayLose === 0) continue;
      mayLose -= 1;
    }
    wanted -= 1;
    stop.push(task);
  }

  const underWay = [...view.primary, ...view.others].some((task) => !isLive(task) || !task.healthy);
  return {
    launch,
    stop,
    deadlocked: missing > 0 && launch === 0 && stop.length === 0 && !underWay,
  };
}

function isLive(task: TaskRecord): boolean {
  return task.desiredStatus === 'RUNNING';
}

function occupiesRoom(task: TaskRecord): boolean {
  return ['PROVISIONING', 'PENDING', 'RUNNING'].includes(task.lastStatus);
}

// Least worth keeping first: unhealthy before healthy, newer before older.
function byWorth(tasks: readonly TaskRecord[]): TaskRecord[] {
  return [...tasks].sort(
    (a, b) => Number(a.healthy) - Number(b.healthy) || b.createdAtMs - a.createdAtMs,
  );
}
