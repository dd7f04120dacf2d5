import { type EcsFixture, lambdaHook, pauseHook } from '../../test/support/ecs-emulator.js';
import { HOOK_FUNCTION, strategies, type StrategyName } from '../../test/support/ecs-strategies.js';

/** What is to happen to a rollout that shifts traffic. */
export interface ShiftScenario {
  readonly hook?: 'failed' | 'in-progress:2';
  readonly alarm?: boolean;
  readonly pause?: { readonly decision?: 'continue' | 'rollback' };
}

/** A strategy with its settings, and when what is to happen does. */
export interface DrawnShift {
  readonly strategy: StrategyName;
  readonly configuration: object;
  /** The stage of the hook, the pause, the alarm or the interference. */
  readonly stage: string;
  /** Fates by function. */
  readonly hooks: Readonly<Record<string, string>>;
  readonly alarm: string | undefined;
}

const pausable = [
  'PRE_SCALE_UP',
  'POST_SCALE_UP',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
];
const hookable = [...pausable, 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'];
const stages = [...hookable, 'SCALE_UP', 'BAKE_TIME'];

/** Draws strategy, settings and stage. */
export function drawShift(scenario: ShiftScenario, random: () => number): DrawnShift {
  const draw = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to draw from');
    return item;
  };
  const { hook, alarm, pause } = scenario;
  const strategy = draw(Object.keys(strategies) as StrategyName[]);
  const stage = draw(pause !== undefined ? pausable : hook !== undefined ? hookable : stages);
  const stepMinutes = draw([0, 1, 2]);
  const percents = { stepPercent: draw([25, 40, 50]), canaryPercent: draw([0.5, 5, 20]) };
  const settings = {
    'blue-green': {},
    canary: {
      canaryConfiguration: {
        canaryPercent: percents.canaryPercent,
        canaryBakeTimeInMinutes: stepMinutes,
      },
    },
    linear: {
      linearConfiguration: {
        stepPercent: percents.stepPercent,
        stepBakeTimeInMinutes: stepMinutes,
      },
    },
  };
  return {
    strategy,
    stage,
    hooks: hook === undefined ? {} : { [HOOK_FUNCTION]: hook },
    alarm: alarm === true ? 'web-5xx' : undefined,
    configuration: {
      ...settings[strategy],
      bakeTimeInMinutes: draw([1, 2]),
      ...(alarm === true && {
        alarms: { alarmNames: ['web-5xx'], enable: true, rollback: true },
      }),
      lifecycleHooks: [
        ...(hook === undefined ? [] : [lambdaHook(HOOK_FUNCTION, [stage])]),
        ...(pause === undefined ? [] : [pauseHook([stage])]),
      ],
    },
  };
}

/** Acts once, at most a quarter of a second after the newest deployment has come to the stage. */
export function atStage(fixture: EcsFixture, stage: string, act: () => unknown): void {
  // The deployment that is to come, not the one that made the service.
  const known = newestRollout(fixture).arn;
  const look = (): void => {
    const rollout = newestRollout(fixture);
    if (rollout.arn !== known && rollout.lifecycleStage === stage) void act();
    else fixture.clock.schedule(fixture.clock.now() + 250, look);
  };
  look();
}

interface Dump {
  readonly services: readonly {
    readonly serviceDeployments: readonly {
      readonly arn: string;
      readonly lifecycleStage?: string;
    }[];
  }[];
}

function newestRollout(fixture: EcsFixture): { arn: string; lifecycleStage?: string } {
  const { services } = fixture.ecs.dump() as unknown as Dump;
  const newest = services[0]?.serviceDeployments[0];
  if (newest === undefined) throw new Error('there is no service deployment');
  return newest;
}
