import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { followCodeDeploy } from '../../../actions/ecs-deploy/strategies/code-deploy/follow.js';
import { stopCodeDeploy } from '../../../actions/ecs-deploy/strategies/code-deploy/stop.js';
import { AwsError } from '../../../emulator/aws-error.js';
import { taskSet } from '../../support/codedeploy.js';
import {
  codeDeployWorld,
  origin,
  runningCodeDeployWorld,
  type CodeDeployWorld,
} from '../../support/codedeploy-deploys.js';
import { deployInputs, pushImage, releaseParameter } from '../../support/ecs.js';

const CANARY = 'CodeDeployDefault.ECSCanary10Percent5Minutes';
const LINEAR = 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes';

async function messages(world: CodeDeployWorld): Promise<string> {
  return Promise.resolve(world.log.map(({ message }) => message).join('\n'));
}

/** An AppSpec file with hooks, as a repository holds it. */
function withHooks(world: CodeDeployWorld, hooks: Readonly<Record<string, string>>): string {
  const path = '.aws/appspec-v1-dev.yaml';
  world.files.set(
    path,
    [
      'version: 0.0',
      'Resources:',
      '  - TargetService:',
      '      Type: AWS::ECS::Service',
      '      Properties:',
      '        TaskDefinition: <TASK_DEFINITION>',
      '        LoadBalancerInfo:',
      '          ContainerName: "app"',
      '          ContainerPort: 8080',
      'Hooks:',
      ...Object.entries(hooks).map(([event, name]) => `  - ${event}: "${name}"`),
      '',
    ].join('\n'),
  );
  return path;
}

async function primary(world: CodeDeployWorld): Promise<string> {
  return taskSet(await world.fixture.service(), 'PRIMARY').taskDefinition ?? '';
}

describe('the first deploy', () => {
  it('is deployed at 0 tasks, and its count set after: the placeholder is never started', async () => {
    const world = await codeDeployWorld();
    const started: string[] = [];
    world.whileSleeping(async () => {
      for (const task of await world.fixture.tasks()) started.push(task.taskDefinitionArn ?? '');
    });
    const image = pushImage(world.fixture, 'shop/web:v1');
    const report = await world.deploy(image.tag);
    expect(report.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 2, runningCount: 2 });
    expect(new Set(started.map((arn) => arn.replace(/.*\//, '')))).toEqual(new Set(['web:1']));
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      status: 'succeeded',
    });
    expect(report.summary).toContain('as asked, by digest');
  });

  it('sets the count before where hooks are to test the tasks', async () => {
    const world = await codeDeployWorld();
    const appSpec = withHooks(world, { AfterAllowTestTraffic: 'smoke' });
    const { tag } = pushImage(world.fixture, 'shop/web:v1');
    const dry = await world.deploy(tag, { dryRun: true, codeDeploy: { appSpec } });
    expect(dry.message).toMatch(/set-desired-count.*\n.*create-deployment.*\n.*follow-code-deploy/);
    const report = await world.deploy(tag, { codeDeploy: { appSpec } });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(taskSet(await world.fixture.service(), 'PRIMARY')).toMatchObject({ runningCount: 2 });
  });

  it('that fails leaves no tasks, and can be tried again', async () => {
    const world = await codeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    const report = await world.deploy(bad.tag);
    expect(report.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
    expect((await world.fixture.service()).desiredCount).toBe(0);
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      status: 'starting',
    });
    const good = pushImage(world.fixture, 'shop/web:good');
    const next = await world.deploy(good.tag);
    expect(next.outputs['outcome']).toBe('succeeded');
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 2 });
  });
});

describe('a further deploy', () => {
  it.each([
    ['at once', undefined, 100],
    ['by canary', CANARY, 400],
    ['linear', LINEAR, 640],
  ])('%s succeeds when all traffic is shifted', async (_, config, longestSeconds) => {
    const world = await runningCodeDeployWorld();
    const image = pushImage(world.fixture, 'shop/web:v2');
    const startedMs = world.fixture.clock.now();
    const report = await world.deploy(image.tag, { codeDeploy: { config } });
    const tookSeconds = (world.fixture.clock.now() - startedMs) / 1000;
    expect(report.failure).toBeUndefined();
    expect(report.outputs).toMatchObject({
      outcome: 'succeeded',
      'codedeploy-deployment-id': await world.newestDeployment(),
      'image-digest': image.digest,
    });
    expect(tookSeconds).toBeLessThan(longestSeconds);
    expect(report.message).toContain('CodeDeploy ends the old tasks within 5 min');
    expect(await primary(world)).toBe(report.outputs['task-definition-arn']);
    expect(report.summary).toContain('as asked, by digest');
    // The count belongs to Terraform: nothing of it is sent.
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('tells lifecycle events and shares of the traffic as they come', async () => {
    const world = await runningCodeDeployWorld();
    const appSpec = withHooks(world, { AfterInstall: 'smoke' });
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { config: CANARY, appSpec },
    });
    const log = await messages(world);
    for (const part of [
      'BeforeInstall succeeded',
      'Install in progress',
      'AfterInstall (Lambda smoke) succeeded',
      'with 10 % of the traffic',
      'AllowTraffic succeeded',
      'all traffic is at the new tasks; the old ones stay for 5 min',
    ]) {
      expect(log).toContain(part);
    }
  });

  it('carries commit and run in its description', async () => {
    const world = await runningCodeDeployWorld();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    const deploymentId = report.outputs['codedeploy-deployment-id'];
    const { deploymentInfo } = await world.call('GetDeployment', { deploymentId });
    expect(deploymentInfo).toMatchObject({
      description: `infra-actions ecs-deploy, commit ${origin.commit}, run ${origin.run}`,
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    });
  });

  it('waits for the old tasks’ end where that is asked', async () => {
    const world = await runningCodeDeployWorld();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { waitForTermination: true },
    });
    expect(report.outputs['outcome']).toBe('succeeded');
    const deploymentId = report.outputs['codedeploy-deployment-id'];
    const { deploymentInfo } = await world.call('GetDeployment', { deploymentId });
    expect(deploymentInfo).toMatchObject({ status: 'Succeeded' });
  });

  it('does nothing where the service runs it already, also while old tasks are left', async () => {
    const world = await runningCodeDeployWorld();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    await world.deploy(tag);
    world.calls.clear();
    const report = await world.deploy(tag);
    expect(report.outputs['outcome']).toBe('no-op');
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('only starts it without wait', async () => {
    const world = await runningCodeDeployWorld();
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    expect(report.outputs).toMatchObject({
      outcome: 'started',
      'codedeploy-deployment-id': await world.newestDeployment(),
    });
  });

  it('prints its steps and the AppSpec, and changes nothing, in a dry run', async () => {
    const world = await runningCodeDeployWorld();
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    const report = await world.deploy(tag, { dryRun: true });
    expect(report.outputs['outcome']).toBe('dry-run');
    expect(report.message).toMatch(
      /register-task-definition.*\n.*create-deployment in shop-web\/shop-web-dev.*\n.*follow-code-deploy.*\n.*write-release-current/,
    );
    for (const text of [report.message, report.summary]) {
      expect(text).toContain('TaskDefinition: "<TASK_DEFINITION>"');
      expect(text).toContain('ContainerPort: 8080');
    }
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
  });

  it('survives looks that fail for a while', async () => {
    const world = await runningCodeDeployWorld();
    let looks = 0;
    world.intercept((operation) => {
      if (operation !== 'GetDeployment') return;
      looks += 1;
      if (looks < 4) throw new AwsError('ThrottlingException', 'slow down');
    });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
  });
});

describe('a hook that fails', () => {
  it.each([
    ['BeforeInstall', 'failed'],
    ['AfterInstall', 'rolled-back'],
    ['AfterAllowTestTraffic', 'rolled-back'],
    ['BeforeAllowTraffic', 'rolled-back'],
    ['AfterAllowTraffic', 'rolled-back'],
  ])('%s is named with its Lambda and what it said: %s', async (event, outcome) => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    world.control('hooks', { function: 'smoke', status: 'Failed', message: 'GET / gave 503' });
    const appSpec = withHooks(world, { [event]: 'smoke' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { appSpec },
    });
    expect(report.outputs['outcome']).toBe(outcome);
    expect(report.failure).toEqual({ code: `deploy-${outcome}` });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'lifecycle-hook',
      cause: `hook ${event} (Lambda function smoke) failed: GET / gave 503`,
    });
    expect(await primary(world)).toBe(before);
    const rollback = await world.newestDeployment();
    expect(report.message.includes(rollback)).toBe(true);
  });

  it('without automatic rollback leaves the deployment as it is, and says so', async () => {
    const world = await runningCodeDeployWorld({ group: { autoRollbackConfiguration: undefined } });
    world.control('hooks', { function: 'smoke', status: 'Failed' });
    const appSpec = withHooks(world, { AfterInstall: 'smoke' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { appSpec },
    });
    expect(report.outputs['outcome']).toBe('failed');
    expect(report.message).toContain('was not rolled back');
  });

  it('and a rollback that fails too are told both', async () => {
    const world = await runningCodeDeployWorld();
    world.control('hooks', { function: 'smoke', status: 'Failed' });
    world.control('rollbacks', { failure: 'the listener is gone' });
    const appSpec = withHooks(world, { AfterAllowTraffic: 'smoke' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { appSpec },
    });
    expect(report.outputs['outcome']).toBe('failed');
    expect(report.message).toMatch(/its rollback d-\w+ failed/);
    expect(await primary(world)).toBe(report.outputs['task-definition-arn']);
  });
});

describe('an alarm', () => {
  it('that fires is named, told within one poll, and rolled back', async () => {
    const world = await runningCodeDeployWorld();
    let firedMs = 0;
    world.onceWhile(
      async () => (await messages(world)).includes('10 % of the traffic'),
      () => {
        firedMs = world.fixture.clock.now();
        world.control('alarms', { name: 'web-5xx', state: 'ALARM' });
      },
    );
    const before = await primary(world);
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, {
      codeDeploy: { config: CANARY },
    });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'alarm',
      cause: 'alarm web-5xx fired',
    });
    expect(await primary(world)).toBe(before);
    const told = world.log.find(({ level }) => level === 'error');
    expect(told?.message).toContain('web-5xx');
    expect((told?.atMs ?? Infinity) - firedMs).toBeLessThanOrEqual(6000);
  });

  it('without rollback is a failure', async () => {
    const world = await runningCodeDeployWorld({ group: { autoRollbackConfiguration: undefined } });
    world.control('alarms', { name: 'web-5xx', state: 'ALARM' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(report.outputs['outcome']).toBe('failed');
  });
});

describe('a deployment that others interfere with', () => {
  async function stoppedBy(world: CodeDeployWorld, input: object, then?: () => Promise<unknown>) {
    world.onceWhile(
      async () => (await messages(world)).includes('10 % of the traffic'),
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
      const { revision } = deploymentInfo as { revision: object };
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

  it('goes on when the job is cancelled, and says how to stop it', async () => {
    const world = await runningCodeDeployWorld();
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
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
    const report = await world.deploy(bad.tag, { timeoutMinutes: 3 });
    expect(report.outputs).toMatchObject({ outcome: 'timed-out', 'exit-code': '3' });
    expect(report.message).toContain('no such table: orders');
    expect(report.message).toContain('aws deploy stop-deployment');
    const warning = world.log.find(({ level }) => level === 'warning');
    expect(warning?.message).toContain('exited with code 3');
  });

  it('are the cause when CodeDeploy gives up after its hour', async () => {
    const world = await runningCodeDeployWorld();
    const bad = pushImage(world.fixture, 'shop/web:bad', crash);
    const report = await world.deploy(bad.tag, { timeoutMinutes: 90, pollIntervalSeconds: 30 });
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

describe('a deployment group that waits for someone to reroute', () => {
  const group = {
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 10 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
    },
  };

  it('is told about, with the command; the deploy goes on when someone does', async () => {
    const world = await codeDeployWorld({ group });
    world.onceWhile(
      async () => (await messages(world)).includes('waits for its rerouting'),
      async () => {
        const deploymentId = await world.newestDeployment();
        await world.call('ContinueDeployment', { deploymentId, deploymentWaitType: 'READY_WAIT' });
      },
    );
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(await messages(world)).toContain('aws deploy continue-deployment');
  });

  it('stops it when nobody does', async () => {
    const world = await codeDeployWorld({ group });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag);
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
    expect(await messages(world)).toContain(`is busy with ${other}`);
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
  it('says whether a deployment is in progress', async () => {
    const world = await runningCodeDeployWorld();
    const { aws, target, logLines } = deployInputs();
    const status = (): Promise<Report> =>
      runCommand(world.ports, { command: 'status', aws, target, logLines }, origin);
    expect((await status()).outputs['outcome']).toBe('succeeded');
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    await world.fixture.advance(10);
    expect((await status()).outputs['outcome']).toBe('in-progress');
  });
});

describe('a deployment without hope', () => {
  it('is stopped and rolled back by the rule that is given', async () => {
    const world = await runningCodeDeployWorld();
    const before = await primary(world);
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    const started = await world.deploy(bad.tag, { wait: false });
    const deploymentId = started.outputs['codedeploy-deployment-id'] ?? '';
    const followed = await followCodeDeploy(world.ports, {
      ...{ cluster: 'main', serviceName: 'web', logLines: 5, knownEventIds: new Set<string>() },
      ...{ application: 'shop-web', group: 'shop-web-dev', deploymentId, termination: 'leave' },
      taskDefinitionArn: started.outputs['task-definition-arn'] ?? '',
      definition: {},
      pollIntervalSeconds: 5,
      deadlineMs: world.fixture.clock.now() + 600_000,
      giveUp: (tasks) => (tasks.length >= 3 ? 'its tasks keep failing' : undefined),
    });
    expect(followed).toMatchObject({
      outcome: 'rolled-back',
      diagnosis: { code: 'container-exited', exitCode: 3 },
    });
    expect(followed.durationSeconds).toBeLessThan(120);
    expect(await primary(world)).toBe(before);
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
