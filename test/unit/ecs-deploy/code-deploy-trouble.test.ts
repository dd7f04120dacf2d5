import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { stopCodeDeploy } from '../../../actions/ecs-deploy/strategies/code-deploy/stop.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  codeDeployWorld,
  messages,
  origin,
  primary,
  runningCodeDeployWorld,
  withHooks,
  type CodeDeployWorld,
} from '../../support/codedeploy-deploys.js';
import { deployInputs, pushImage } from '../../support/ecs.js';
import { continueIt } from '../../support/ecs-strategies.js';

const CANARY = 'CodeDeployDefault.ECSCanary10Percent5Minutes';
const LINEAR = 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes';

describe('a deployment that others interfere with', () => {
  async function stoppedBy(world: CodeDeployWorld, input: object, then?: () => Promise<unknown>) {
    world.onceWhile(
      () => messages(world).includes('10 % of the traffic'),
      async () => {
        const deploymentId = await world.newestDeployment();
        await world.call('StopDeployment', { deploymentId, ...input });
        await then?.();
      },
    );
    return world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { config: CANARY },
    });
  }

  it('is stopped by hand with a rollback, which is followed', async () => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    const report = await stoppedBy(world, { autoRollbackEnabled: true });
    expect(report.outputs['outcome']).toBe('stopped');
    expect(report.message).toContain('MANUAL_STOP');
    expect(await primary(world)).toBe(before);
  });

  it('is stopped by hand without a rollback', async () => {
    const world = await runningCodeDeployWorld();
    const report = await stoppedBy(world, { autoRollbackEnabled: false });
    expect(report.outputs['outcome']).toBe('stopped');
  });

  it('is superseded by another one, which is named', async () => {
    const world = await runningCodeDeployWorld();
    let other = '';
    const report = await stoppedBy(world, {}, async () => {
      await world.fixture.advance(3);
      const [service] = (await world.fixture.service()).taskSets ?? [];
      const { deploymentInfo } = await world.call('GetDeployment', {
        deploymentId: await world.newestDeployment(),
      });
      const { revision: known } = deploymentInfo as { revision: object };
      const { revision } = await world.call('GetApplicationRevision', {
        applicationName: 'shop-web',
        revision: known,
      });
      expect(service).toBeDefined();
      const created = await world.call('CreateDeployment', {
        applicationName: 'shop-web',
        deploymentGroupName: 'shop-web-dev',
        revision,
      });
      other = String(created['deploymentId']);
    });
    expect(report.outputs['outcome']).toBe('superseded');
    expect(report.message).toContain(other);
  });

  it('is rolled back when the job is cancelled', async () => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('cancelled');
    await world.fixture.advance(600);
    expect(await primary(world)).toBe(before);
  });

  it('is left alone when the job is cancelled, where that is asked for', async () => {
    const world = await runningCodeDeployWorld();
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      onCancel: 'leave',
    });
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(report.message).toContain(
      `aws deploy stop-deployment --auto-rollback-enabled --deployment-id ${await world.newestDeployment()}`,
    );
  });
});

describe('tasks that cannot start', () => {
  const crash = { EMULATOR_FATE: 'crash:3', EMULATOR_LOG: 'starting\nno such table: orders' };

  it('are told while CodeDeploy waits for them, with exit code and log line; it times out', async () => {
    const world = await runningCodeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:bad', crash);
    const report = await world.deploy(bad.tag, {
      ...{ timeoutMinutes: 3, earlyEnd: false, onCancel: 'leave' },
    });
    expect(report.outputs).toMatchObject({ outcome: 'timed-out', 'exit-code': '3' });
    expect(report.message).toContain('no such table: orders');
    expect(report.message).toContain('aws deploy stop-deployment');
    const warning = world.log.find(({ level }) => level === 'warning');
    expect(warning?.message).toContain('exited with code 3');
  });

  it('end the deployment as soon as they can only fail again', async () => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:bad', crash).tag);
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(await primary(world)).toBe(before);
  });

  it('are the cause when CodeDeploy gives up after its hour', async () => {
    const world = await runningCodeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:bad', crash);
    const report = await world.deploy(bad.tag, {
      ...{ timeoutMinutes: 90, pollIntervalSeconds: 30, earlyEnd: false },
    });
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'container-exited',
      lastLogLine: 'no such table: orders',
    });
  });

  it('because the image cannot be pulled name it', async () => {
    const world = await runningCodeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:gone', { EMULATOR_FATE: 'pull-failure' });
    const report = await world.deploy(bad.tag, { timeoutMinutes: 2 });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
  });
});

it('tasks of a first deploy that are slow to start time out, and that is what is said', async () => {
  const world = await codeDeployWorld();
  const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:600' });
  const report = await world.deploy(slow.tag, { timeoutMinutes: 2 });
  expect(report.outputs['outcome']).toBe('timed-out');
  expect(report.message).toMatch(/^d-\w+ has deployed web:1, but not all of its tasks run/);
});

describe('a deployment group that waits for someone to reroute', () => {
  const group = {
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 10 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
    },
  };

  it('ends the step as paused, and goes on with the command continue', async () => {
    const world = await runningCodeDeployWorld();
    await world.call('UpdateDeploymentGroup', {
      applicationName: 'shop-web',
      currentDeploymentGroupName: 'shop-web-dev',
      ...group,
    });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.failure).toBeUndefined();
    expect(report.outputs).toMatchObject({
      outcome: 'paused',
      'codedeploy-deployment-id': await world.newestDeployment(),
    });
    expect(report.message).toContain('command "continue"');
    const ended = await continueIt(world);
    expect(ended.outputs['outcome']).toBe('succeeded');
    expect(await primary(world)).toBe(report.outputs['task-definition-arn']);
  });

  it('with "on-pause: wait" is told about; the deploy goes on when someone does', async () => {
    const world = await codeDeployWorld({ group });
    world.onceWhile(
      () => messages(world).includes('waits for its rerouting'),
      async () => {
        const deploymentId = await world.newestDeployment();
        await world.call('ContinueDeployment', { deploymentId, deploymentWaitType: 'READY_WAIT' });
      },
    );
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag, {
      onPause: 'wait',
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(messages(world)).toContain('command "continue"');
  });

  it('stops it when nobody does', async () => {
    const world = await codeDeployWorld({ group });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag, {
      onPause: 'wait',
    });
    expect(report.outputs['outcome']).toBe('stopped');
  });
});

describe('a group that is busy', () => {
  async function busyWorld(config?: string): Promise<CodeDeployWorld> {
    const world = await runningCodeDeployWorld();
    const other = pushImage(world.fixture, 'shop/web:other');
    await world.deploy(other.tag, { wait: false, codeDeploy: { config } });
    return world;
  }

  it('is waited for, and what it is busy with is named', async () => {
    const world = await busyWorld();
    const other = await world.newestDeployment();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(messages(world)).toContain(`is busy with ${other}`);
    expect(await primary(world)).toBe(report.outputs['task-definition-arn']);
  });

  it('is refused before anything is changed with "fail"', async () => {
    const world = await busyWorld();
    world.calls.clear();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    await expect(world.deploy(tag, { codeDeploy: { ifBusy: 'fail' } })).rejects.toMatchObject({
      problems: [{ code: 'deployment-in-flight' }],
    });
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('has its wait for old tasks ended with "end-termination"', async () => {
    const world = await busyWorld();
    const startedMs = world.fixture.clock.now();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { ifBusy: 'end-termination' },
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    // The five minutes of the first one's wait are not spent.
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(200_000);
  });

  it('for longer than the time limit is an error that names the deployment', async () => {
    const world = await busyWorld(LINEAR);
    const other = await world.newestDeployment();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    await expect(world.deploy(tag, { timeoutMinutes: 2 })).rejects.toMatchObject({
      code: 'deployment-in-flight',
      details: { deploymentId: other },
    });
  });

  it('with this very revision is followed, not deployed again', async () => {
    const world = await runningCodeDeployWorld();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    await world.deploy(tag, { wait: false });
    world.calls.clear();
    const report = await world.deploy(tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('is left alone by a job that is cancelled while it waits', async () => {
    const world = await busyWorld();
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs).toMatchObject({ outcome: 'cancelled', 'codedeploy-deployment-id': '' });
  });
});

describe('a role with the rights that other tools ask for', () => {
  const lacking = /^(ListDeployments|ListDeploymentTargets|BatchGet.*|ListApplications)$/;
  const named = { application: 'shop-web', deploymentGroup: 'shop-web-dev' };

  async function poorWorld(): Promise<CodeDeployWorld> {
    const world = await runningCodeDeployWorld();
    world.intercept((operation) => {
      if (lacking.test(operation)) throw new AwsError('AccessDeniedException', 'not authorized');
    });
    return world;
  }

  it('deploys, and is told once what it cannot see', async () => {
    const world = await poorWorld();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: named,
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    const warnings = world.log.filter(({ level }) => level === 'warning');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('codedeploy:ListDeployments'),
      expect.stringContaining('codedeploy:ListDeploymentTargets'),
    ]);
  });

  it('gets the verdict of a failure with CodeDeploy’s own reason', async () => {
    const world = await poorWorld();
    world.control('hooks', { function: 'smoke', status: 'Failed' });
    const appSpec = withHooks(world, { AfterInstall: 'smoke' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { ...named, appSpec },
    });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(report.message).toContain('HOOK_EXECUTION_FAILURE');
  });
});

describe('the command status', () => {
  const status = (world: CodeDeployWorld): Promise<Report> => {
    const { aws, target, logLines } = deployInputs();
    return runCommand(world.ports, { command: 'status', aws, target, logLines }, origin);
  };

  it('says whether a deployment is in progress', async () => {
    const world = await runningCodeDeployWorld();
    expect((await status(world)).outputs).toMatchObject({
      ...{ outcome: 'succeeded', 'codedeploy-deployment-id': '' },
    });
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    await world.fixture.advance(10);
    expect((await status(world)).outputs).toMatchObject({
      outcome: 'in-progress',
      'codedeploy-deployment-id': await world.newestDeployment(),
    });
  });

  it('shows one that waits for the go, and how to answer', async () => {
    const world = await runningCodeDeployWorld();
    await world.call('UpdateDeploymentGroup', {
      ...{ applicationName: 'shop-web', currentDeploymentGroupName: 'shop-web-dev' },
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 10 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
      },
    });
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    const report = await status(world);
    expect(report.outputs).toMatchObject({
      outcome: 'paused',
      'codedeploy-deployment-id': await world.newestDeployment(),
    });
    expect(report.message).toContain('which deploys web:2, waits for someone');
    expect(report.summary).toContain('command: continue');
  });

  it('shows one that waits to end the old tasks, and how to end them or to go back', async () => {
    const world = await runningCodeDeployWorld();
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    const report = await status(world);
    expect(report.outputs['outcome']).toBe('in-progress');
    const id = await world.newestDeployment();
    const answer = `aws deploy continue-deployment --deployment-id ${id} --deployment-wait-type TERMINATION_WAIT`;
    expect(report.message).toContain(answer);
    expect(report.summary).toContain(answer);
    expect(report.message).toContain('command "rollback"');
  });

  it('names why the new tasks fail while CodeDeploy waits for them', async () => {
    const world = await runningCodeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    await world.deploy(bad.tag, { wait: false });
    await world.fixture.advance(120);
    const report = await status(world);
    expect(report.outputs).toMatchObject({ outcome: 'in-progress', 'exit-code': '3' });
  });

  it('is told without it where the role may not look', async () => {
    const world = await runningCodeDeployWorld();
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    await world.fixture.advance(10);
    world.intercept((operation) => {
      if (operation.includes('DeploymentGroup') || operation === 'ListApplications') {
        throw new AwsError('AccessDeniedException', 'no', 400);
      }
    });
    expect((await status(world)).outputs['outcome']).toBe('in-progress');
    expect(messages(world)).toContain('is not known');
  });
});

describe('a deployment without hope', () => {
  it('is stopped and rolled back', async () => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    const startedMs = world.fixture.clock.now();
    const report = await world.deploy(bad.tag);
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(120_000);
    expect(await primary(world)).toBe(before);
  });

  it('keeps its verdict where the role may not stop it', async () => {
    const world = await runningCodeDeployWorld();
    world.intercept((operation) => {
      if (operation === 'StopDeployment') throw new AwsError('AccessDeniedException', 'no');
    });
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    const report = await world.deploy(bad.tag, { timeoutMinutes: 90, pollIntervalSeconds: 30 });
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(world.calls.get('StopDeployment')).toBe(1);
    expect(messages(world)).toContain('codedeploy:StopDeployment');
  });

  it('can be stopped from outside, once', async () => {
    const world = await runningCodeDeployWorld();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    const started = await world.deploy(tag, { wait: false });
    const id = started.outputs['codedeploy-deployment-id'] ?? '';
    expect(await stopCodeDeploy(world.ports, id)).toBe('stopping');
    await world.fixture.advance(20);
    expect(await stopCodeDeploy(world.ports, id)).toBe('ended');
  });
});
