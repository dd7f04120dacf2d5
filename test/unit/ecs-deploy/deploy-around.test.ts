import { UserError } from '../../../actions/shared/errors.js';
import type { SmokeCheck } from '../../../actions/ecs-deploy/rollout/smoke-check.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployWorld,
  pushImage,
  releaseParameter,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import { deployAround, releasedService, taskOrigin } from '../../support/ecs-tasks.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

const migrate = { command: ['rake', 'db:migrate'], container: undefined };

function release(): unknown {
  const text = world.parameters.get(releaseParameter);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** Operations in the order of their first call. */
function operations(): readonly string[] {
  return [...world.calls.keys()];
}

/** One-off tasks get this fate: they are found by what started them. */
function oneOffFate(fate: string, log = ''): void {
  const { tasks } = world.ports;
  const run: typeof tasks.run = (request) =>
    tasks.run({
      ...request,
      overrides: {
        ...request.overrides,
        environment: { EMULATOR_FATE: fate, EMULATOR_LOG: log },
      },
    });
  world = { ...world, ports: { ...world.ports, tasks: { ...tasks, run } } };
}

describe('pre-deploy', () => {
  it('runs on the new revision, before the service is touched', async () => {
    await releasedService(world);
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: migrate,
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    const order = operations().filter((name) => /^(Register|RunTask|UpdateService)/.test(name));
    expect(order).toEqual(['RegisterTaskDefinition', 'RunTask', 'UpdateService']);
    const [task] = await world.fixture.tasks('STOPPED', { startedBy: startedBy('pre-deploy') });
    expect(task).toMatchObject({
      taskDefinitionArn: report.outputs['task-definition-arn'],
      overrides: { containerOverrides: [{ name: 'app', command: migrate.command }] },
    });
    expect(report.outputs['task-arn']).toBe(task?.taskArn);
  });

  it('that fails leaves the service as it was, and says why', async () => {
    await releasedService(world);
    const before = release();
    oneOffFate('crash:4', 'no such table');
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-pre-deploy-failed' });
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '4' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      lastLogLine: 'no such table',
    });
    expect(report.summary).toContain('no such table');
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(release()).toEqual(before);
  });

  it('that fails at a first deploy records no release, so Terraform keeps the count at 0', async () => {
    await serviceWithContract(world);
    oneOffFate('crash:1');
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag, {
      preDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-pre-deploy-failed' });
    expect(release()).toBeUndefined();
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 0 });
  });

  it('that cannot be started leaves the service as it was', async () => {
    await releasedService(world);
    world.intercept((operation) => {
      if (operation === 'RunTask') throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-pre-deploy-failed' });
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('is stopped with the job, and the service is not touched', async () => {
    await releasedService(world);
    oneOffFate('crash:0:900');
    let sleeps = 0;
    world.whileSleeping(() => {
      sleeps += 1;
      if (sleeps === 4) world.controller.abort(new Error('SIGINT'));
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-cancelled' });
    expect(world.calls.get('UpdateService')).toBeUndefined();
    const [task] = await world.fixture.tasks('STOPPED', { startedBy: startedBy('pre-deploy') });
    expect(task?.stoppedReason).toContain('the job was cancelled');
  });

  it('runs into its own time limit', async () => {
    await releasedService(world);
    oneOffFate('crash:0:900');
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: migrate,
      taskTimeoutMinutes: 1,
    });
    expect(report.failure).toEqual({ code: 'deploy-pre-deploy-failed' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'task-timed-out',
    });
  });

  it('does not run where nothing is rolled out', async () => {
    const image = await releasedService(world);
    const report = await deployAround(world, image.tag, { preDeploy: migrate });
    expect(report.outputs['outcome']).toBe('no-op');
    expect(world.calls.get('RunTask')).toBeUndefined();
  });

  it('is a step of the dry run', async () => {
    await releasedService(world);
    const report = await deployAround(
      world,
      pushImage(world.fixture, 'shop/web:v2').tag,
      { preDeploy: migrate, postDeploy: migrate, smoke: smoke() },
      { dryRun: true },
    );
    const steps = report.message.split('\n').map((line) => /^- ([a-z-]+)/.exec(line)?.[1]);
    expect(steps.slice(1)).toEqual([
      'register-task-definition',
      'pre-deploy',
      'update-service',
      'follow',
      'post-deploy',
      'smoke-check',
      'write-release-current',
    ]);
  });

  it('is refused for a container that is not there, before anything is changed', async () => {
    await releasedService(world);
    const deploy = deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      preDeploy: { ...migrate, container: 'nope' },
      postDeploy: { ...migrate, container: 'neither' },
    });
    await expect(deploy).rejects.toThrow(UserError);
    await deploy.catch((thrown: unknown) => {
      expect((thrown as UserError).problems.map(({ code, at }) => [code, at])).toEqual([
        ['container-missing', { input: 'pre-deploy-container' }],
        ['container-missing', { input: 'post-deploy-container' }],
      ]);
    });
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });
});

describe('post-deploy', () => {
  it('runs once the rollout has succeeded, before the release is recorded', async () => {
    await releasedService(world);
    const before = release();
    const seen: unknown[] = [];
    world.intercept((operation) => {
      if (operation === 'RunTask') seen.push(release());
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      postDeploy: migrate,
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(seen).toEqual([before]);
    expect(release()).toMatchObject({
      taskDefinition: expect.stringMatching(/web:2$/) as string,
    });
  });

  it('that fails rolls the service back', async () => {
    await releasedService(world);
    const before = release();
    oneOffFate('crash:9');
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      postDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-rolled-back' });
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '9' });
    expect(report.message).toContain('web:1');
    const service = await world.fixture.service();
    expect(service.taskDefinition).toMatch(/web:1$/);
    expect(service.deployments).toHaveLength(1);
    expect(release()).toEqual(before);
  });

  it('that fails at a first release has nothing to go back to, and says so', async () => {
    await serviceWithContract(world);
    oneOffFate('crash:9');
    const image = pushImage(world.fixture, 'shop/web:v1');
    const report = await deployAround(world, image.tag, { postDeploy: migrate });
    expect(report.failure).toEqual({ code: 'deploy-post-deploy-failed' });
    expect(report.outputs['outcome']).toBe('failed');
    expect(report.message).toContain('no earlier release');
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
    expect(release()).toMatchObject({ status: 'starting' });
  });

  it('is run again by the next deploy, where it had failed and left no record', async () => {
    await serviceWithContract(world);
    const passing = world;
    oneOffFate('crash:9');
    const image = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, image.tag, { postDeploy: migrate });
    const again = await deployAround(passing, image.tag, { postDeploy: migrate });
    expect(again.outputs['outcome']).toBe('no-op');
    expect(world.calls.get('RunTask')).toBe(2);
    expect(release()).toMatchObject({ status: 'succeeded' });
  });

  it('that fails when it is run again goes back to the last release that was recorded', async () => {
    await releasedService(world);
    const passing = world;
    oneOffFate('crash:0:900');
    world.intercept((operation) => {
      if (operation === 'RunTask') {
        world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
      }
    });
    const image = pushImage(world.fixture, 'shop/web:v2');
    await deployAround(world, image.tag, { postDeploy: migrate });
    world.intercept(() => undefined);
    world.whileSleeping(() => undefined);
    world = { ...passing, ports: { ...passing.ports, signal: new AbortController().signal } };
    oneOffFate('crash:9');
    const again = await deployAround(world, image.tag, { postDeploy: migrate });
    expect(again.failure).toEqual({ code: 'deploy-rolled-back' });
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
  });

  it('does not run where the rollout failed', async () => {
    await releasedService(world);
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    const report = await deployAround(world, bad.tag, { postDeploy: migrate });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(world.calls.get('RunTask')).toBeUndefined();
  });

  it('says so where the way back fails too', async () => {
    await releasedService(world);
    oneOffFate('crash:9');
    let updates = 0;
    world.intercept((operation) => {
      if (operation !== 'UpdateService') return;
      updates += 1;
      if (updates === 2) throw new AwsError('ClientException', 'TaskDefinition is inactive');
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      postDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-post-deploy-failed' });
    expect(report.message).toContain('could not be rolled back to web:1');
  });

  it('that the job’s end cuts off leaves the service on the new revision, unrecorded', async () => {
    await releasedService(world);
    const before = release();
    oneOffFate('crash:0:900');
    world.intercept((operation) => {
      if (operation === 'RunTask') {
        world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
      }
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      postDeploy: migrate,
    });
    expect(report.failure).toEqual({ code: 'deploy-cancelled' });
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:2$/);
    expect(release()).toEqual(before);
  });
});

describe('the smoke check', () => {
  it('that passes ends the deploy well', async () => {
    await releasedService(world);
    const asked: string[] = [];
    world.whenAsked((url) => {
      asked.push(url);
      return Promise.resolve({ status: asked.length < 3 ? 503 : 200, body: 'ok' });
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      smoke: smoke(),
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(asked).toHaveLength(3);
    expect(report.summary).toContain('https://shop.example/health');
    expect(report.summary).not.toContain('secret-query');
  });

  it('that fails rolls the service back, with what was wrong', async () => {
    await releasedService(world);
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag, {
      smoke: smoke(),
    });
    expect(report.failure).toEqual({ code: 'deploy-rolled-back' });
    expect(report.message).toContain('answered 500 instead of 200-399');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'smoke-check' });
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
  });

  it('that fails at a first release leaves it, and says so', async () => {
    await serviceWithContract(world);
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag, {
      smoke: smoke(),
    });
    expect(report.failure).toEqual({ code: 'deploy-smoke-check-failed' });
    expect(report.message).toContain('no earlier release');
  });
});

function smoke(changes: Partial<SmokeCheck> = {}): SmokeCheck {
  return {
    url: 'https://shop.example/health?token=secret-query',
    statuses: [{ from: 200, to: 399 }],
    body: undefined,
    timeoutSeconds: 10,
    attempts: 5,
    ...changes,
  };
}

function startedBy(what: string): string {
  return `infra-actions/${what}/7/${taskOrigin.commit.slice(0, 12)}`;
}
