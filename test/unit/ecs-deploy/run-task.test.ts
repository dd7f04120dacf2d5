import { openEcsCalls } from '../../../actions/ecs-deploy/aws/ecs-calls.js';
import { openTasks } from '../../../actions/ecs-deploy/aws/tasks.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployWorld,
  inProcessConfig,
  pushImage,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, only } from '../../support/ecs-emulator.js';
import {
  addContractTask,
  deployAround,
  liveImages,
  releasedService,
  runTaskOnce,
  wantedImage,
} from '../../support/ecs-tasks.js';
import { problemCodes } from '../../support/problem-codes.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

/** The task that RunTask started, whatever became of it. */
async function theTask() {
  const all = [...(await world.fixture.tasks()), ...(await world.fixture.tasks('STOPPED'))];
  return only(all.filter(({ group }) => group?.startsWith('family:') === true));
}

function diagnosis(report: { readonly outputs: Readonly<Record<string, string>> }): unknown {
  return JSON.parse(report.outputs['diagnosis'] ?? '{}');
}

describe('a task that succeeds', () => {
  it('runs what the service runs, as the service does, once', async () => {
    await releasedService(world);
    const report = await runTaskOnce(world, { command: ['rake', 'db:migrate'] });
    expect(report).toMatchObject({
      failure: undefined,
      outputs: { outcome: 'succeeded', 'exit-code': '0', diagnosis: '' },
    });
    const task = await theTask();
    expect(report.outputs['task-arn']).toBe(task.taskArn);
    expect(task).toMatchObject({
      taskDefinitionArn: expect.stringMatching(/web:1$/) as string,
      launchType: 'FARGATE',
      startedBy: 'infra-actions/run-task/7/c0ffee123456',
      overrides: { containerOverrides: [{ name: 'app', command: ['rake', 'db:migrate'] }] },
      attachments: [
        { details: expect.arrayContaining([{ name: 'subnetId', value: 'subnet-1' }]) as unknown },
      ],
    });
    expect(task.tags).toEqual([]);
    expect(world.calls.get('RunTask')).toBe(1);
  });

  it('is tagged with commit and run', async () => {
    await releasedService(world);
    const { outputs } = await runTaskOnce(world);
    const listed = await world.fixture.call('ListTagsForResource', {
      resourceArn: outputs['task-arn'],
    });
    expect(listed['tags']).toEqual(
      expect.arrayContaining([
        { key: 'infra-actions:commit', value: 'c0ffee1234567890' },
        { key: 'infra-actions:run', value: 'https://github.com/acme/shop/actions/runs/7' },
      ]),
    );
  });

  it('prints its log while it runs, redacted, each line with its container', async () => {
    await releasedService(world);
    await runTaskOnce(world, {
      environment: {
        EMULATOR_FATE: 'crash:0:40',
        EMULATOR_LOG: 'one\n::error::two\npassword hunter2',
        EMULATOR_LOG_SECONDS: '15',
      },
    });
    const lines = world.log.filter(({ message }) => message.startsWith('app | '));
    expect(lines.map(({ message }) => message)).toEqual([
      'app | one',
      'app | ::error::two',
      'app | password ***',
    ]);
    const [first = 0, second = 0, third = 0] = lines.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(10_000);
    expect(third - second).toBeGreaterThanOrEqual(10_000);
  });

  it('takes variables, and a larger size', async () => {
    await releasedService(world);
    await runTaskOnce(world, { environment: { MODE: 'full' }, cpu: 1024, memoryMib: 4096 });
    expect((await theTask()).overrides).toMatchObject({
      cpu: '1024',
      memory: '4096',
      containerOverrides: [{ environment: [{ name: 'MODE', value: 'full' }] }],
    });
  });

  it('ends when its container is done, although others would run on', async () => {
    await releasedService(world, {
      container: {
        essential: false,
        environment: [{ name: 'EMULATOR_FATE', value: 'crash:0:5' }],
      },
      service: { desiredCount: 0 },
      contract: { desiredCount: 0 },
      sidecars: [
        {
          name: 'proxy',
          image: 'public.ecr.aws/proxy:1',
          environment: [{ name: 'EMULATOR_FATE', value: 'crash:0:9000' }],
        },
      ],
    });
    const report = await runTaskOnce(world);
    expect(report.outputs).toMatchObject({ outcome: 'succeeded', 'exit-code': '0' });
    expect((await theTask()).stoppedReason).toContain('container app is done');
  });

  it('is started once although the answer to RunTask is lost', async () => {
    await releasedService(world);
    let calls = 0;
    const loseFirst = (operation: string): void => {
      if (operation !== 'RunTask') return;
      calls += 1;
      if (calls > 1) return;
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    };
    const config = inProcessConfig(world.fixture, undefined, loseFirst);
    const tasks = openTasks(openEcsCalls({ ...config, maxAttempts: 3 }));
    const report = await runTaskOnce({ ...world, ports: { ...world.ports, tasks } });
    expect(calls).toBe(2);
    expect(report.outputs['outcome']).toBe('succeeded');
    await theTask();
  });
});

describe('a task that fails', () => {
  const run = (environment: Record<string, string>) => runTaskOnce(world, { environment });

  it('is told by its exit code, with the last line', async () => {
    await releasedService(world);
    const report = await run({ EMULATOR_FATE: 'crash:3', EMULATOR_LOG: 'migrating\nno table' });
    expect(report.failure).toEqual({ code: 'run-task-failed' });
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
    expect(diagnosis(report)).toMatchObject({
      code: 'container-exited',
      container: 'app',
      exitCode: 3,
      lastLogLine: 'no table',
    });
    expect(report.summary).toContain('no table');
    expect(report.summary).toContain('```mermaid');
  });

  it.each([
    ['an image that cannot be pulled', 'pull-failure', 'image-pull'],
    ['secrets that cannot be read', 'secrets-failure', 'resource-initialization'],
    ['no place to run', 'no-capacity', 'placement'],
    ['memory', 'crash:137', 'out-of-memory'],
  ])('names %s', async (_, fate, code) => {
    await releasedService(world);
    const report = await run({ EMULATOR_FATE: fate });
    expect(report.outputs['outcome']).toBe('failed');
    expect(diagnosis(report)).toMatchObject({ code });
    expect((diagnosis(report) as { hint?: string }).hint).toBeTruthy();
  });

  it('names the sidecar that took too much memory, and ended the task with it', async () => {
    await releasedService(world, {
      sidecars: [
        {
          name: 'agent',
          image: 'public.ecr.aws/agent:1',
          environment: [{ name: 'EMULATOR_FATE', value: 'crash:137:3' }],
        },
      ],
      contract: { desiredCount: 0 },
    });
    const report = await run({ EMULATOR_FATE: 'crash:0:60' });
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '143' });
    expect(diagnosis(report)).toMatchObject({ code: 'out-of-memory', container: 'agent' });
  });

  it('was stopped by a person', async () => {
    await releasedService(world);
    let sleeps = 0;
    world.whileSleeping(async () => {
      sleeps += 1;
      if (sleeps !== 4) return;
      const { taskArn } = await theTask();
      await world.fixture.call('StopTask', { cluster: 'main', task: taskArn, reason: 'wrong one' });
    });
    const report = await run({ EMULATOR_FATE: 'crash:0:600' });
    expect(diagnosis(report)).toMatchObject({
      code: 'task-stopped',
      cause: expect.stringContaining('wrong one') as string,
    });
  });

  it('may not be started by this role', async () => {
    await releasedService(world);
    world.intercept((operation) => {
      if (operation === 'RunTask') {
        throw new AwsError('AccessDeniedException', 'not authorized to perform iam:PassRole');
      }
    });
    const report = await run({});
    expect(report.outputs['task-arn']).toBe('');
    expect(diagnosis(report)).toMatchObject({
      code: 'task-refused',
      hint: expect.stringContaining('iam:PassRole') as string,
    });
  });

  it('is stopped at the time limit, and its end awaited', async () => {
    await releasedService(world);
    const report = await runTaskOnce(
      world,
      { environment: { EMULATOR_FATE: 'crash:0:9000', EMULATOR_LOG: 'waiting for the lock' } },
      { timeoutMinutes: 1 },
    );
    expect(report.failure).toEqual({ code: 'run-task-timed-out' });
    expect(diagnosis(report)).toMatchObject({
      code: 'task-timed-out',
      lastLogLine: 'waiting for the lock',
    });
    expect(await theTask()).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: expect.stringContaining('not done within 1 minutes') as string,
    });
  });

  it('is stopped when the job is cancelled', async () => {
    await releasedService(world);
    let sleeps = 0;
    world.whileSleeping(() => {
      sleeps += 1;
      if (sleeps === 4) world.controller.abort(new Error('SIGINT'));
    });
    const report = await run({ EMULATOR_FATE: 'crash:0:9000' });
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(report.failure).toEqual({ code: 'run-task-cancelled' });
    expect((await theTask()).stoppedReason).toContain('the job was cancelled');
  });

  it('survives looks and log reads that fail for a while', async () => {
    await releasedService(world);
    let looks = 0;
    world.intercept((operation) => {
      if (operation !== 'DescribeTasks') return;
      looks += 1;
      if (looks < 4) throw new AwsError('ServerException', 'try later', 500);
    });
    expect((await run({})).outputs['outcome']).toBe('succeeded');
  });

  it('that nobody can look at any more is a failure that says so', async () => {
    await releasedService(world);
    world.intercept((operation) => {
      if (operation === 'DescribeTasks') throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await run({});
    expect(diagnosis(report)).toMatchObject({ code: 'task-lost' });
    expect(report.outputs['task-arn']).not.toBe('');
  });
});

describe('which revision runs', () => {
  it('registers one for an image that none has, and the next run finds it', async () => {
    await releasedService(world);
    const image = pushImage(world.fixture, 'shop/web:v2');
    const source = { kind: 'image', image: wantedImage(image.tag) } as const;
    const first = await runTaskOnce(world, { source });
    expect(first.outputs['task-definition-arn']).toMatch(/web:2$/);
    expect(await liveImages(world, 'web:2')).toEqual([image.reference]);
    const second = await runTaskOnce(world, { source });
    expect(second.outputs['task-definition-arn']).toMatch(/web:2$/);
    expect(world.calls.get('RegisterTaskDefinition')).toBe(1);
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
  });

  it('takes what the service runs where the image is the same', async () => {
    const image = await releasedService(world);
    const source = { kind: 'image', image: wantedImage(image.tag) } as const;
    const report = await runTaskOnce(world, { source });
    expect(report.outputs['task-definition-arn']).toMatch(/web:1$/);
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('tells the running from the latest', async () => {
    await releasedService(world);
    await world.fixture.define('public.ecr.aws/other:1');
    const running = await runTaskOnce(world, { source: { kind: 'running' } });
    expect(running.outputs['task-definition-arn']).toMatch(/web:1$/);
    const latest = await runTaskOnce(world, { source: { kind: 'latest' } });
    expect(latest.outputs['task-definition-arn']).toMatch(/web:2$/);
  });

  it('runs a task of the contract in its own family and network', async () => {
    await serviceWithContract(world);
    await addContractTask(world, { name: 'nightly', subnets: ['subnet-9'] });
    await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag);
    const report = await runTaskOnce(world, { task: 'nightly' });
    expect(report.outputs).toMatchObject({ outcome: 'succeeded' });
    expect(report.outputs['task-definition-arn']).toMatch(/web-nightly:1$/);
    const task = await theTask();
    expect(task.startedBy).toBe('infra-actions/run-task/nightly/7/c0ffee123456');
    expect(JSON.stringify(task.attachments)).toContain('subnet-9');
  });

  it('brings an image to a task that nothing else starts', async () => {
    await releasedService(world);
    await addContractTask(world, { name: 'migrate', kind: 'one-off' });
    const image = pushImage(world.fixture, 'shop/web:v2');
    const source = { kind: 'image', image: wantedImage(image.tag) } as const;
    const report = await runTaskOnce(world, { task: 'migrate', source });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(await liveImages(world, 'web-migrate')).toEqual([image.reference]);
  });

  it('only prints its steps in a dry run, without the values of variables', async () => {
    await releasedService(world);
    const report = await runTaskOnce(
      world,
      { command: ['true'], environment: { TOKEN: 'very-secret' } },
      { dryRun: true },
    );
    expect(report.outputs['outcome']).toBe('dry-run');
    expect(report.message).toContain('run-task web:1, container app');
    expect(report.message).toContain('TOKEN');
    expect(report.message).not.toContain('very-secret');
    expect(world.calls.get('RunTask')).toBeUndefined();
  });
});

describe('refused before anything is started', () => {
  it('a service that was never released', async () => {
    await serviceWithContract(world);
    expect(await problemCodes(runTaskOnce(world))).toEqual(['service-never-released']);
  });

  it('a container that is not there', async () => {
    await releasedService(world);
    expect(await problemCodes(runTaskOnce(world, { container: 'ap' }))).toEqual([
      'container-missing',
    ]);
  });

  it('a task that the contract does not have', async () => {
    await releasedService(world);
    await addContractTask(world, { name: 'nightly' });
    expect(await problemCodes(runTaskOnce(world, { task: 'nightyl' }))).toEqual([
      'contract-task-missing',
    ]);
  });

  it('a task without a revision', async () => {
    await releasedService(world);
    await addContractTask(world, { name: 'nightly' });
    expect(await problemCodes(runTaskOnce(world, { task: 'nightly' }))).toEqual([
      'task-never-released',
    ]);
  });

  it('an image for a task whose schedule would take it up', async () => {
    const image = await releasedService(world);
    await addContractTask(world, { name: 'nightly' });
    const source = { kind: 'image', image: wantedImage(image.tag) } as const;
    expect(await problemCodes(runTaskOnce(world, { task: 'nightly', source }))).toEqual([
      'image-not-for-task',
    ]);
  });

  it('an image that is not there', async () => {
    await releasedService(world);
    const source = {
      kind: 'image',
      image: wantedImage('123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:none'),
    } as const;
    expect(await problemCodes(runTaskOnce(world, { source }))).toEqual(['image-missing']);
  });

  it('nothing where the job is cancelled already', async () => {
    await releasedService(world);
    world.controller.abort(new Error('SIGINT'));
    const report = await runTaskOnce(world);
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(world.calls.get('RunTask')).toBeUndefined();
  });
});
