import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  releaseParameter,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

const origin = { commit: 'c0ffee', run: 'https://github.com/acme/shop/actions/runs/7' };

function deploy(tag: string, changes: Partial<DeployInputs> = {}): Promise<Report> {
  return runCommand(world.ports, deployInputs({ image: wantedImage(tag), ...changes }), origin);
}

/** A service that runs a first good release. */
async function runningService(options: Parameters<typeof serviceWithContract>[1] = {}) {
  await serviceWithContract(world, options);
  const image = pushImage(world.fixture, 'shop/web:v1');
  await deploy(image.tag);
  world.calls.clear();
  (world.log as unknown[]).length = 0;
  return image;
}

describe('the first deploy', () => {
  it('takes the service from 0 to the count of its contract, and follows it to the end', async () => {
    await serviceWithContract(world);
    const image = pushImage(world.fixture, 'shop/web:v1');
    const report = await deploy(image.tag);
    expect(report.failure).toBeUndefined();
    expect(report.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    const service = await world.fixture.service();
    expect(service).toMatchObject({ desiredCount: 2, runningCount: 2 });
    const definition = await world.ports.ecs.describeTaskDefinition(service.taskDefinition ?? '');
    expect(definition?.definition).toMatchObject({
      family: 'web',
      containerDefinitions: [{ name: 'app', image: image.reference }],
    });
    expect(definition?.tags).toEqual(
      expect.arrayContaining([
        { key: 'infra-actions:template', value: 'web-template:1' },
        { key: 'infra-actions:image-digest', value: image.digest },
        { key: 'infra-actions:commit', value: origin.commit },
        { key: 'infra-actions:run', value: origin.run },
      ]),
    );
  });

  it('writes that a release is starting before it touches the service', async () => {
    await serviceWithContract(world);
    const seen: (string | undefined)[] = [];
    world.intercept((operation) => {
      if (operation === 'UpdateService') seen.push(world.parameters.get(releaseParameter));
    });
    await deploy(pushImage(world.fixture, 'shop/web:v1').tag);
    expect(seen.map((text) => JSON.parse(text ?? '{}') as unknown)).toEqual([
      expect.objectContaining({ status: 'starting', commit: origin.commit }),
    ]);
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      status: 'succeeded',
      taskDefinition: expect.stringMatching(/task-definition\/web:1$/) as string,
    });
  });

  it('is no release any more when it fails, so that Terraform keeps no task, and the next one succeeds', async () => {
    await serviceWithContract(world);
    const report = await deploy(
      pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' }).tag,
    );
    expect(report.failure).toBeDefined();
    expect(world.parameters.has(releaseParameter)).toBe(false);
    const next = await deploy(pushImage(world.fixture, 'shop/web:good').tag);
    expect(next.outputs['outcome']).toBe('succeeded');
  });
});

describe('a first release that fails', () => {
  const count = async () => (await world.fixture.service()).desiredCount;
  const slow = { EMULATOR_FATE: 'slow:100000' };
  const deployFirst = (env: Record<string, string>, changes: Partial<DeployInputs> = {}) =>
    deploy(pushImage(world.fixture, 'shop/web:bad', env).tag, changes);

  it.each([
    ['ended early', true, 'rolled-back', 120],
    ['by the circuit breaker', false, 'rolled-back', 400],
  ] as const)(
    'leaves the count at 0, for its placeholder cannot be pulled: %s',
    async (_, earlyEnd, outcome, seconds) => {
      await serviceWithContract(world);
      const startedMs = world.fixture.clock.now();
      const report = await deployFirst({ EMULATOR_FATE: 'crash:3' }, { earlyEnd });
      expect(report.outputs['outcome']).toBe(outcome);
      expect(report.message).toContain('its desired count is 0 again');
      expect(await count()).toBe(0);
      expect(world.fixture.clock.now() - startedMs).toBeLessThan(seconds * 1000);
      await world.fixture.advance(120);
      expect(await world.fixture.tasks('RUNNING')).toEqual([]);
      const next = await deploy(pushImage(world.fixture, 'shop/web:good').tag);
      expect(next.outputs['outcome']).toBe('succeeded');
      expect(await count()).toBe(2);
    },
  );

  it('leaves the count at 0 without a rollback too', async () => {
    const deploymentCircuitBreaker = { enable: true, rollback: false };
    const service = { deploymentConfiguration: { deploymentCircuitBreaker } };
    await serviceWithContract(world, { service });
    const report = await deployFirst({ EMULATOR_FATE: 'crash:3' }, { earlyEnd: false });
    expect(report.outputs['outcome']).toBe('failed');
    expect(await count()).toBe(0);
  });

  it('leaves the count at 0 where it is stopped at the time limit', async () => {
    await serviceWithContract(world);
    const report = await deployFirst(slow, { timeoutMinutes: 2 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(report.message).toContain('its desired count is 0 again');
    expect(await count()).toBe(0);
  });

  it('leaves the count at 0 where the job is cancelled', async () => {
    await serviceWithContract(world);
    let sleeps = 0;
    world.whileSleeping(() => {
      sleeps += 1;
      if (sleeps === 3) world.controller.abort(new Error('SIGINT'));
    });
    const report = await deployFirst(slow);
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(await count()).toBe(0);
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });

  it('leaves no record where ECS refuses the very update', async () => {
    await serviceWithContract(world);
    world.intercept((operation) => {
      if (operation === 'UpdateService') throw new AwsError('AccessDeniedException', 'no');
    });
    await expect(deployFirst({})).rejects.toMatchObject({ code: 'aws-access-denied' });
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });

  it('keeps its record where tasks may have been started before the answer was lost', async () => {
    await serviceWithContract(world);
    const { ecs } = world.ports;
    const updateService: typeof ecs.updateService = async (request) => {
      await ecs.updateService(request);
      throw new OperationError('aws-call-failed', 'socket hang up');
    };
    world = { ...world, ports: { ...world.ports, ecs: { ...ecs, updateService } } };
    await expect(deployFirst({})).rejects.toMatchObject({ code: 'aws-call-failed' });
    expect(await count()).toBe(2);
    expect(world.parameters.get(releaseParameter)).toContain('starting');
  });

  it('removes the record that an earlier one has left', async () => {
    await serviceWithContract(world);
    world.parameters.set(releaseParameter, JSON.stringify({ status: 'starting' }));
    await deployFirst({ EMULATOR_FATE: 'crash:3' });
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });

  it('removes the record too where Terraform has given the placeholder its count meanwhile', async () => {
    await serviceWithContract(world);
    world.parameters.set(releaseParameter, JSON.stringify({ status: 'starting' }));
    await world.fixture.update({ desiredCount: 2 });
    await deployFirst({ EMULATOR_FATE: 'crash:3' });
    expect(await count()).toBe(0);
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });

  it('keeps the record of a service that has tasks of its own to go back to', async () => {
    await serviceWithContract(world);
    const own = pushImage(world.fixture, 'shop/web:before');
    const taskDefinition = await world.fixture.define(own.tag, { family: 'web' });
    await world.fixture.update({ taskDefinition, desiredCount: 2 });
    await world.fixture.advance(120);
    const report = await deployFirst({ EMULATOR_FATE: 'crash:3' });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(await count()).toBe(2);
    expect(world.parameters.get(releaseParameter)).toContain('starting');
  });

  it('is told with its verdict where the record cannot be removed', async () => {
    await serviceWithContract(world);
    const remove = (): Promise<void> =>
      Promise.reject(new OperationError('aws-access-denied', 'no'));
    const parameters = { ...world.ports.parameters, remove };
    world = { ...world, ports: { ...world.ports, parameters } };
    const report = await deployFirst({ EMULATOR_FATE: 'crash:3' });
    expect(report.outputs['exit-code']).toBe('3');
    expect(report.message).toContain(`aws ssm delete-parameter --name ${releaseParameter}`);
    expect(await count()).toBe(0);
  });

  it('keeps its count where the job leaves the rollout alone', async () => {
    await serviceWithContract(world);
    const report = await deployFirst(slow, { timeoutMinutes: 2, onCancel: 'leave' });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(await count()).toBe(2);
    expect(world.parameters.get(releaseParameter)).toContain('starting');
  });

  it('is told with its verdict where the count cannot be set back', async () => {
    await serviceWithContract(world);
    let updates = 0;
    world.intercept((operation) => {
      if (operation !== 'UpdateService') return;
      updates += 1;
      if (updates > 1) throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await deployFirst({ EMULATOR_FATE: 'crash:3' });
    expect(report.outputs['exit-code']).toBe('3');
    expect(report.message).toContain('--desired-count 0');
    // The first release itself, then when ECS begins to go back, and once more when it has.
    expect(updates).toBe(3);
  });
});

describe('a further deploy', () => {
  it('sends the task definition and never the count', async () => {
    await runningService();
    await world.fixture.update({ desiredCount: 5 });
    await world.fixture.advance(60);
    const report = await deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 5, runningCount: 5 });
  });

  it('does nothing where the service runs it already', async () => {
    const image = await runningService();
    const report = await deploy(image.tag);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'no-op' } });
    expect([...world.calls.keys()].sort()).toEqual(['DescribeServices', 'DescribeTaskDefinition']);
  });

  it('brings the template’s changes to the image that runs now', async () => {
    const image = await runningService();
    await world.fixture.define('public.ecr.aws/docker/library/busybox:stable', {
      family: 'web-template',
      environment: { LOG_LEVEL: 'debug' },
    });
    const report = await runCommand(
      world.ports,
      deployInputs({ image: { kind: 'current' } }),
      origin,
    );
    expect(report.outputs['outcome']).toBe('succeeded');
    const { taskDefinition = '' } = await world.fixture.service();
    const found = await world.ports.ecs.describeTaskDefinition(taskDefinition);
    expect(found?.definition).toMatchObject({
      containerDefinitions: [
        { image: image.reference, environment: [{ name: 'LOG_LEVEL', value: 'debug' }] },
      ],
    });
  });

  it('follows the rollout of the same definition that is under way already', async () => {
    await runningService();
    const image = pushImage(world.fixture, 'shop/web:v2');
    await deploy(image.tag, { wait: false });
    world.calls.clear();
    const report = await deploy(image.tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('prints its steps and changes nothing in a dry run', async () => {
    await runningService();
    const image = pushImage(world.fixture, 'shop/web:v2');
    const report = await deploy(image.tag, { dryRun: true });
    expect(report.outputs['outcome']).toBe('dry-run');
    expect(report.message).toMatch(
      /register-task-definition.*\n.*update-service.*\n.*follow.*\n.*write-release-current/,
    );
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });
});

describe('a rollout that fails', () => {
  const crash = { EMULATOR_FATE: 'crash:3', EMULATOR_LOG: 'starting\ncannot reach the database' };

  it('is told while it fails, with exit code and log line, within one poll of each event', async () => {
    await runningService();
    const bad = pushImage(world.fixture, 'shop/web:bad', crash);
    const report = await deploy(bad.tag);
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(report.failure).toEqual({ code: 'deploy-rolled-back' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'container-exited',
      container: 'app',
      exitCode: 3,
      lastLogLine: 'cannot reach the database',
    });

    const [rollout] = await world.fixture.rollouts();
    const trippedMs = (rollout?.rollback?.startedAt ?? 0) * 1000;
    const told = world.log.find(({ level }) => level === 'error');
    expect(told?.message).toContain('cannot reach the database');
    expect((told?.atMs ?? Infinity) - trippedMs).toBeLessThanOrEqual(5000);

    const [first] = (await world.fixture.tasks('STOPPED')).filter(({ taskDefinitionArn }) =>
      taskDefinitionArn?.endsWith('web:2'),
    );
    const firstTold = world.log.find(({ level }) => level === 'warning');
    expect(firstTold?.message).toContain('exited with code 3');
    expect((firstTold?.atMs ?? Infinity) - (first?.stoppedAt ?? 0) * 1000).toBeLessThan(
      trippedMs - (first?.stoppedAt ?? 0) * 1000,
    );
  });

  it('leaves the old revision running and the record of the last release as it was', async () => {
    await runningService();
    const before = world.parameters.get(releaseParameter);
    await deploy(pushImage(world.fixture, 'shop/web:bad', crash).tag);
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
    expect(world.parameters.get(releaseParameter)).toBe(before);
  });

  it('is a failure without rollback where the breaker has none', async () => {
    await runningService({
      service: {
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
      },
    });
    const report = await deploy(pushImage(world.fixture, 'shop/web:bad', crash).tag);
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
  });

  it('is that too where ECS leaves the service deployment in progress', async () => {
    await runningService({
      service: {
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
      },
    });
    const { ecs } = world.ports;
    const wrapped: typeof ecs = {
      ...ecs,
      async describeServiceDeployment(arn) {
        const found = await ecs.describeServiceDeployment(arn);
        return found?.status === 'STOPPED' ? { ...found, status: 'IN_PROGRESS' } : found;
      },
    };
    world = { ...world, ports: { ...world.ports, ecs: wrapped } };
    const report = await deploy(pushImage(world.fixture, 'shop/web:bad', crash).tag, {
      earlyEnd: false,
    });
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
  });

  it('can be tried again with the same definition', async () => {
    await runningService({
      service: {
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
      },
    });
    const bad = pushImage(world.fixture, 'shop/web:bad', crash);
    await deploy(bad.tag);
    world.calls.clear();
    const again = await deploy(bad.tag);
    expect(again.outputs['outcome']).toBe('failed');
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
    expect(world.calls.get('UpdateService')).toBe(1);
  });

  it('names an image that cannot be pulled', async () => {
    await runningService();
    const report = await deploy(
      pushImage(world.fixture, 'shop/web:gone', { EMULATOR_FATE: 'pull-failure' }).tag,
    );
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
  });
});

describe('a rollout that others interfere with', () => {
  it('is superseded by a newer deployment, which is named', async () => {
    await runningService();
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:60' });
    const other = await world.fixture.define(pushImage(world.fixture, 'shop/web:other').tag);
    let sleeps = 0;
    world.whileSleeping(async () => {
      sleeps += 1;
      if (sleeps === 3) await world.fixture.update({ taskDefinition: other });
    });
    const report = await deploy(slow.tag);
    expect(report.outputs['outcome']).toBe('superseded');
    expect(report.message).toContain(other.slice(other.lastIndexOf('/') + 1));
  });

  it('is stopped by hand', async () => {
    await runningService();
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:60' });
    let sleeps = 0;
    world.whileSleeping(async () => {
      sleeps += 1;
      if (sleeps !== 3) return;
      const [rollout] = await world.fixture.rollouts();
      await world.fixture.call('StopServiceDeployment', {
        serviceDeploymentArn: rollout?.serviceDeploymentArn,
        stopType: 'ROLLBACK',
      });
    });
    const report = await deploy(slow.tag);
    expect(report.outputs['outcome']).toBe('stopped');
  });

  it('touches nothing when the job is cancelled before', async () => {
    await runningService();
    world.controller.abort(new Error('SIGINT'));
    const report = await deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('survives looks that fail for a while', async () => {
    await runningService();
    let looks = 0;
    world.intercept((operation) => {
      if (operation !== 'DescribeServiceDeployments') return;
      looks += 1;
      if (looks < 4) throw new AwsError('ServerException', 'try later', 500);
    });
    const report = await deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
  });
});

describe.each([
  ['service deployments', /ServiceDeployments$/],
  ['service revisions', /DescribeServiceRevisions/],
])('a role that may not read %s', (_, operations) => {
  beforeEach(() => {
    world.intercept((operation) => {
      if (operations.test(operation)) {
        throw new AwsError('AccessDeniedException', 'not authorized');
      }
    });
  });

  it('is judged by the service: success', async () => {
    await runningService();
    const report = await deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('is judged by the service: rolled back, with the cause', async () => {
    await runningService();
    const report = await deploy(
      pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:9' }).tag,
    );
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '9' });
  });
});

describe('a role that may read neither stopped tasks nor logs', () => {
  it('gets the verdict all the same, and is told once what is missing', async () => {
    await runningService();
    world.intercept((operation) => {
      if (operation === 'ListTasks') throw new AwsError('AccessDeniedException', 'not authorized');
    });
    const report = await deploy(
      pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:9' }).tag,
    );
    expect(report.outputs['outcome']).toBe('rolled-back');
    const warnings = world.log.filter(({ level }) => level === 'warning');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('ecs:ListTasks'),
    ]);
  });
});
