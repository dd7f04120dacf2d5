import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { taskSet } from '../../support/codedeploy.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  codeDeployWorld,
  messages,
  origin,
  primary,
  runningCodeDeployWorld,
  withHooks,
} from '../../support/codedeploy-deploys.js';
import { deployInputs, pushImage, releaseParameter } from '../../support/ecs.js';
import { wantedImage } from '../../support/ecs-tasks.js';

const CANARY = 'CodeDeployDefault.ECSCanary10Percent5Minutes';
const LINEAR = 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes';

describe('the first deploy', () => {
  it('is deployed at 0 tasks, and its count set after: the placeholder is never started', async () => {
    const world = await codeDeployWorld();
    const started: string[] = [];
    world.whileSleeping(async () => {
      for (const task of await world.fixture.tasks()) started.push(task.taskDefinitionArn ?? '');
    });
    const image = pushImage(world.fixture, 'shop/web:v1');
    const startedMs = world.fixture.clock.now();
    const report = await world.deploy(image.tag);
    expect(report.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    // The five minutes for which old tasks are kept are not waited for: there are none.
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(120_000);
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
    expect(world.parameters.has(releaseParameter)).toBe(false);
    const good = pushImage(world.fixture, 'shop/web:good');
    const next = await world.deploy(good.tag);
    expect(next.outputs['outcome']).toBe('succeeded');
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 2 });
  });
});

describe('a first deploy that CodeDeploy itself does not bring through', () => {
  it('before its service has a count leaves no record', async () => {
    const world = await codeDeployWorld();
    world.onceWhile(
      async () => (await world.newestDeployment()) !== '',
      async () => world.call('StopDeployment', { deploymentId: await world.newestDeployment() }),
    );
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag);
    expect(report.outputs['outcome']).toBe('stopped');
    expect((await world.fixture.service()).desiredCount).toBe(0);
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });

  it('is told once where its record cannot be removed', async () => {
    const world = await codeDeployWorld();
    let removals = 0;
    const remove = (): Promise<void> => {
      removals += 1;
      return Promise.reject(new OperationError('aws-access-denied', 'no'));
    };
    const ports = { ...world.ports, parameters: { ...world.ports.parameters, remove } };
    world.onceWhile(
      async () => (await world.newestDeployment()) !== '',
      async () => world.call('StopDeployment', { deploymentId: await world.newestDeployment() }),
    );
    const image = wantedImage(pushImage(world.fixture, 'shop/web:v1').tag);
    const report = await runCommand(ports, deployInputs({ image }), origin);
    expect(report.outputs['outcome']).toBe('stopped');
    expect(report.message).toContain(`aws ssm delete-parameter --name ${releaseParameter}`);
    expect(removals).toBe(1);
  });

  it('after its service was given a count leaves neither', async () => {
    const world = await codeDeployWorld();
    const codeDeploy = { appSpec: withHooks(world, { AfterAllowTestTraffic: 'smoke' }) };
    world.control('hooks', { function: 'smoke', status: 'Failed' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag, { codeDeploy });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect((await world.fixture.service()).desiredCount).toBe(0);
    expect(world.parameters.has(releaseParameter)).toBe(false);
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
    const log = messages(world);
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
    expect(report.summary).toMatch(new RegExp(`\\n  ${event} :crit, b\\d+, \\d+, \\d+\\n`));
    expect(report.summary.includes('section Rollback')).toBe(outcome === 'rolled-back');
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
      () => messages(world).includes('10 % of the traffic'),
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
