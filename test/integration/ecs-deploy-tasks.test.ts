import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import {
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  readRelease,
  readService,
  runDeploy,
} from '../support/ecs-deploy.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 10 });
});
afterAll(() => emulator.stop());

async function released(tag = 'v1'): Promise<Awaited<ReturnType<typeof pushServiceImage>>> {
  await emulator.reset();
  await makeService(emulator);
  const image = await pushServiceImage(emulator, tag);
  const step = await runDeploy(emulator, { inputs: { image: image.reference } });
  expect(errors(step)).toBe('');
  return image;
}

describe('run-task', () => {
  beforeAll(async () => {
    await released();
  });

  it('runs a command as the service does, with its log, and its exit code as outputs', async () => {
    const step = await runDeploy(emulator, {
      inputs: {
        command: 'run-task',
        'task-command': 'rake db:migrate',
        'task-env-vars':
          'EMULATOR_FATE=crash:0:20\nEMULATOR_LOG=first\\n::error::second\\nlast ##[error]x\nEMULATOR_LOG_SECONDS=5',
      },
    });
    expect(errors(step)).toBe('');
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'exit-code': '0' });
    const shown = step.log.filter((line) => line.startsWith('app | '));
    expect(shown[0]).toBe('app | first');
    expect(shown).toHaveLength(3);
    // A line of the container is text, never a command to the runner.
    expect(step.annotations).toEqual([]);
    const answer = await ecsClient(emulator).send(
      new DescribeTasksCommand({
        cluster: names.cluster,
        tasks: [step.outputs['task-arn'] ?? ''],
        include: ['TAGS'],
      }),
    );
    expect(answer.tasks?.[0]).toMatchObject({
      launchType: 'FARGATE',
      startedBy: expect.stringMatching(/^infra-actions\/run-task\//) as string,
      overrides: { containerOverrides: [{ name: 'app', command: ['rake', 'db:migrate'] }] },
      tags: expect.arrayContaining([
        { key: 'infra-actions:commit', value: 'c0ffee0000000000000000000000000000000000' },
      ]) as unknown,
    });
    expect(step.summary).toContain('Last log lines');
  });

  it.each([
    ['an exit code', 'crash:3', { code: 'container-exited', exitCode: 3 }],
    ['an image that cannot be pulled', 'pull-failure', { code: 'image-pull' }],
    ['secrets that cannot be read', 'secrets-failure', { code: 'resource-initialization' }],
    ['memory', 'crash:137', { code: 'out-of-memory' }],
    ['no place to run', 'no-capacity', { code: 'placement' }],
  ])('fails with the reason: %s', async (_, fate, diagnosis) => {
    const step = await runDeploy(emulator, {
      inputs: { command: 'run-task', 'task-env-vars': `EMULATOR_FATE=${fate}` },
    });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('failed');
    expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject(diagnosis);
    expect(errors(step)).toContain(
      (JSON.parse(step.outputs['diagnosis'] ?? '{}') as { cause: string }).cause,
    );
  });

  it('starts one task while AWS throttles and breaks every third call', async () => {
    const stopped = async (): Promise<number> => {
      const input = { cluster: names.cluster, desiredStatus: 'STOPPED' as const };
      const { taskArns = [] } = await ecsClient(emulator).send(new ListTasksCommand(input));
      return taskArns.length;
    };
    const before = await stopped();
    await emulator.addFaults(
      { kind: 'throttle', service: 'ecs', rate: 0.3 },
      { kind: 'reset', service: 'ecs', operation: 'RunTask', times: 1 },
    );
    try {
      const step = await runDeploy(emulator, { inputs: { command: 'run-task' } });
      expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'exit-code': '0' });
    } finally {
      await emulator.control('DELETE', 'faults');
    }
    expect(await stopped()).toBe(before + 1);
  });

  it('stops the task when the job is cancelled', async () => {
    const controller = new AbortController();
    const step = await runDeploy(emulator, {
      inputs: { command: 'run-task', 'task-env-vars': 'EMULATOR_FATE=crash:0:3000' },
      signal: controller.signal,
      onLine: (line) => {
        if (line.endsWith(': running')) controller.abort();
      },
    });
    expect(step.conclusion).toBe('cancelled');
    expect(step.outputs['outcome']).toBe('cancelled');
    const answer = await ecsClient(emulator).send(
      new DescribeTasksCommand({
        cluster: names.cluster,
        tasks: [step.outputs['task-arn'] ?? ''],
      }),
    );
    expect(answer.tasks?.[0]).toMatchObject({
      desiredStatus: 'STOPPED',
      stoppedReason: 'infra-actions: the job was cancelled',
    });
  });

  it('stops the task at the time limit', async () => {
    const step = await runDeploy(emulator, {
      inputs: {
        command: 'run-task',
        'timeout-minutes': '0.1',
        'task-env-vars': 'EMULATOR_FATE=crash:0:3000',
      },
    });
    expect(step.outputs['outcome']).toBe('timed-out');
  });

  it('only prints its steps in a dry run', async () => {
    await emulator.control('DELETE', 'calls');
    const step = await runDeploy(emulator, {
      inputs: { command: 'run-task', 'dry-run': 'true', 'task-command': 'true' },
    });
    expect(step.outputs['outcome']).toBe('dry-run');
    expect(await emulator.calls()).not.toHaveProperty('ecs.RunTask');
  });
});

describe('pre-deploy and post-deploy', () => {
  it('that fails leaves a first release unwritten and the service untouched', async () => {
    await emulator.reset();
    await makeService(emulator);
    const image = await pushServiceImage(emulator, 'v1', {
      EMULATOR_FATE: 'crash:4',
      EMULATOR_LOG: 'no such table: orders',
    });
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, 'pre-deploy': 'rake db:migrate' },
    });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '4' });
    expect(errors(step)).toMatch(/pre-deploy failed.*no such table: orders/);
    expect(await readRelease(emulator)).toBeUndefined();
    expect(await readService(emulator)).toMatchObject({ desiredCount: 0 });
    expect(await emulator.calls()).not.toHaveProperty('ecs.UpdateService');
  });

  it('that pass are part of a deploy that succeeds', async () => {
    await emulator.reset();
    await makeService(emulator);
    const image = await pushServiceImage(emulator, 'v1');
    const step = await runDeploy(emulator, {
      inputs: {
        image: image.reference,
        'pre-deploy': 'rake db:migrate',
        'post-deploy': '["rake", "warm up"]',
      },
    });
    expect(errors(step)).toBe('');
    expect(step.outputs['outcome']).toBe('succeeded');
    expect(step.summary).toMatch(/pre-deploy: succeeded, exit code 0[^]*post-deploy: succeeded/);
    expect(await emulator.calls()).toMatchObject({ 'ecs.RunTask': 2, 'ecs.UpdateService': 1 });
  });

  it('leave alone what somebody else has deployed meanwhile', async () => {
    await released();
    const ecs = ecsClient(emulator);
    const now = await readService(emulator);
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: now.taskDefinition }),
    );
    const hotfix = await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'hotfix',
        ...{ networkMode: 'awsvpc', cpu: '256', memory: '512' },
        requiresCompatibilities: ['FARGATE'],
        executionRoleArn: taskDefinition?.executionRoleArn,
        containerDefinitions: taskDefinition?.containerDefinitions,
      }),
    );
    const arn = hotfix.taskDefinition?.taskDefinitionArn;
    const image = await pushServiceImage(emulator, 'v2');
    let other: Promise<unknown> | undefined;
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, 'pre-deploy': 'rake db:migrate' },
      onLine: (line) => {
        if (!line.includes('pre-deploy in container')) return;
        other ??= ecs.send(
          new UpdateServiceCommand({
            ...{ cluster: names.cluster, service: names.serviceName },
            taskDefinition: arn,
          }),
        );
      },
    });
    await other;
    expect(other).toBeDefined();
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('superseded');
    expect(errors(step)).toContain('hotfix:1');
    expect((await readService(emulator)).taskDefinition).toBe(arn);
  });

  it('post-deploy that fails rolls the service back', async () => {
    // Its exit says nothing about a task of the service, and decides about one of its own.
    const check = {
      name: 'check',
      image: 'public.ecr.aws/docker/library/busybox:stable',
      essential: false,
      environment: [{ name: 'EMULATOR_FATE', value: 'crash:7' }],
    };
    await emulator.reset();
    await makeService(emulator, { sidecars: [check] });
    const good = await pushServiceImage(emulator, 'v1');
    await runDeploy(emulator, { inputs: { image: good.reference } });
    const before = await readService(emulator);
    const bad = await pushServiceImage(emulator, 'v2');
    const step = await runDeploy(emulator, {
      inputs: {
        image: bad.reference,
        'post-deploy': 'check',
        'post-deploy-container': 'check',
      },
    });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '7' });
    expect((await readService(emulator)).taskDefinition).toBe(before.taskDefinition);
    expect(await readRelease(emulator)).toMatchObject({ taskDefinition: before.taskDefinition });
  });
});

describe('the smoke check', () => {
  let server: Server;
  let url: string;
  let status = 200;

  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(status).end('{"up": true}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health?token=abc`;
    await released();
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('that passes ends the deploy well', async () => {
    const image = await pushServiceImage(emulator, 'v2');
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, 'smoke-url': url, 'smoke-body': '/"up":\\s*true/' },
    });
    expect(errors(step)).toBe('');
    expect(step.outputs['outcome']).toBe('succeeded');
  });

  it('that fails rolls the service back', async () => {
    status = 503;
    const before = await readService(emulator);
    const image = await pushServiceImage(emulator, 'v3');
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, 'smoke-url': url, 'smoke-attempts': '1' },
    });
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect(errors(step)).toContain('answered 503 instead of 200-399');
    expect(errors(step)).not.toContain('token=abc');
    expect((await readService(emulator)).taskDefinition).toBe(before.taskDefinition);
  });
});
