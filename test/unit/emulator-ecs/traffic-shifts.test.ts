import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import type { Wire } from '../../../emulator/ecs/wire.js';
import {
  BALANCED,
  codeOf,
  type EcsFixture,
  ecsFixture,
  HEALTH_CHECK,
  lambdaHook,
  pauseHook,
} from '../../support/ecs-emulator.js';

type Rollout = Wire<ServiceDeployment>;

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 };
const CANARY = {
  strategy: 'CANARY',
  bakeTimeInMinutes: 1,
  canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 },
};
const LINEAR = {
  strategy: 'LINEAR',
  bakeTimeInMinutes: 1,
  linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 1 },
};
const ALARM = { alarmNames: ['errors'], enable: true, rollback: true };

/** A service that runs version 1, and the task definition of version 2. */
async function running(
  configuration: object,
  more: { readonly fate?: string; readonly service?: object } = {},
): Promise<{ fixture: EcsFixture; v1: string; v2: string }> {
  const fixture = await ecsFixture();
  const container = { healthCheck: HEALTH_CHECK };
  const v1 = await fixture.define(fixture.push('shop/web:1'), { container });
  await fixture.create(v1, {
    loadBalancers: [BALANCED],
    deploymentConfiguration: configuration,
    ...more.service,
  });
  // Hooks of the first deployment are left to succeed.
  await fixture.advance(120);
  expect((await current(fixture)).status).toBe('SUCCESSFUL');
  const v2 = await fixture.define(fixture.push('shop/web:2'), {
    container,
    environment: { EMULATOR_FATE: more.fate ?? 'healthy' },
  });
  return { fixture, v1, v2 };
}

async function current(fixture: EcsFixture): Promise<Rollout> {
  const [rollout] = await fixture.rollouts();
  if (rollout === undefined) throw new Error('no service deployment');
  return rollout;
}

/** Advances until the deployment has the stage, 20 minutes at most. */
async function until(
  fixture: EcsFixture,
  reached: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  for (let seconds = 0; seconds < 1200; seconds += 0.25) {
    await fixture.advance(0.25, undefined, 0.25);
    const rollout = await current(fixture);
    if (reached(rollout)) return rollout;
  }
  throw new Error(`not reached: ${JSON.stringify(await current(fixture))}`);
}

const stage = (name: string) => (rollout: Rollout) => rollout.lifecycleStage === name;
const ended = (rollout: Rollout) => rollout.finishedAt !== undefined;

/** Stages with the new revision's share of production traffic, each change once. */
async function watch(fixture: EcsFixture): Promise<string[]> {
  const seen: string[] = [];
  await until(fixture, (rollout) => {
    const weight = rollout.targetServiceRevision?.requestedProductionTrafficWeight ?? 0;
    const now = `${rollout.lifecycleStage ?? ''} ${weight}`;
    if (seen.at(-1) !== now) seen.push(now);
    return ended(rollout);
  });
  return seen.filter((line) => !line.startsWith(' '));
}

describe('a blue/green deployment', () => {
  it('passes every stage in order and ends with the new revision alone', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    expect(await watch(fixture)).toEqual([
      'PRE_SCALE_UP 0',
      'SCALE_UP 0',
      'POST_SCALE_UP 0',
      'TEST_TRAFFIC_SHIFT 0',
      'POST_TEST_TRAFFIC_SHIFT 0',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0',
      'PRODUCTION_TRAFFIC_SHIFT 100',
      'POST_PRODUCTION_TRAFFIC_SHIFT 100',
      'BAKE_TIME 100',
      'CLEAN_UP 100',
    ]);
    expect(await current(fixture)).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { runningTaskCount: 2, requestedTestTrafficWeight: 100 },
      sourceServiceRevisions: [{ runningTaskCount: 0, requestedProductionTrafficWeight: 0 }],
    });
    const service = await fixture.service();
    expect(service).toMatchObject({ runningCount: 2, taskDefinition: v2 });
    expect(service.deployments).toHaveLength(1);
  });

  it('keeps both revisions up until the end of the bake time', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    await fixture.advance(118);
    const baking = await current(fixture);
    expect(baking).toMatchObject({
      lifecycleStage: 'BAKE_TIME',
      targetServiceRevision: { runningTaskCount: 2 },
      sourceServiceRevisions: [{ runningTaskCount: 2 }],
    });
    await fixture.advance(5);
    expect((await current(fixture)).lifecycleStage).toBe('CLEAN_UP');
  });

  it('starts nothing before SCALE_UP and shifts test traffic before production', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('PRE_SCALE_UP'));
    expect((await fixture.service()).runningCount).toBe(2);
    const tested = await until(fixture, stage('POST_TEST_TRAFFIC_SHIFT'));
    expect(tested.targetServiceRevision).toMatchObject({
      requestedTestTrafficWeight: 100,
      requestedProductionTrafficWeight: 0,
    });
  });

  it('swaps the target groups', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    const { targetServiceRevision, sourceServiceRevisions } = await until(
      fixture,
      stage('BAKE_TIME'),
    );
    const green = await fixture.revision(targetServiceRevision?.arn);
    const blue = await fixture.revision(sourceServiceRevisions?.[0]?.arn);
    expect(blue.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn).toBe(
      BALANCED.targetGroupArn,
    );
    expect(green.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn).toBe(
      BALANCED.advancedConfiguration.alternateTargetGroupArn,
    );
  });

  it('has no traffic weights without a load balancer or Service Connect', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN, { service: { loadBalancers: [] } });
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, ended);
    expect(rollout.status).toBe('SUCCESSFUL');
    expect(rollout.targetServiceRevision).not.toHaveProperty('requestedProductionTrafficWeight');
  });

  it('does not start the old revision where the first deployment raises the count', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN, { service: { desiredCount: 0 } });
    await fixture.update({ taskDefinition: v2, desiredCount: 3 });
    await until(fixture, stage('BAKE_TIME'));
    expect(await fixture.service()).toMatchObject({ runningCount: 3 });
  });
});

describe('traffic in steps', () => {
  it('goes to a canary, which bakes, and then whole', async () => {
    const { fixture, v2 } = await running(CANARY);
    await fixture.update({ taskDefinition: v2 });
    expect((await watch(fixture)).slice(5, 10)).toEqual([
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0',
      'PRODUCTION_TRAFFIC_SHIFT 10',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 10',
      'PRODUCTION_TRAFFIC_SHIFT 100',
      'POST_PRODUCTION_TRAFFIC_SHIFT 100',
    ]);
    const { startedAt = 0, finishedAt = 0 } = await current(fixture);
    expect(finishedAt - startedAt).toBeGreaterThan(4 * 60);
    expect(finishedAt - startedAt).toBeLessThan(6 * 60);
  });

  it('goes up in equal steps, and does not bake after the last', async () => {
    const { fixture, v2 } = await running(LINEAR);
    await fixture.update({ taskDefinition: v2 });
    const seen = await watch(fixture);
    expect(seen.filter((line) => line.startsWith('PRODUCTION'))).toEqual([
      'PRODUCTION_TRAFFIC_SHIFT 40',
      'PRODUCTION_TRAFFIC_SHIFT 80',
      'PRODUCTION_TRAFFIC_SHIFT 100',
    ]);
    const { startedAt = 0, finishedAt = 0 } = await current(fixture);
    expect(finishedAt - startedAt).toBeLessThan(4 * 60);
  });

  it('has AWS’s defaults', async () => {
    const { fixture } = await running({ strategy: 'CANARY' });
    expect((await fixture.service()).deploymentConfiguration?.canaryConfiguration).toEqual({
      canaryPercent: 5,
      canaryBakeTimeInMinutes: 10,
    });
  });
});

describe.each([
  ['BLUE_GREEN', BLUE_GREEN],
  ['CANARY', CANARY],
  ['LINEAR', LINEAR],
])('a deployment of the strategy %s', (_, configuration) => {
  const breaker = { enable: true, rollback: true };

  it('is rolled back by the circuit breaker, and the old tasks never stop', async () => {
    const { fixture, v1, v2 } = await running(
      { ...configuration, deploymentCircuitBreaker: breaker },
      { fate: 'crash:3' },
    );
    const before = (await fixture.tasks()).map(({ taskArn }) => taskArn).sort();
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, ended);
    expect(rollout).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'TRIGGERED' },
      targetServiceRevision: { requestedProductionTrafficWeight: 0 },
    });
    const service = await fixture.service();
    expect(service).toMatchObject({ taskDefinition: v1, runningCount: 2 });
    expect((await fixture.tasks()).map(({ taskArn }) => taskArn).sort()).toEqual(before);
  });

  it('stays where it is when the breaker trips without rollback', async () => {
    const { fixture, v2 } = await running(
      { ...configuration, deploymentCircuitBreaker: { enable: true, rollback: false } },
      { fate: 'crash:3' },
    );
    await fixture.update({ taskDefinition: v2 });
    expect((await until(fixture, ended)).status).toBe('STOPPED');
  });

  it('is rolled back by an alarm in the bake time', async () => {
    const { fixture, v1, v2 } = await running({ ...configuration, alarms: ALARM });
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    fixture.ecs.control('alarms', { other: 'ALARM', errors: 'ALARM' });
    expect((await current(fixture)).status).toBe('ROLLBACK_IN_PROGRESS');
    const rollout = await until(fixture, ended);
    expect(rollout).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      alarms: { status: 'TRIGGERED', alarmNames: ['errors'], triggeredAlarmNames: ['errors'] },
      sourceServiceRevisions: [{ requestedProductionTrafficWeight: 100, runningTaskCount: 2 }],
    });
    expect((await fixture.service()).taskDefinition).toBe(v1);
  });

  it('is rolled back from the bake time by StopServiceDeployment', async () => {
    const { fixture, v1, v2 } = await running(configuration);
    await fixture.update({ taskDefinition: v2 });
    const { serviceDeploymentArn } = await until(fixture, stage('BAKE_TIME'));
    await fixture.call('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
    expect((await current(fixture)).status).toBe('ROLLBACK_REQUESTED');
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });

  it('is superseded, and the next one reconciles first', async () => {
    const { fixture, v1, v2 } = await running(configuration);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    await fixture.update({ taskDefinition: v1, forceNewDeployment: true });
    await until(fixture, stage('RECONCILE_SERVICE'));
    expect((await fixture.rollouts())[1]?.status).toBe('STOPPED');
    expect((await until(fixture, ended)).status).toBe('SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });
});

const everyStage = [
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

describe('StopServiceDeployment', () => {
  it.each(everyStage)('rolls back from %s', async (name) => {
    const { fixture, v1, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    const { serviceDeploymentArn } = await until(fixture, stage(name));
    await fixture.call('StopServiceDeployment', { serviceDeploymentArn });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });
});

describe('a Lambda hook', () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:check';
  const hooked = {
    ...BLUE_GREEN,
    lifecycleHooks: [lambdaHook(arn, ['POST_TEST_TRAFFIC_SHIFT'])],
  };

  it('that succeeds lets the deployment go on', async () => {
    const { fixture, v2 } = await running(hooked);
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, stage('POST_TEST_TRAFFIC_SHIFT'));
    expect(rollout.lifecycleHookDetails).toEqual([
      expect.objectContaining({ targetType: 'AWS_LAMBDA', targetArn: arn, status: 'IN_PROGRESS' }),
    ]);
    expect((await until(fixture, ended)).status).toBe('SUCCESSFUL');
  });

  it('that fails rolls the deployment back, and is shown as failed', async () => {
    const { fixture, v2 } = await running(hooked);
    fixture.ecs.control('hooks', { [arn]: 'failed' });
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, ended);
    expect(rollout).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      lifecycleHookDetails: [{ targetArn: arn, status: 'FAILED' }],
    });
    const { events = [] } = await fixture.service();
    expect(events.map(({ message }) => message).join('\n')).toContain(
      'hook execution failure(s) detected',
    );
  });

  it('is asked again after 30 s while it answers IN_PROGRESS', async () => {
    const { fixture, v2 } = await running(hooked);
    fixture.ecs.control('hooks', { [arn]: 'in-progress:3' });
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('POST_TEST_TRAFFIC_SHIFT'));
    await fixture.advance(90);
    expect((await current(fixture)).lifecycleStage).toBe('POST_TEST_TRAFFIC_SHIFT');
    await fixture.advance(3);
    expect((await current(fixture)).lifecycleStage).not.toBe('POST_TEST_TRAFFIC_SHIFT');
  });

  it.each([
    ['ROLLBACK', 'ROLLBACK_SUCCESSFUL'],
    ['CONTINUE', 'SUCCESSFUL'],
  ])('that times out leads to its action %s', async (action, status) => {
    const { fixture, v2 } = await running({
      ...BLUE_GREEN,
      lifecycleHooks: [
        {
          ...lambdaHook(arn, ['PRE_SCALE_UP']),
          timeoutConfiguration: { timeoutInMinutes: 1, action },
        },
      ],
    });
    fixture.ecs.control('hooks', { [arn]: 'never' });
    await fixture.update({ taskDefinition: v2 });
    expect((await until(fixture, ended)).status).toBe(status);
  });

  it('runs before each step of the traffic', async () => {
    const { fixture, v2 } = await running({
      ...LINEAR,
      lifecycleHooks: [lambdaHook(arn, ['PRE_PRODUCTION_TRAFFIC_SHIFT'])],
    });
    await fixture.update({ taskDefinition: v2 });
    const ids = new Set<string | undefined>();
    await until(fixture, (rollout) => {
      for (const hook of rollout.lifecycleHookDetails ?? []) ids.add(hook.hookId);
      return ended(rollout);
    });
    expect(ids.size).toBe(3);
  });

  it('fails by its function’s name too', async () => {
    const failing = `${arn}-fate-in-progress-1-failed`;
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(fixture.push('shop/web:1')), {
      loadBalancers: [BALANCED],
      deploymentConfiguration: {
        ...BLUE_GREEN,
        lifecycleHooks: [lambdaHook(failing, ['POST_SCALE_UP'])],
      },
    });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_FAILED');
  });

  it('has no fate that cannot be read', async () => {
    const fixture = await ecsFixture();
    expect(() => fixture.ecs.control('hooks', { [arn]: 'maybe' })).toThrow('in-progress');
  });
});

describe('a PAUSE hook', () => {
  async function paused(more: object = {}) {
    const world = await running(BLUE_GREEN);
    await world.fixture.update({
      taskDefinition: world.v2,
      deploymentConfiguration: {
        ...BLUE_GREEN,
        lifecycleHooks: [{ ...pauseHook(['POST_TEST_TRAFFIC_SHIFT']), ...more }],
      },
    });
    const rollout = await until(world.fixture, stage('POST_TEST_TRAFFIC_SHIFT'));
    const [hook] = rollout.lifecycleHookDetails ?? [];
    const { serviceDeploymentArn } = rollout;
    return { ...world, hook, request: { serviceDeploymentArn, hookId: hook?.hookId } };
  }

  it('waits for an action for a day, and then rolls back', async () => {
    const { fixture, hook } = await paused();
    expect(hook).toMatchObject({
      targetType: 'PAUSE',
      status: 'AWAITING_ACTION',
      timeoutAction: 'ROLLBACK',
      hookId: expect.stringMatching(/^ecs-pause-[\w-]{43}$/) as string,
    });
    expect(hook).not.toHaveProperty('targetArn');
    expect((hook?.expiresAt ?? 0) - fixture.clock.now() / 1000).toBeCloseTo(86_400, -1);
    await fixture.advance(86_390, undefined, 86_390);
    expect((await current(fixture)).status).toBe('IN_PROGRESS');
    await fixture.advance(30);
    expect(await current(fixture)).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      lifecycleHookDetails: [{ status: 'TIMED_OUT' }],
    });
  });

  it('goes on by itself at its expiry where that is its action', async () => {
    const { fixture } = await paused({
      timeoutConfiguration: { timeoutInMinutes: 5, action: 'CONTINUE' },
    });
    expect((await until(fixture, ended)).status).toBe('SUCCESSFUL');
  });

  it.each([
    ['CONTINUE', 'SUCCESSFUL'],
    ['ROLLBACK', 'ROLLBACK_SUCCESSFUL'],
    [undefined, 'SUCCESSFUL'],
  ])('takes the action %s', async (action, status) => {
    const { fixture, request } = await paused();
    const answer = await fixture.call('ContinueServiceDeployment', { ...request, action });
    expect(answer).toEqual({ serviceDeploymentArn: request.serviceDeploymentArn });
    expect((await until(fixture, ended)).status).toBe(status);
  });

  it('takes an action once', async () => {
    const { fixture, request } = await paused();
    await fixture.call('ContinueServiceDeployment', request);
    expect(await codeOf(fixture.call('ContinueServiceDeployment', request))).toBe(
      'InvalidParameterException',
    );
  });

  it('takes none for a deployment or hook that is not there, or has ended', async () => {
    const { fixture, request } = await paused();
    const failing = (changes: object) =>
      codeOf(fixture.call('ContinueServiceDeployment', { ...request, ...changes }));
    expect(await failing({ serviceDeploymentArn: 'arn:aws:ecs:nope' })).toBe(
      'ServiceDeploymentNotFoundException',
    );
    expect(await failing({ hookId: 'ecs-pause-nope' })).toBe('InvalidParameterException');
    await fixture.call('StopServiceDeployment', request);
    expect(await failing({})).toBe('InvalidParameterException');
  });
});

describe('an alarm', () => {
  it('that is not told to roll back ends the deployment', async () => {
    const { fixture, v2 } = await running({ ...CANARY, alarms: { ...ALARM, rollback: false } });
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('PRODUCTION_TRAFFIC_SHIFT'));
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect(await current(fixture)).toMatchObject({
      status: 'STOPPED',
      alarms: { status: 'TRIGGERED' },
    });
  });

  it('rolls a rolling update back too', async () => {
    const { fixture, v1, v2 } = await running(
      { strategy: 'ROLLING', alarms: ALARM },
      { fate: 'slow:60' },
    );
    await fixture.update({ taskDefinition: v2 });
    await fixture.advance(10);
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect((await fixture.service()).taskDefinition).toBe(v1);
  });

  it('that fires while nothing is deployed changes nothing', async () => {
    const { fixture } = await running({ ...CANARY, alarms: ALARM });
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect(await current(fixture)).toMatchObject({
      status: 'SUCCESSFUL',
      alarms: { status: 'MONITORING_COMPLETE' },
    });
  });
});

describe('a configuration', () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:check';

  it.each<[string, object, object?]>([
    ['blue/green without a bake time', { strategy: 'BLUE_GREEN' }],
    ['a bake time of more than a day', { ...BLUE_GREEN, bakeTimeInMinutes: 1441 }],
    ['a canary’s settings on blue/green', { ...BLUE_GREEN, canaryConfiguration: {} }],
    ['linear settings on a rolling update', { linearConfiguration: { stepPercent: 10 } }],
    ['a linear step below 3 %', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 2.9 } }],
    ['a canary of 5.05 %', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5.05 } }],
    [
      'a canary that bakes half a minute',
      { strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 0.5 } },
    ],
    [
      'a load balancer without advancedConfiguration',
      BLUE_GREEN,
      { loadBalancers: [{ ...BALANCED, advancedConfiguration: undefined }] },
    ],
    ['a canary that no traffic comes to', CANARY, { loadBalancers: [] }],
    ['service discovery alone', BLUE_GREEN, { loadBalancers: [], serviceRegistries: [{}] }],
    ['a hook without a stage', { ...BLUE_GREEN, lifecycleHooks: [lambdaHook(arn, [])] }],
    [
      'a Lambda hook without a function',
      { ...BLUE_GREEN, lifecycleHooks: [{ lifecycleStages: ['PRE_SCALE_UP'] }] },
    ],
    [
      'a PAUSE hook while traffic shifts',
      { ...BLUE_GREEN, lifecycleHooks: [pauseHook(['PRODUCTION_TRAFFIC_SHIFT'])] },
    ],
    [
      'a pause of more than 14 days',
      {
        ...BLUE_GREEN,
        lifecycleHooks: [
          {
            ...pauseHook(['PRE_SCALE_UP']),
            timeoutConfiguration: { timeoutInMinutes: 20_161 },
          },
        ],
      },
    ],
  ])('is refused: %s', async (_, deploymentConfiguration, service = {}) => {
    const fixture = await ecsFixture();
    const v1 = await fixture.define(fixture.push('shop/web:1'));
    const create = fixture.create(v1, {
      loadBalancers: [BALANCED],
      deploymentConfiguration,
      ...service,
    });
    expect(await codeOf(create)).toBe('InvalidParameterException');
  });

  it('of a service that shifts traffic must be given whole', async () => {
    const { fixture } = await running(CANARY);
    const part = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    expect(await codeOf(fixture.update({ deploymentConfiguration: part }))).toBe(
      'InvalidParameterException',
    );
    await fixture.update({ deploymentConfiguration: { ...CANARY, ...part } });
    expect((await fixture.service()).deploymentConfiguration).toMatchObject(part);
  });

  it('of a canary takes Service Connect in place of a load balancer', async () => {
    const { fixture, v2 } = await running(CANARY, {
      service: { loadBalancers: [], serviceConnectConfiguration: { enabled: true } },
    });
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, stage('PRODUCTION_TRAFFIC_SHIFT'));
    expect(rollout.targetServiceRevision?.requestedProductionTrafficWeight).toBe(10);
  });

  it('leaves behind what a rolling update does not have', async () => {
    const { fixture } = await running(CANARY);
    await fixture.update({ deploymentConfiguration: { strategy: 'ROLLING' } });
    expect((await fixture.service()).deploymentConfiguration).not.toHaveProperty(
      'canaryConfiguration',
    );
  });
});
