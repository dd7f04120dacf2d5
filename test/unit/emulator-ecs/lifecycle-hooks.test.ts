import { BALANCED, codeOf, ecsFixture, lambdaHook, pauseHook } from '../../support/ecs-emulator.js';
import {
  BLUE_GREEN,
  LINEAR,
  running,
  current,
  until,
  stage,
  ended,
} from '../../support/ecs-shifts.js';

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

  it('of a traffic shift runs during a rollback too, and fails nothing then', async () => {
    const { fixture, v2 } = await running({
      ...BLUE_GREEN,
      lifecycleHooks: [lambdaHook(arn, ['PRODUCTION_TRAFFIC_SHIFT'])],
    });
    await fixture.update({ taskDefinition: v2 });
    const { serviceDeploymentArn } = await until(fixture, stage('BAKE_TIME'));
    fixture.ecs.control('hooks', { [arn]: 'failed' });
    await fixture.call('StopServiceDeployment', { serviceDeploymentArn });
    const back = await until(fixture, stage('PRODUCTION_TRAFFIC_SHIFT'));
    expect(back).toMatchObject({
      status: 'ROLLBACK_IN_PROGRESS',
      lifecycleHookDetails: [{ targetArn: arn, status: 'IN_PROGRESS' }],
    });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
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
