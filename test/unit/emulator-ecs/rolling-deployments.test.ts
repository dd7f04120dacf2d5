import {
  codeOf,
  type EcsFixture,
  ecsFixture,
  HEALTH_CHECK,
  only,
} from '../../support/ecs-emulator.js';

const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const BREAKER_ONLY = { deploymentCircuitBreaker: { enable: true, rollback: false } };

async function runningWeb(
  more: object = {},
  timings: Parameters<typeof ecsFixture>[0] = {},
): Promise<{ fixture: EcsFixture; v1: string }> {
  const fixture = await ecsFixture(timings);
  const v1 = await fixture.define(fixture.push('shop/web:1'));
  await fixture.create(v1, more);
  await fixture.advance(30);
  return { fixture, v1 };
}

async function broken(fixture: EcsFixture, fate: string, container: object = {}): Promise<string> {
  return fixture.define(fixture.push('shop/web:2'), {
    environment: { EMULATOR_FATE: fate },
    container,
  });
}

describe('a new service', () => {
  it('starts its tasks, becomes steady and succeeds', async () => {
    const fixture = await ecsFixture();
    const created = await fixture.create(await fixture.define(fixture.push('shop/web:1')));
    expect(created).toMatchObject({ status: 'ACTIVE', desiredCount: 2, runningCount: 0 });
    expect(only(await fixture.rollouts()).status).toBe('PENDING');
    await fixture.advance(1);
    expect(only(await fixture.rollouts()).status).toBe('IN_PROGRESS');
    expect(await fixture.service()).toMatchObject({ pendingCount: 2, runningCount: 0 });
    await fixture.advance(11);
    expect(await fixture.service()).toMatchObject({ pendingCount: 0, runningCount: 2 });
    expect(only(await fixture.rollouts()).status).toBe('IN_PROGRESS');
    await fixture.advance(10);
    const service = await fixture.service();
    expect(only(service.deployments ?? [])).toMatchObject({
      status: 'PRIMARY',
      rolloutState: 'COMPLETED',
      runningCount: 2,
      failedTasks: 0,
    });
    expect(only(await fixture.rollouts())).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
      deploymentCircuitBreaker: { status: 'DISABLED', failureCount: 0, threshold: 3 },
    });
    const id = service.deployments?.[0]?.id ?? '';
    expect(service.events?.map((event) => event.message)).toEqual([
      '(service web) has reached a steady state.',
      `(service web) (deployment ${id}) deployment completed.`,
      expect.stringMatching(
        /^\(service web\) has started 2 tasks: \(task \w{32}\) \(task \w{32}\)\.$/,
      ),
    ]);
  });

  it('with no tasks succeeds at once', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(`shop/placeholder`), { desiredCount: 0 });
    await fixture.advance(1);
    expect(only(await fixture.rollouts()).status).toBe('SUCCESSFUL');
    expect(await fixture.tasks()).toEqual([]);
  });

  it('whose tasks fail has nothing to roll back to', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await broken(fixture, 'crash:3'), { deploymentConfiguration: BREAKER });
    await fixture.advance(120);
    expect(only(await fixture.rollouts())).toMatchObject({
      status: 'ROLLBACK_FAILED',
      statusReason: 'No rollback candidate was found to run the rollback.',
    });
    expect((await fixture.service()).deployments?.[0]?.rolloutState).toBe('FAILED');
  });
});

describe('an update to a working revision', () => {
  it('replaces the tasks and never falls below the minimum', async () => {
    const { fixture, v1 } = await runningWeb();
    const v2 = await fixture.define(fixture.push('shop/web:2'));
    const updated = await fixture.update({ taskDefinition: v2 });
    expect(
      updated.deployments?.map(({ status, taskDefinition }) => [status, taskDefinition]),
    ).toEqual([
      ['PRIMARY', v2],
      ['ACTIVE', v1],
    ]);
    const counts: number[] = [];
    await fixture.advance(40, async () => {
      const service = await fixture.service();
      counts.push(service.runningCount ?? 0);
    });
    expect(Math.min(...counts)).toBe(2);
    expect(Math.max(...counts)).toBe(4);
    const service = await fixture.service();
    expect(only(service.deployments ?? [])).toMatchObject({
      taskDefinition: v2,
      rolloutState: 'COMPLETED',
    });
    expect((await fixture.rollouts()).map((rollout) => rollout.status)).toEqual([
      'SUCCESSFUL',
      'SUCCESSFUL',
    ]);
    for (const task of await fixture.tasks('STOPPED')) {
      expect(task).toMatchObject({
        lastStatus: 'STOPPED',
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: `Scaling activity initiated by (deployment ${service.deployments?.[0]?.id ?? ''})`,
      });
    }
  });

  it('names source and target revisions, with the digests that run', async () => {
    const { fixture } = await runningWeb();
    const image = fixture.push('shop/web:2');
    await fixture.update({ taskDefinition: await fixture.define(image) });
    await fixture.advance(40);
    const [second, first] = await fixture.rollouts();
    expect(second?.sourceServiceRevisions?.map(({ arn }) => arn)).toEqual([
      first?.targetServiceRevision?.arn,
    ]);
    const revision = await fixture.revision(second?.targetServiceRevision?.arn);
    const found = fixture.images.get(image);
    expect(found?.kind).toBe('found');
    expect(revision.containerImages).toEqual([
      { containerName: 'app', image, imageDigest: found?.kind === 'found' ? found.digest : '' },
    ]);
  });

  it('stops old tasks first when there is no room above the desired count', async () => {
    const { fixture } = await runningWeb({
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
    });
    await fixture.update({ taskDefinition: await fixture.define(fixture.push('shop/web:2')) });
    const counts: number[] = [];
    await fixture.advance(60, async () => {
      const service = await fixture.service();
      counts.push((service.runningCount ?? 0) + (service.pendingCount ?? 0));
    });
    expect(Math.max(...counts)).toBe(2);
    expect((await fixture.rollouts())[0]?.status).toBe('SUCCESSFUL');
  });

  it('waits for a task that is slow to start', async () => {
    const { fixture } = await runningWeb();
    const slow = await broken(fixture, 'slow:60');
    await fixture.update({ taskDefinition: slow });
    await fixture.advance(70);
    expect((await fixture.rollouts())[0]?.status).toBe('IN_PROGRESS');
    await fixture.advance(20);
    expect((await fixture.rollouts())[0]?.status).toBe('SUCCESSFUL');
  });

  it('without room for any step says so and goes on waiting', async () => {
    const { fixture } = await runningWeb({
      desiredCount: 1,
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 },
    });
    await fixture.update({ taskDefinition: await fixture.define(fixture.push('shop/web:2')) });
    await fixture.advance(60);
    const service = await fixture.service();
    expect((await fixture.rollouts())[0]?.status).toBe('IN_PROGRESS');
    expect(service.events?.[0]?.message).toContain('was unable to stop or start tasks');
  });
});

describe('an update to a revision that', () => {
  it.each([
    ['crash:3', {}, 'EssentialContainerExited', 'Essential container in task exited', 3],
    [
      'never-healthy',
      { healthCheck: HEALTH_CHECK },
      'ServiceSchedulerInitiated',
      'Task failed container health checks',
      143,
    ],
    ['pull-failure', {}, 'TaskFailedToStart', /^CannotPullContainerError: /, undefined],
  ])('is %s trips the breaker and is rolled back', async (fate, container, code, reason, exit) => {
    const { fixture, v1 } = await runningWeb({ deploymentConfiguration: BREAKER });
    const before = only((await fixture.service()).deployments ?? []);
    await fixture.update({ taskDefinition: await broken(fixture, fate, container) });
    const statuses = new Set<string>();
    await fixture.advance(200, async () => {
      const [rollout] = await fixture.rollouts();
      statuses.add(rollout?.status ?? '');
      const running = (await fixture.service()).deployments?.find(
        (deployment) => deployment.taskDefinition === v1,
      );
      expect(running?.runningCount).toBe(2);
    });
    expect([...statuses]).toEqual(['IN_PROGRESS', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_SUCCESSFUL']);
    const [rollout, first] = await fixture.rollouts();
    expect(rollout).toMatchObject({
      statusReason:
        'Service deployment rolled back because the circuit breaker threshold was exceeded.',
      deploymentCircuitBreaker: { status: 'TRIGGERED', threshold: 3 },
      rollback: { serviceRevisionArn: first?.targetServiceRevision?.arn },
    });
    const service = await fixture.service();
    expect(service.taskDefinition).toBe(v1);
    expect(only(service.deployments ?? [])).toMatchObject({
      id: before.id,
      rolloutState: 'COMPLETED',
      taskDefinition: v1,
    });
    const failed = (await fixture.tasks('STOPPED')).filter((task) => task.stopCode === code);
    expect(failed.length).toBeGreaterThanOrEqual(3);
    expect(failed[0]).toMatchObject({
      stoppedReason: expect.stringMatching(reason) as unknown,
      lastStatus: 'STOPPED',
    });
    expect(failed[0]?.containers?.[0]?.exitCode).toBe(exit);
  });

  it('fails stays as it is without the rollback option', async () => {
    const { fixture, v1 } = await runningWeb({ deploymentConfiguration: BREAKER_ONLY });
    const v2 = await broken(fixture, 'crash');
    await fixture.update({ taskDefinition: v2 });
    await fixture.advance(200);
    const service = await fixture.service();
    expect(
      service.deployments?.map(({ status, taskDefinition, rolloutState, runningCount }) => ({
        status,
        taskDefinition,
        rolloutState,
        runningCount,
      })),
    ).toEqual([
      { status: 'PRIMARY', taskDefinition: v2, rolloutState: 'FAILED', runningCount: 0 },
      { status: 'ACTIVE', taskDefinition: v1, rolloutState: 'COMPLETED', runningCount: 2 },
    ]);
    expect(service.deployments?.[0]?.rolloutStateReason).toBe(
      'ECS deployment circuit breaker: tasks failed to start.',
    );
    const [rollout] = await fixture.rollouts();
    expect(rollout).toMatchObject({
      status: 'STOPPED',
      deploymentCircuitBreaker: { status: 'TRIGGERED' },
    });
    expect(rollout?.rollback).toBeUndefined();
    expect(rollout?.stoppedAt).toBe(rollout?.finishedAt);
    const count = (await fixture.tasks('STOPPED')).length;
    await fixture.advance(100);
    expect((await fixture.tasks('STOPPED')).length).toBe(count);
  });

  it('fails goes on for ever without a breaker, ever slower', async () => {
    const { fixture } = await runningWeb({ desiredCount: 1 });
    await fixture.update({ taskDefinition: await broken(fixture, 'crash') });
    await fixture.advance(600);
    const early = (await fixture.tasks('STOPPED')).length;
    await fixture.advance(600);
    const late = (await fixture.tasks('STOPPED')).length - early;
    expect((await fixture.rollouts())[0]?.status).toBe('IN_PROGRESS');
    expect(early).toBeGreaterThan(4);
    expect(late).toBeLessThan(early);
    const messages = (await fixture.service()).events?.map((event) => event.message) ?? [];
    expect(
      messages.filter((text) => text?.includes('unable to consistently start tasks')),
    ).toHaveLength(1);
  });

  it('names an image that is not there recovers when it is pushed', async () => {
    const { fixture } = await runningWeb();
    const v2 = await fixture.define('123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:2');
    await fixture.update({ taskDefinition: v2 });
    await fixture.advance(15);
    expect((await fixture.tasks('STOPPED'))[0]?.stoppedReason).toContain('not found');
    fixture.push('shop/web:2');
    await fixture.advance(120);
    expect((await fixture.rollouts())[0]?.status).toBe('SUCCESSFUL');
  });

  it('is unhealthy behind a load balancer fails its health checks after the grace period', async () => {
    const balanced = {
      loadBalancers: [{ targetGroupArn: 'arn:tg', containerName: 'app', containerPort: 8080 }],
      healthCheckGracePeriodSeconds: 60,
      deploymentConfiguration: BREAKER,
    };
    const { fixture } = await runningWeb(balanced);
    await fixture.advance(30);
    await fixture.update({ taskDefinition: await broken(fixture, 'never-healthy') });
    await fixture.advance(95);
    expect((await fixture.rollouts())[0]?.deploymentCircuitBreaker?.failureCount).toBe(0);
    await fixture.advance(20);
    const [task] = await fixture.tasks('STOPPED');
    expect(task?.stoppedReason).toBe('Task failed ELB health checks in (target-group arn:tg)');
    await fixture.advance(300);
    expect((await fixture.rollouts())[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
  });
});

describe('the circuit breaker', () => {
  it.each([
    [1, undefined, 3],
    [25, undefined, 13],
    [400, undefined, 200],
    [4, { type: 'COUNT', value: 2 }, 2],
    [10, { type: 'BOUNDED_PERCENT', value: 80 }, 8],
    [4, { type: 'UNBOUNDED_PERCENT', value: 25 }, 1],
  ])('of %i tasks and %j trips at %i failures', async (desiredCount, configuration, threshold) => {
    const fixture = await ecsFixture({ throttleFirstMs: 0 });
    await fixture.create(await broken(fixture, 'crash'), {
      desiredCount,
      deploymentConfiguration: {
        deploymentCircuitBreaker: {
          enable: true,
          rollback: false,
          ...(configuration && { thresholdConfiguration: configuration }),
        },
      },
    });
    await fixture.advance(300, undefined, 10);
    expect(only(await fixture.rollouts()).deploymentCircuitBreaker).toEqual({
      status: 'TRIGGERED',
      failureCount: threshold,
      threshold,
    });
  });
});

describe('a newer update', () => {
  it('supersedes the rollout that is going', async () => {
    const { fixture } = await runningWeb();
    await fixture.update({ taskDefinition: await broken(fixture, 'slow:600') });
    await fixture.advance(5);
    const v3 = await fixture.define(fixture.push('shop/web:3'));
    await fixture.update({ taskDefinition: v3 });
    expect((await fixture.rollouts()).map(({ status }) => status)).toEqual([
      'PENDING',
      'STOP_REQUESTED',
      'SUCCESSFUL',
    ]);
    await fixture.advance(60);
    expect((await fixture.rollouts()).map(({ status }) => status)).toEqual([
      'SUCCESSFUL',
      'STOPPED',
      'SUCCESSFUL',
    ]);
    expect(only((await fixture.service()).deployments ?? []).taskDefinition).toBe(v3);
  });

  it('during a rollback leaves nothing to roll back to', async () => {
    const { fixture } = await runningWeb({ deploymentConfiguration: BREAKER });
    await fixture.update({
      taskDefinition: await broken(fixture, 'never-healthy', { healthCheck: HEALTH_CHECK }),
    });
    await fixture.advance(300, async () => {
      const [rollout] = await fixture.rollouts();
      if (rollout?.status === 'ROLLBACK_IN_PROGRESS') {
        await fixture.update({ taskDefinition: await broken(fixture, 'crash') });
      }
    });
    expect((await fixture.rollouts()).slice(0, 2).map(({ status }) => status)).toEqual([
      'ROLLBACK_FAILED',
      'ROLLBACK_FAILED',
    ]);
  });
});

describe('what starts a deployment', () => {
  it('not the same task definition, the count or the percents', async () => {
    const { fixture, v1 } = await runningWeb();
    await fixture.update({
      taskDefinition: v1,
      desiredCount: 3,
      deploymentConfiguration: { maximumPercent: 150 },
    });
    await fixture.advance(30);
    expect(await fixture.rollouts()).toHaveLength(1);
    expect(await fixture.service()).toMatchObject({
      desiredCount: 3,
      runningCount: 3,
      deploymentConfiguration: { maximumPercent: 150, minimumHealthyPercent: 100 },
    });
  });

  it('but forceNewDeployment and another network do', async () => {
    const { fixture } = await runningWeb();
    await fixture.update({ forceNewDeployment: true });
    await fixture.advance(60);
    await fixture.update({
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-2'] } },
    });
    await fixture.advance(60);
    expect((await fixture.rollouts()).map(({ status }) => status)).toEqual([
      'SUCCESSFUL',
      'SUCCESSFUL',
      'SUCCESSFUL',
    ]);
  });

  it('scaling to 0 stops the tasks', async () => {
    const { fixture } = await runningWeb();
    await fixture.update({ desiredCount: 0 });
    await fixture.advance(15);
    expect(await fixture.service()).toMatchObject({ runningCount: 0, pendingCount: 0 });
    expect((await fixture.tasks('STOPPED')).length).toBe(2);
  });
});

describe('StopServiceDeployment', () => {
  it('rolls back, also without the rollback option', async () => {
    const { fixture, v1 } = await runningWeb();
    await fixture.update({ taskDefinition: await broken(fixture, 'slow:600') });
    await fixture.advance(5);
    const [rollout] = await fixture.rollouts();
    const input = { serviceDeploymentArn: rollout?.serviceDeploymentArn, stopType: 'ROLLBACK' };
    await fixture.call('StopServiceDeployment', input);
    expect((await fixture.rollouts())[0]?.status).toBe('ROLLBACK_REQUESTED');
    await fixture.advance(30);
    expect((await fixture.rollouts())[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect((await fixture.service()).taskDefinition).toBe(v1);
    expect(await codeOf(fixture.call('StopServiceDeployment', input))).toBe('ConflictException');
  });

  it('refuses what it does not know', async () => {
    const { fixture } = await runningWeb();
    expect(
      await codeOf(fixture.call('StopServiceDeployment', { serviceDeploymentArn: 'arn:none' })),
    ).toBe('ServiceDeploymentNotFoundException');
    expect(
      await codeOf(
        fixture.call('StopServiceDeployment', { serviceDeploymentArn: 'x', stopType: 'ABORT' }),
      ),
    ).toBe('InvalidParameterException');
  });
});
