import { appSpec, codeDeployFixture, groupInput, next, taskSet } from '../../support/codedeploy.js';
import { codeOf } from '../../support/ecs-emulator.js';

const HOOKS = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
];

describe('a service of CodeDeploy', () => {
  it('has task sets in place of deployments', async () => {
    const fixture = await codeDeployFixture();
    const service = await fixture.service();
    expect(service.deployments).toEqual([]);
    expect(service.deploymentController).toEqual({ type: 'CODE_DEPLOY' });
    expect(taskSet(service, 'PRIMARY')).toMatchObject({
      id: expect.stringMatching(/^ecs-svc\/\d+$/) as string,
      taskDefinition: fixture.v1,
      computedDesiredCount: 2,
      runningCount: 2,
      stabilityStatus: 'STEADY_STATE',
      scale: { value: 100, unit: 'PERCENT' },
    });
    const listed = { cluster: 'main', service: 'web' };
    expect(await fixture.ecs.call('ListServiceDeployments', listed)).toEqual({
      serviceDeployments: [],
    });
  });

  it.each([
    ['a task definition', { taskDefinition: 'web' }],
    ['a network', { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-2'] } } }],
    ['a forced deployment', { forceNewDeployment: true }],
    ['a platform version', { platformVersion: '1.3.0' }],
  ])('refuses %s in UpdateService', async (_, change) => {
    const fixture = await codeDeployFixture();
    expect(await codeOf(fixture.ecs.update(change))).toBe('InvalidParameterException');
  });

  it('takes a new desired count', async () => {
    const fixture = await codeDeployFixture();
    await fixture.ecs.update({ desiredCount: 3 });
    await fixture.ecs.advance(40);
    expect(await fixture.service()).toMatchObject({ desiredCount: 3, runningCount: 3 });
  });

  it('needs a target group', async () => {
    const fixture = await codeDeployFixture();
    const create = fixture.ecs.create(fixture.v1, {
      serviceName: 'other',
      deploymentController: { type: 'CODE_DEPLOY' },
    });
    expect(await codeOf(create)).toBe('InvalidParameterException');
  });

  it('can be deleted with all its task sets', async () => {
    const fixture = await codeDeployFixture();
    await fixture.ecs.call('DeleteService', { cluster: 'main', service: 'web', force: true });
    await fixture.ecs.advance(40);
    expect(await fixture.ecs.service()).toMatchObject({ status: 'INACTIVE', runningCount: 0 });
  });
});

describe('an all-at-once deployment', () => {
  it('goes through its events, shifts the traffic and removes the old task set', async () => {
    const fixture = await codeDeployFixture();
    const v2 = await next(fixture);
    const id = await fixture.deploy(appSpec(v2));
    expect(id).toMatch(/^d-[A-Z0-9]{9}$/);
    expect((await fixture.deployment(id)).status).toBe('Created');
    await fixture.ecs.advance(5);
    expect((await fixture.events(id)).slice(0, 3)).toEqual([
      'BeforeInstall Succeeded',
      'Install InProgress',
      'AfterInstall Pending',
    ]);
    expect(await fixture.target(id)).toMatchObject({
      targetId: 'main:web',
      status: 'InProgress',
      taskSetsInfo: expect.arrayContaining([
        expect.objectContaining({
          taskSetLabel: 'Blue',
          trafficWeight: 100,
          targetGroup: { name: 'blue' },
        }),
        expect.objectContaining({
          taskSetLabel: 'Green',
          trafficWeight: 0,
          targetGroup: { name: 'green' },
        }),
      ]) as unknown,
    });

    await fixture.ecs.advance(50);
    // All is shifted and green is primary, while blue waits for its end.
    expect(await fixture.deployment(id)).toMatchObject({
      status: 'InProgress',
      instanceTerminationWaitTimeStarted: true,
    });
    expect((await fixture.events(id)).every((event) => event.endsWith('Succeeded'))).toBe(true);
    const waiting = await fixture.service();
    expect(taskSet(waiting, 'PRIMARY')).toMatchObject({ taskDefinition: v2, externalId: id });
    expect(taskSet(waiting, 'ACTIVE')).toMatchObject({ taskDefinition: fixture.v1 });
    expect(waiting).toMatchObject({ taskDefinition: v2, runningCount: 4 });

    await fixture.ecs.advance(300);
    expect(await fixture.deployment(id)).toMatchObject({ status: 'Succeeded', creator: 'user' });
    await fixture.ecs.advance(30);
    expect(await fixture.service()).toMatchObject({ runningCount: 2 });
    expect((await fixture.service()).taskSets).toHaveLength(1);
  });

  it('without a test listener has no test traffic', async () => {
    const [pair] = (
      groupInput()['loadBalancerInfo'] as { targetGroupPairInfoList: Record<string, unknown>[] }
    ).targetGroupPairInfoList;
    const fixture = await codeDeployFixture({
      group: {
        loadBalancerInfo: {
          targetGroupPairInfoList: [{ ...pair, testTrafficRoute: undefined }],
        },
      },
    });
    const id = await fixture.deploy(appSpec(await next(fixture)));
    expect((await fixture.events(id)).map((event) => event.split(' ')[0])).toEqual([
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ]);
  });

  it('goes back to the first target group the next time', async () => {
    const fixture = await codeDeployFixture();
    await fixture.deploy(appSpec(await next(fixture)));
    await fixture.ecs.advance(400);
    const id = await fixture.deploy(appSpec(fixture.v1));
    await fixture.ecs.advance(10);
    expect(await fixture.target(id)).toMatchObject({
      taskSetsInfo: expect.arrayContaining([
        expect.objectContaining({ taskSetLabel: 'Green', targetGroup: { name: 'blue' } }),
      ]) as unknown,
    });
  });

  it('ends the wait for termination when it is told to', async () => {
    const fixture = await codeDeployFixture();
    const id = await fixture.deploy(appSpec(await next(fixture)));
    const go = { deploymentId: id, deploymentWaitType: 'TERMINATION_WAIT' };
    expect(await codeOf(fixture.call('ContinueDeployment', go))).toBe(
      'DeploymentIsNotInReadyStateException',
    );
    await fixture.ecs.advance(60);
    await fixture.call('ContinueDeployment', go);
    expect((await fixture.deployment(id)).status).toBe('Succeeded');
    expect(await codeOf(fixture.call('ContinueDeployment', go))).toBe(
      'DeploymentAlreadyCompletedException',
    );
  });
});

describe('traffic shifted in steps', () => {
  async function weights(config: string, everySeconds: number, looks: number): Promise<number[]> {
    const fixture = await codeDeployFixture();
    const id = await fixture.deploy(appSpec(await next(fixture)), { deploymentConfigName: config });
    const seen: number[] = [];
    const look = async (): Promise<void> => {
      const target = await fixture.target(id);
      const green = target.taskSetsInfo?.find(({ taskSetLabel }) => taskSetLabel === 'Green');
      seen.push(green?.trafficWeight ?? -1);
    };
    while (seen.at(-1) !== 10) {
      await fixture.ecs.advance(1);
      seen.length = 0;
      await look();
    }
    for (let count = 0; count < looks; count += 1) {
      await fixture.ecs.advance(everySeconds, undefined, 5);
      await look();
    }
    return seen;
  }

  it('canary: a tenth, and after five minutes all', async () => {
    expect(await weights('CodeDeployDefault.ECSCanary10Percent5Minutes', 100, 3)).toEqual([
      10, 10, 10, 100,
    ]);
  });

  it('linear: a tenth each minute', async () => {
    expect(await weights('CodeDeployDefault.ECSLinear10PercentEvery1Minutes', 60, 9)).toEqual([
      10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
    ]);
  });

  it('as a configuration of one’s own says', async () => {
    const fixture = await codeDeployFixture();
    await fixture.call('CreateDeploymentConfig', {
      deploymentConfigName: 'half',
      computePlatform: 'ECS',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 50, canaryInterval: 1 },
      },
    });
    const id = await fixture.deploy(appSpec(await next(fixture)), { deploymentConfigName: 'half' });
    await fixture.ecs.advance(60);
    expect((await fixture.target(id)).taskSetsInfo?.map((set) => set.trafficWeight)).toEqual([
      50, 50,
    ]);
  });
});

describe('hooks', () => {
  it('that succeed run in their order', async () => {
    const fixture = await codeDeployFixture();
    const hooks = Object.fromEntries(HOOKS.map((event) => [event, `check-${event}`]));
    const id = await fixture.deploy(appSpec(await next(fixture), hooks));
    await fixture.ecs.advance(80);
    expect((await fixture.events(id)).every((event) => event.endsWith('Succeeded'))).toBe(true);
  });

  it.each(HOOKS)('%s that fails ends the deployment', async (event) => {
    const fixture = await codeDeployFixture();
    fixture.control('hooks', { function: 'check', status: 'Failed', message: 'no such table' });
    const id = await fixture.deploy(appSpec(await next(fixture), { [event]: 'check' }));
    await fixture.ecs.advance(120);
    const ended = await fixture.deployment(id);
    expect(ended).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'HOOK_EXECUTION_FAILURE' },
    });
    const target = await fixture.target(id);
    const failed = target.lifecycleEvents?.find(({ status }) => status === 'Failed');
    expect(failed).toMatchObject({
      lifecycleEventName: event,
      diagnostics: { message: 'no such table' },
    });
    const after = (await fixture.events(id)).slice(
      (await fixture.events(id)).indexOf(`${event} Failed`) + 1,
    );
    expect(after.every((text) => text.endsWith('Skipped'))).toBe(true);
    // A rollback is not possible before the replacement task set is there.
    const { rollbackDeploymentId } = ended.rollbackInfo ?? {};
    expect(rollbackDeploymentId === undefined).toBe(event === 'BeforeInstall');
    expect(taskSet(await fixture.service(), 'PRIMARY').taskDefinition).toBe(fixture.v1);
  });

  it('that never answer time out after an hour', async () => {
    const fixture = await codeDeployFixture();
    fixture.control('hooks', { function: 'check', status: 'never' });
    const id = await fixture.deploy(appSpec(await next(fixture), { AfterInstall: 'check' }));
    await fixture.ecs.advance(3580, undefined, 20);
    expect((await fixture.deployment(id)).status).toBe('InProgress');
    await fixture.ecs.advance(120, undefined, 20);
    expect((await fixture.deployment(id)).status).toBe('Failed');
    expect((await fixture.target(id)).lifecycleEvents?.[2]?.diagnostics?.errorCode).toBe(
      'ScriptTimedOut',
    );
  });
});
