import type { TaskRecord } from '../../../emulator/ecs/model.js';
import { planRolling } from '../../../emulator/ecs/rollout/rolling.js';

function tasks(count: number, state: Partial<TaskRecord> = {}): TaskRecord[] {
  return Array.from(
    { length: count },
    () =>
      ({
        lastStatus: 'RUNNING',
        desiredStatus: 'RUNNING',
        healthy: true,
        createdAtMs: 0,
        ...state,
      }) as TaskRecord,
  );
}

const starting = { lastStatus: 'PENDING', healthy: false } as const;

function step(
  desiredCount: number,
  percents: readonly [number, number],
  primary: TaskRecord[],
  others: TaskRecord[],
) {
  const [minimumHealthyPercent, maximumPercent] = percents;
  const plan = planRolling({
    desiredCount,
    minimumHealthyPercent,
    maximumPercent,
    primary,
    others,
  });
  return { launch: plan.launch, stop: plan.stop.length, deadlocked: plan.deadlocked };
}

describe('a step of a rolling update', () => {
  it('starts all new tasks when there is room for them beside the old ones', () => {
    expect(step(4, [100, 200], [], tasks(4))).toEqual({ launch: 4, stop: 0, deadlocked: false });
  });

  it('starts as many as the maximum allows, rounded down', () => {
    expect(step(4, [100, 140], [], tasks(4))).toMatchObject({ launch: 1, stop: 0 });
    expect(step(3, [50, 150], [], tasks(3))).toMatchObject({ launch: 1 });
  });

  it('stops old tasks for room, as many as the minimum allows, rounded up', () => {
    expect(step(4, [50, 100], [], tasks(4))).toMatchObject({ launch: 0, stop: 2 });
    expect(step(5, [50, 100], [], tasks(5))).toMatchObject({ launch: 0, stop: 2 });
    expect(step(2, [0, 100], [], tasks(2))).toMatchObject({ launch: 0, stop: 2 });
  });

  it('stops one old task for each new healthy one', () => {
    const primary = [...tasks(2), ...tasks(2, starting)];
    expect(step(4, [100, 200], primary, tasks(4))).toMatchObject({ launch: 0, stop: 2 });
  });

  it('keeps the old tasks while the new ones are not healthy', () => {
    expect(step(4, [100, 200], tasks(4, { healthy: false }), tasks(4))).toMatchObject({ stop: 0 });
  });

  it('stops old tasks that are not healthy first', () => {
    const broken = tasks(1, { healthy: false });
    const plan = planRolling({
      desiredCount: 2,
      minimumHealthyPercent: 100,
      maximumPercent: 100,
      primary: [],
      others: [...tasks(2), ...broken],
    });
    expect(plan.stop).toEqual(broken);
  });

  it('scales down to the desired count, and to nothing', () => {
    expect(step(1, [100, 200], tasks(3), [])).toMatchObject({ launch: 0, stop: 2 });
    expect(step(0, [100, 200], tasks(3), tasks(2))).toMatchObject({ launch: 0, stop: 5 });
  });

  it('counts a task that still runs on its way out as taking room, but not as healthy', () => {
    const leaving = tasks(2, { desiredStatus: 'STOPPED', healthy: false });
    expect(step(2, [100, 200], [], [...tasks(2), ...leaving])).toMatchObject({ launch: 0 });
  });

  it('is deadlocked when nothing may start or stop and nothing is under way', () => {
    expect(step(1, [100, 150], [], tasks(1))).toEqual({ launch: 0, stop: 0, deadlocked: true });
    expect(step(1, [100, 150], [], tasks(1, starting)).deadlocked).toBe(false);
  });
});
