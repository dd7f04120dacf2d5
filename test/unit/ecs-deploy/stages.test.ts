import type { LifecycleHook, TrafficShift } from '../../../actions/ecs-deploy/model.js';
import {
  describeFailedHook,
  isFailedHook,
  rememberHooks,
} from '../../../actions/ecs-deploy/rollout/hooks.js';
import { describeStage, hasPassed, noteStage } from '../../../actions/ecs-deploy/rollout/stages.js';
import {
  plannedMinutes,
  shiftSettings,
} from '../../../actions/ecs-deploy/rollout/shift-settings.js';

function shift(changes: Partial<TrafficShift> = {}): TrafficShift {
  return {
    strategy: 'CANARY',
    stage: 'SCALE_UP',
    updatedAtMs: 1000,
    productionPercent: 0,
    hooks: [],
    configuredHooks: [],
    bakeMinutes: 5,
    stepPercent: 5,
    stepBakeMinutes: 10,
    ...changes,
  };
}

function hook(changes: Partial<LifecycleHook> = {}): LifecycleHook {
  return {
    id: 'h1',
    kind: 'lambda',
    targetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:check',
    status: 'IN_PROGRESS',
    expiresAtMs: 0,
    timeoutAction: 'ROLLBACK',
    ...changes,
  };
}

describe('a stage is told', () => {
  it.each<readonly [string, Partial<TrafficShift>]>([
    [
      'canary: 5 % of traffic, bakes 10 min',
      { stage: 'PRODUCTION_TRAFFIC_SHIFT', productionPercent: 5 },
    ],
    ['canary: 100 % of traffic', { stage: 'PRODUCTION_TRAFFIC_SHIFT', productionPercent: 100 }],
    [
      'linear: about to shift production traffic, at 40 % now',
      { strategy: 'LINEAR', stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', productionPercent: 40 },
    ],
    [
      'blue-green: production traffic shifts',
      {
        strategy: 'BLUE_GREEN',
        stage: 'PRODUCTION_TRAFFIC_SHIFT',
        productionPercent: undefined,
      },
    ],
    [
      'blue-green: test traffic shifted',
      { strategy: 'BLUE_GREEN', stage: 'POST_TEST_TRAFFIC_SHIFT' },
    ],
    ['canary: bakes 5 min, the old tasks stay', { stage: 'BAKE_TIME' }],
    ['NEW_ONE: NEWER_STAGE', { strategy: 'NEW_ONE', stage: 'NEWER_STAGE' }],
  ])('%s', (text, changes) => {
    expect(describeStage(shift(changes))).toBe(text);
  });

  it('not before the first', () => {
    expect(describeStage(shift({ stage: undefined }))).toBeUndefined();
  });
});

describe('the planned minutes', () => {
  it.each<readonly [string, number, Partial<TrafficShift>]>([
    ['of a canary', 15, {}],
    ['of blue/green', 5, { strategy: 'BLUE_GREEN', stepPercent: undefined, stepBakeMinutes: 0 }],
    ['of ten linear steps', 59, { strategy: 'LINEAR', stepPercent: 10, stepBakeMinutes: 6 }],
    ['of uneven linear steps', 11, { strategy: 'LINEAR', stepPercent: 40, stepBakeMinutes: 3 }],
    ['of a canary that takes all', 5, { stepPercent: 100 }],
  ])('%s', (_, minutes, changes) => {
    expect(plannedMinutes(shift(changes))).toBe(minutes);
  });

  it('of a rolling update are none', () => {
    expect(plannedMinutes(undefined)).toBe(0);
  });

  it.each([
    [0, {}],
    [0, { strategy: 'ROLLING', bakeTimeInMinutes: 9 }],
    [7, { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 7 }],
    [59, { strategy: 'LINEAR', bakeTimeInMinutes: 5 }],
    [
      8,
      {
        strategy: 'LINEAR',
        bakeTimeInMinutes: 2,
        linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 2 },
      },
    ],
    [10, { strategy: 'CANARY' }],
    [
      4,
      {
        strategy: 'CANARY',
        bakeTimeInMinutes: 1,
        canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 3 },
      },
    ],
  ])('are %d by what the service is set up with, %j', (minutes, configuration) => {
    expect(plannedMinutes(shiftSettings(configuration))).toBe(minutes);
  });
});

describe('the stages that were seen', () => {
  it('begin when AWS says, and change with the share of traffic', () => {
    const first = noteStage([], shift(), 9000);
    const same = noteStage(first, shift({ updatedAtMs: 3000 }), 9500);
    const step = noteStage(same, shift({ productionPercent: 5, updatedAtMs: undefined }), 9900);
    expect(step.map(({ fromMs }) => fromMs)).toEqual([1000, 9900]);
  });

  it('are none of a rolling update', () => {
    expect(noteStage([], undefined, 1)).toEqual([]);
  });

  it('have an order', () => {
    expect(hasPassed('PRE_SCALE_UP', 'SCALE_UP')).toBe(true);
    expect(hasPassed('BAKE_TIME', 'BAKE_TIME')).toBe(false);
    expect(hasPassed('NEWER_STAGE', 'BAKE_TIME')).toBe(false);
    expect(hasPassed('PRE_SCALE_UP', undefined)).toBe(false);
  });
});

describe('a hook', () => {
  const seen = (status: string, changes: Partial<TrafficShift>) => ({
    status,
    shift: shift(changes),
  });

  it('keeps the stage that it was first seen in, and stays known when it is gone', () => {
    const going = seen('IN_PROGRESS', { stage: 'POST_SCALE_UP', hooks: [hook()] });
    const failed = seen('ROLLBACK_IN_PROGRESS', {
      stage: 'CLEAN_UP',
      hooks: [hook({ status: 'FAILED' })],
    });
    const gone = seen('ROLLBACK_SUCCESSFUL', { hooks: [] });
    const known = [going, failed, gone].reduce(rememberHooks, []);
    expect(known).toEqual([
      { ...hook({ status: 'FAILED' }), stage: 'POST_SCALE_UP', ofRollback: false },
    ]);
  });

  it.each([
    [['PRE_SCALE_UP'], 'PRE_SCALE_UP'],
    [['PRE_SCALE_UP', 'POST_SCALE_UP'], undefined],
  ])('seen too late has the stage of its settings, if that is one: %p', (stages, stage) => {
    const { kind, targetArn } = hook();
    const late = seen('ROLLBACK_IN_PROGRESS', {
      stage: 'CLEAN_UP',
      hooks: [hook({ status: 'FAILED' })],
      configuredHooks: [{ kind, targetArn, stages }],
    });
    expect(rememberHooks([], late)[0]?.stage).toBe(stage);
  });

  it('that a rollback started is told from the one that caused it', () => {
    const back = seen('ROLLBACK_IN_PROGRESS', { hooks: [hook({ id: 'h2' })] });
    const failed = seen('ROLLBACK_IN_PROGRESS', { hooks: [hook({ id: 'h2', status: 'FAILED' })] });
    const known = [back, failed].reduce(rememberHooks, []);
    expect(known.map(isFailedHook)).toEqual([false]);
  });

  it.each<readonly [string, Partial<LifecycleHook>, boolean]>([
    ['a function that failed', { status: 'FAILED' }, true],
    ['a function that gave no verdict', { status: 'TIMED_OUT' }, true],
    ['one that then goes on', { status: 'TIMED_OUT', timeoutAction: 'CONTINUE' }, false],
    ['a pause that expired', { kind: 'pause', status: 'TIMED_OUT' }, true],
    ['a pause that a person declined', { kind: 'pause', status: 'FAILED' }, false],
    ['one that goes on', {}, false],
  ])('%s', (_, changes, failed) => {
    expect(isFailedHook({ ...hook(changes), stage: undefined, ofRollback: false })).toBe(failed);
  });

  it('is named with its function and stage', () => {
    const failed = {
      ...hook({ status: 'FAILED' }),
      stage: 'POST_SCALE_UP',
      ofRollback: false,
    };
    expect(describeFailedHook(failed)).toEqual({
      cause: 'the lifecycle hook check failed in POST_SCALE_UP',
      hint: 'what the function logged is in /aws/lambda/check',
    });
  });
});
