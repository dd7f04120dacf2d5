import { codeOf, type EcsFixture, ecsFixture, NETWORK, only } from '../../support/ecs-emulator.js';

async function runTask(fixture: EcsFixture, taskDefinition: string, more: object = {}) {
  return fixture.call('RunTask', {
    cluster: 'main',
    launchType: 'FARGATE',
    taskDefinition,
    networkConfiguration: NETWORK,
    ...more,
  });
}

describe('a one-off task', () => {
  it('goes through its states and exits with 0', async () => {
    const fixture = await ecsFixture();
    await runTask(fixture, await fixture.define(fixture.push('shop/job:1')), { startedBy: 'ci' });
    const seen: string[] = [];
    const note = async () => {
      const tasks = [...(await fixture.tasks()), ...(await fixture.tasks('STOPPED'))];
      const status = only(tasks).lastStatus ?? '';
      if (seen.at(-1) !== status) seen.push(status);
    };
    await note();
    await fixture.advance(30, note);
    expect(seen).toEqual([
      'PROVISIONING',
      'PENDING',
      'RUNNING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ]);
    const task = only(await fixture.tasks('STOPPED', { startedBy: 'ci' }));
    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      group: 'family:web',
      launchType: 'FARGATE',
      healthStatus: 'UNKNOWN',
    });
    expect(only(task.containers ?? [])).toMatchObject({
      name: 'app',
      exitCode: 0,
      lastStatus: 'STOPPED',
      imageDigest: expect.stringMatching(/^sha256:/) as unknown,
      runtimeId: expect.any(String) as unknown,
    });
    const { createdAt = 0, startedAt = 0, stoppingAt = 0, stoppedAt = 0 } = task;
    expect([startedAt - createdAt, stoppingAt - startedAt, stoppedAt - stoppingAt]).toEqual([
      10, 10, 5,
    ]);
  });

  it('that crashes has its exit code; 137 is memory', async () => {
    const fixture = await ecsFixture();
    await runTask(
      fixture,
      await fixture.define('x', { environment: { EMULATOR_FATE: 'crash:137' } }),
    );
    await fixture.advance(20);
    expect(only(await fixture.tasks('STOPPED')).containers?.[0]).toMatchObject({
      exitCode: 137,
      reason: expect.stringContaining('OutOfMemory') as unknown,
    });
  });

  it('takes its environment from the overrides', async () => {
    const fixture = await ecsFixture();
    const environment = [{ name: 'EMULATOR_FATE', value: 'crash:7' }];
    await runTask(fixture, await fixture.define('x'), {
      overrides: { containerOverrides: [{ name: 'app', command: ['migrate'], environment }] },
    });
    await fixture.advance(20);
    const task = only(await fixture.tasks('STOPPED'));
    expect(task.containers?.[0]?.exitCode).toBe(7);
    expect(task.overrides?.containerOverrides?.[0]?.command).toEqual(['migrate']);
  });

  it('runs on when a container that is not essential exits', async () => {
    const fixture = await ecsFixture();
    const sidecar = {
      name: 'sidecar',
      image: 'y',
      essential: false,
      environment: [{ name: 'EMULATOR_FATE', value: 'crash:9' }],
    };
    await runTask(fixture, await fixture.define('x', { sidecars: [sidecar] }));
    await fixture.advance(15);
    const task = only(await fixture.tasks());
    expect(task.lastStatus).toBe('RUNNING');
    expect(task.containers?.map(({ lastStatus, exitCode }) => [lastStatus, exitCode])).toEqual([
      ['RUNNING', undefined],
      ['STOPPED', 9],
    ]);
  });

  it('is refused for what cannot run', async () => {
    const fixture = await ecsFixture();
    const arn = await fixture.define('x');
    expect(await codeOf(runTask(fixture, 'none:1'))).toBe('ClientException');
    expect(await codeOf(runTask(fixture, arn, { cluster: 'none' }))).toBe(
      'ClusterNotFoundException',
    );
    expect(await codeOf(runTask(fixture, arn, { networkConfiguration: undefined }))).toBe(
      'InvalidParameterException',
    );
    expect(await codeOf(runTask(fixture, arn, { count: 11 }))).toBe('InvalidParameterException');
    expect(
      await codeOf(
        runTask(fixture, arn, { overrides: { containerOverrides: [{ name: 'none' }] } }),
      ),
    ).toBe('InvalidParameterException');
    expect(await codeOf(runTask(fixture, arn, { count: 'two' }))).toBe('SerializationException');
  });
});

describe('a one-off task that is asked for twice', () => {
  it('is started once where the client token is the same', async () => {
    const fixture = await ecsFixture();
    const arn = await fixture.define('x');
    const first = await runTask(fixture, arn, { clientToken: 'token-1' });
    const second = await runTask(fixture, arn, { clientToken: 'token-1' });
    const taskArn = ({ tasks }: Record<string, unknown>) =>
      (tasks as { taskArn?: string }[]).map((task) => task.taskArn);
    expect(taskArn(second)).toEqual(taskArn(first));
    await runTask(fixture, arn, { clientToken: 'token-2' });
    expect(await fixture.tasks()).toHaveLength(2);
  });

  it('is refused where the token goes with another request', async () => {
    const fixture = await ecsFixture();
    const arn = await fixture.define('x');
    await runTask(fixture, arn, { clientToken: 'token-1' });
    expect(await codeOf(runTask(fixture, arn, { clientToken: 'token-1', startedBy: 'b' }))).toBe(
      'ConflictException',
    );
  });
});

describe('a one-off task by its fate', () => {
  const fate = (name: string) => ({ environment: { EMULATOR_FATE: name } });

  it('finds no capacity: a failure in the answer, and no task', async () => {
    const fixture = await ecsFixture();
    const answer = await runTask(fixture, await fixture.define('x', fate('no-capacity')));
    expect(answer).toEqual({ tasks: [], failures: [{ reason: 'RESOURCE:FARGATE' }] });
    expect(await fixture.tasks()).toEqual([]);
  });

  it('cannot read its secrets', async () => {
    const fixture = await ecsFixture();
    await runTask(fixture, await fixture.define('x', fate('secrets-failure')));
    await fixture.advance(20);
    const task = only(await fixture.tasks('STOPPED'));
    expect(task).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(
        /^ResourceInitializationError: unable to pull secrets/,
      ) as unknown,
    });
    expect(task.containers?.[0]).not.toHaveProperty('exitCode');
  });

  it('logs line by line, and no more once it is stopped', async () => {
    const fixture = await ecsFixture();
    const environment = {
      EMULATOR_FATE: 'crash:0:12',
      EMULATOR_LOG: 'a\nb\nc\nd',
      EMULATOR_LOG_SECONDS: '5',
    };
    await runTask(fixture, await fixture.define('x', { environment }));
    await fixture.advance(60);
    const [first, ...more] = fixture.logs;
    expect(fixture.logs.map(({ lines }) => lines)).toEqual([['a'], ['b'], ['c']]);
    expect(more.map(({ timestampMs }) => timestampMs - (first?.timestampMs ?? 0))).toEqual([
      5000, 10_000,
    ]);
  });
});

describe('stopped tasks', () => {
  it('can be described for an hour', async () => {
    const fixture = await ecsFixture();
    await runTask(fixture, await fixture.define('x'));
    await fixture.advance(3600, undefined, 60);
    const task = only(await fixture.tasks('STOPPED'));
    await fixture.advance(60);
    expect(await fixture.call('DescribeTasks', { cluster: 'main', tasks: [task.taskArn] })).toEqual(
      { tasks: [], failures: [{ arn: task.taskArn, reason: 'MISSING' }] },
    );
  });
});

describe('StopTask', () => {
  it('stops a task of a service, which starts another', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(fixture.push('shop/web:1')), { desiredCount: 1 });
    await fixture.advance(30);
    const before = only(await fixture.tasks());
    await fixture.call('StopTask', { cluster: 'main', task: before.taskArn, reason: 'test' });
    await fixture.advance(30);
    const stopped = only(await fixture.tasks('STOPPED'));
    expect(stopped).toMatchObject({
      taskArn: before.taskArn,
      stopCode: 'UserInitiated',
      stoppedReason: 'test',
    });
    expect(only(await fixture.tasks()).lastStatus).toBe('RUNNING');
    expect((await fixture.service()).deployments?.[0]?.failedTasks).toBe(0);
  });

  it('refuses an unknown task', async () => {
    const fixture = await ecsFixture();
    expect(await codeOf(fixture.call('StopTask', { cluster: 'main', task: 'none' }))).toBe(
      'InvalidParameterException',
    );
  });
});

describe('ListTasks', () => {
  it('filters by service, family, starter and desired status, in pages', async () => {
    const fixture = await ecsFixture();
    const web = await fixture.define(fixture.push('shop/web:1'));
    const job = await fixture.define(fixture.push('shop/job:1'), { family: 'job' });
    await fixture.create(web, { desiredCount: 3 });
    await runTask(fixture, job, { count: 2, startedBy: 'me' });
    await fixture.advance(15);
    const count = async (filter: object) => (await fixture.tasks('RUNNING', filter)).length;
    expect(await count({})).toBe(5);
    expect(await count({ serviceName: 'web' })).toBe(3);
    expect(await count({ family: 'job' })).toBe(2);
    expect(await count({ startedBy: 'me' })).toBe(2);
    expect(await fixture.tasks('STOPPED')).toEqual([]);
    const first = await fixture.call('ListTasks', { cluster: 'main', maxResults: 4 });
    expect(first['taskArns']).toHaveLength(4);
    const second = await fixture.call('ListTasks', {
      cluster: 'main',
      maxResults: 4,
      nextToken: first['nextToken'],
    });
    expect(second['taskArns']).toHaveLength(1);
    expect(second).not.toHaveProperty('nextToken');
  });

  it('of an unknown service or cluster is an error', async () => {
    const fixture = await ecsFixture();
    expect(await codeOf(fixture.tasks('RUNNING', { serviceName: 'none' }))).toBe(
      'ServiceNotFoundException',
    );
    expect(await codeOf(fixture.tasks('RUNNING', { cluster: 'none' }))).toBe(
      'ClusterNotFoundException',
    );
  });
});
