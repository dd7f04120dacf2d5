import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeServicesCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  StopServiceDeploymentCommand,
  type Service,
} from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import {
  appSpecFile,
  codeDeployNames,
  makeCodeDeployService,
  makeRepositoryAndLogs,
  taskDefinitionFile,
} from '../support/codedeploy-service.js';
import {
  ecsClient,
  names,
  pushServiceImage,
  readService,
  runDeploy,
} from '../support/ecs-deploy.js';
import { BALANCED } from '../support/ecs-emulator.js';
import { createServices, type ServiceChanges } from '../support/ecs-services.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;
let v1: string;

/** Services that run v1, by what is done to them. */
const services: Readonly<Record<string, ServiceChanges>> = {
  restarted: {},
  stopped: {},
  'timed-out': {},
  'without-rollback': {
    service: {
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    },
  },
  'exec-format': {},
  'out-of-memory': {},
  'no-secret': {},
  'without-tasks': { service: { desiredCount: 0 } },
  'linear-shift': {
    service: {
      loadBalancers: [BALANCED],
      deploymentConfiguration: {
        strategy: 'LINEAR',
        bakeTimeInMinutes: 1,
        linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 1 },
      },
    },
  },
};

beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 30 });
  await makeRepositoryAndLogs(emulator);
  v1 = (await pushServiceImage(emulator, 'v1')).reference;
  await makeCodeDeployService(emulator, v1);
  await createServices(emulator, v1, services);
  await emulator.advance(600);
}, 60_000);
afterAll(() => emulator.stop());

/** Runs a step for a service by its name; `env` is the image's, and decides how it fares. */
async function run(
  service: string,
  inputs: Readonly<Record<string, string>>,
  env?: Readonly<Record<string, string>>,
  onLine?: (line: string) => void,
): Promise<RunStepResult> {
  const image = env === undefined ? undefined : await pushServiceImage(emulator, service, env);
  return runDeploy(emulator, {
    inputs: {
      ...{ cluster: names.cluster, 'service-name': service },
      ...(image === undefined ? {} : { image: image.reference }),
      ...inputs,
    },
    ...(onLine === undefined ? {} : { onLine }),
  });
}

async function serviceNow(service: string): Promise<Service> {
  const answer = await ecsClient(emulator).send(
    new DescribeServicesCommand({ cluster: names.cluster, services: [service] }),
  );
  return answer.services?.[0] ?? {};
}

async function tasksOf(serviceName: string): Promise<readonly string[]> {
  const request = new ListTasksCommand({ cluster: names.cluster, serviceName });
  return (await ecsClient(emulator).send(request)).taskArns ?? [];
}

const slow = { EMULATOR_FATE: 'slow:100000' };

it('a service of 0 tasks succeeds, and is said to verify nothing', async () => {
  const { exitCode, outputs, summary } = await run('without-tasks', {}, { NOTE: 'no task' });
  expect(exitCode).toBe(0);
  expect(outputs['outcome']).toBe('succeeded');
  expect(summary).toContain('verifies nothing');
});

describe('a rollout, with the built action', () => {
  it('of the command restart has new tasks of the same revision', async () => {
    const before = await tasksOf('restarted');
    const step = await run('restarted', { command: 'restart' });
    expect(errors(step)).toBe('');
    expect(step.outputs['outcome']).toBe('succeeded');
    expect((await serviceNow('restarted')).taskDefinition).toMatch(/restarted:1$/);
    const after = await tasksOf('restarted');
    expect(after).toHaveLength(1);
    expect(before).not.toContain(after[0]);
  }, 60_000);

  it('that somebody stops by hand is "stopped"', async () => {
    const ecs = ecsClient(emulator);
    let stopping: Promise<unknown> | undefined;
    const step = await run('stopped', {}, slow, (line) => {
      if (line.includes('rolling out')) stopping ??= stop();
    });
    await stopping;
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('stopped');
    expect((await serviceNow('stopped')).taskDefinition).toMatch(/stopped:1$/);

    async function stop(): Promise<void> {
      const listed = await ecs.send(
        new ListServiceDeploymentsCommand({ cluster: names.cluster, service: 'stopped' }),
      );
      const serviceDeploymentArn = listed.serviceDeployments?.[0]?.serviceDeploymentArn;
      await ecs.send(
        new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }),
      );
    }
  }, 60_000);

  it('that takes too long is "timed-out", and gone back from', async () => {
    const step = await run('timed-out', { 'timeout-minutes': '0.05' }, slow);
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('timed-out');
    expect(step.outputs['reason']).toContain('within the time limit');
    expect((await serviceNow('timed-out')).taskDefinition).toMatch(/timed-out:1$/);
  }, 60_000);

  it('whose circuit breaker has no rollback is "failed", and stays', async () => {
    const env = { EMULATOR_FATE: 'crash:3', EMULATOR_LOG: 'no such table: orders' };
    const step = await run('without-rollback', { 'early-end': 'false' }, env);
    expect(step.conclusion).toBe('failure');
    expect(step.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
    expect(errors(step)).toContain('no such table: orders');
    expect((await serviceNow('without-rollback')).taskDefinition).toMatch(/rollback:2$/);
  }, 60_000);

  it('whose program is for another machine is told as such', async () => {
    const env = { EMULATOR_FATE: 'crash:255', EMULATOR_LOG: 'exec /app: exec format error' };
    const step = await run('exec-format', {}, env);
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject({
      cause: expect.stringContaining('exec format error') as string,
      exitCode: 255,
    });
  }, 60_000);

  it.each([
    ['out of memory', 'out-of-memory', 'crash:137', 'out-of-memory', '137'],
    [
      'without a secret that can be read',
      'no-secret',
      'secrets-failure',
      'resource-initialization',
      '',
    ],
  ])(
    'whose tasks end %s is gone back from, with that as the reason',
    async (_, service, fate, code, exitCode) => {
      const step = await run(service, {}, { EMULATOR_FATE: fate });
      expect(step.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': exitCode });
      expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject({ code });
    },
    60_000,
  );

  it('that ECS shifts step by step is followed through each of them', async () => {
    const step = await run('linear-shift', {}, {});
    expect(errors(step)).toBe('');
    expect(step.outputs['outcome']).toBe('succeeded');
    expect(step.log.join('\n')).toMatch(/40 % of traffic[^]*80 % of traffic[^]*bakes 1 min/);
    expect((await serviceNow('linear-shift')).taskDefinition).toMatch(/linear-shift:2$/);
  }, 60_000);

  it('that CodeDeploy shifts step by step is followed through each of them', async () => {
    const image = await pushServiceImage(emulator, 'codedeploy');
    const step = await runDeploy(emulator, {
      files: {
        '.aws/task-definition-v1-dev.json': taskDefinitionFile(emulator),
        '.aws/appspec-v1-dev.yaml': appSpecFile,
      },
      inputs: {
        cluster: names.cluster,
        'service-name': names.serviceName,
        'task-definition': '.aws/task-definition-v1-dev.json',
        appspec: '.aws/appspec-v1-dev.yaml',
        'codedeploy-application': codeDeployNames.application,
        'codedeploy-deployment-group': codeDeployNames.deploymentGroup,
        'codedeploy-config': 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes',
        image: image.reference,
      },
    });
    expect(errors(step)).toBe('');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    expect(step.log.join('\n')).toMatch(/with 10 % of the traffic[^]*with 50 % of the traffic/);
    const { taskSets = [] } = await readService(emulator);
    expect(taskSets.find(({ status }) => status === 'PRIMARY')?.taskDefinition).toBe(
      step.outputs['task-definition-arn'],
    );
  }, 90_000);
});

describe('a service that is not deployed like that is refused by name', () => {
  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  /** The emulator has no such services: what it says of an ordinary one is changed on the way. */
  async function startProxy(changes: object): Promise<string> {
    proxy = createServer((request, response) => {
      void forward(request, changes).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
      });
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  async function forward(
    request: IncomingMessage,
    changes: object,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const target = String(request.headers['x-amz-target']);
    const answer = await fetch(emulator.awsUrl, {
      method: 'POST',
      headers: {
        authorization: String(request.headers.authorization),
        'content-type': String(request.headers['content-type']),
        'x-amz-target': target,
      },
      body: Buffer.concat(chunks),
    });
    const body = await answer.text();
    if (!target.endsWith('.DescribeServices')) return { status: answer.status, body };
    const parsed = JSON.parse(body) as { readonly services: readonly object[] };
    const services = parsed.services.map((service) => ({ ...service, ...changes }));
    return { status: answer.status, body: JSON.stringify({ ...parsed, services }) };
  }

  it.each([
    ['EXTERNAL', { deploymentController: { type: 'EXTERNAL' } }],
    ['DAEMON', { schedulingStrategy: 'DAEMON' }],
    ['Express Mode', { resourceManagementType: 'ECS' }],
  ])(
    '%s',
    async (name, changes) => {
      const AWS_ENDPOINT_URL_ECS = await startProxy(changes);
      await emulator.control('DELETE', 'calls');
      const step = await runDeploy(emulator, {
        inputs: { cluster: names.cluster, 'service-name': 'restarted', image: v1 },
        env: { ...emulator.environment, AWS_ENDPOINT_URL_ECS },
      });
      expect(step.conclusion).toBe('failure');
      expect(errors(step)).toContain(name);
      const calls = Object.keys(await emulator.calls());
      expect(calls).toContain('ecs.DescribeServices');
      expect(calls.filter((call) => /Register|Update|Create/.test(call))).toEqual([]);
    },
    60_000,
  );
});
