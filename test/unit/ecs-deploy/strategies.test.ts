import type { Diagnosis } from '../../../actions/ecs-deploy/rollout/diagnosis.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  contract,
  contractParameter,
  deployWorld,
  pushImage,
  releaseParameter,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, lambdaHook, pauseHook } from '../../support/ecs-emulator.js';
import {
  continueIt,
  deployTag,
  HOOK_FUNCTION,
  runningOn,
  strategies,
  type StrategyName,
} from '../../support/ecs-strategies.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

const names = Object.keys(strategies) as StrategyName[];

function push(fate = 'healthy'): string {
  return pushImage(world.fixture, 'shop/web:v2', { EMULATOR_FATE: fate }).tag;
}

/** Runs once, at the first look after the deployment has come to the stage. */
function at(stage: string, act: () => unknown): void {
  let done = false;
  world.whileSleeping(async () => {
    const [rollout] = await world.fixture.rollouts();
    if (done || rollout?.lifecycleStage !== stage) return;
    done = true;
    await act();
  });
}

async function stopByHand(): Promise<void> {
  const [rollout] = await world.fixture.rollouts();
  await world.fixture.call('StopServiceDeployment', {
    serviceDeploymentArn: rollout?.serviceDeploymentArn,
  });
}

/** From the end that ECS dates to the verdict, seconds. */
async function lag(report: Report): Promise<number> {
  const ours = (await world.fixture.rollouts()).find(
    ({ serviceDeploymentArn }) => serviceDeploymentArn === report.outputs['service-deployment-arn'],
  );
  return world.fixture.clock.now() / 1000 - (ours?.finishedAt ?? NaN);
}

function diagnosisOf(report: Report): Partial<Diagnosis> {
  return JSON.parse(report.outputs['diagnosis'] || '{}') as Partial<Diagnosis>;
}

const crash = { EMULATOR_FATE: 'crash:3' };

const told = () => world.log.map(({ message }) => message).join('\n');

describe.each(names)('a %s deployment', (name) => {
  it('succeeds, tells each stage, and is the current release', async () => {
    await runningOn(world, name);
    const report = await deployTag(world, push());
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(await lag(report)).toBeLessThanOrEqual(5);
    const lines = {
      'blue-green': [/blue-green: bakes 2 min/, /blue-green: removes the old tasks/],
      canary: [/canary: 5 % of traffic, bakes 2 min/, /canary: bakes 1 min/],
      linear: [/linear: 40 % of traffic, bakes 1 min/, /80 % of traffic/, /linear: bakes 1 min/],
    };
    for (const line of [/starts the new tasks/, ...lines[name]]) expect(told()).toMatch(line);
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      status: 'succeeded',
      taskDefinition: report.outputs['task-definition-arn'],
    });
    expect(report.summary).toContain('section Stages');
    expect(report.summary).toMatch(/bake time :b\d+, \d{13}, \d{13}/);
  });

  it('whose tasks crash is rolled back, with exit code', async () => {
    await runningOn(world, name);
    const report = await deployTag(world, push('crash:3'));
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(await lag(report)).toBeLessThanOrEqual(5);
    expect(diagnosisOf(report)).toMatchObject({ code: 'container-exited', container: 'app' });
  });

  it('whose hook fails is rolled back: the function and the stage are named', async () => {
    await runningOn(world, name, {
      lifecycleHooks: [lambdaHook(HOOK_FUNCTION, ['POST_TEST_TRAFFIC_SHIFT'])],
    });
    world.fixture.ecs.control('hooks', { [HOOK_FUNCTION]: 'failed' });
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(await lag(report)).toBeLessThanOrEqual(5);
    expect(diagnosisOf(report).code).toBe('lifecycle-hook');
    expect(report.message).toMatch(/smoke-test failed in POST_TEST_TRAFFIC_SHIFT/);
  });

  it('is rolled back by an alarm in the bake time, which is named', async () => {
    await runningOn(world, name, {
      alarms: { alarmNames: ['web-5xx'], enable: true, rollback: true },
    });
    at('BAKE_TIME', () => void world.fixture.ecs.control('alarms', { 'web-5xx': 'ALARM' }));
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(await lag(report)).toBeLessThanOrEqual(5);
    expect(diagnosisOf(report)).toMatchObject({ code: 'alarm', cause: 'alarm web-5xx fired' });
  });

  it('is failed by an alarm that does not roll back', async () => {
    await runningOn(world, name, {
      alarms: { alarmNames: ['web-5xx'], enable: true, rollback: false },
    });
    at('BAKE_TIME', () => void world.fixture.ecs.control('alarms', { 'web-5xx': 'ALARM' }));
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('failed');
    expect(diagnosisOf(report).code).toBe('alarm');
  });

  it('is stopped by hand', async () => {
    await runningOn(world, name);
    at('BAKE_TIME', stopByHand);
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('stopped');
    expect(await lag(report)).toBeLessThanOrEqual(5);
  });

  it('is superseded, by what is named', async () => {
    await runningOn(world, name);
    const other = await world.fixture.define(pushImage(world.fixture, 'shop/web:other').tag, {
      family: 'other',
    });
    at('BAKE_TIME', () => world.fixture.update({ taskDefinition: other }));
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('superseded');
    expect(report.message).toContain('other:1');
  });

  describe('with a pause', () => {
    beforeEach(() =>
      runningOn(world, name, { lifecycleHooks: [pauseHook(['POST_TEST_TRAFFIC_SHIFT'], 60)] }),
    );

    it('ends as paused, says how to go on, and is continued by a fresh job', async () => {
      const paused = await deployTag(world, push());
      expect(paused.failure).toBeUndefined();
      const [rollout] = await world.fixture.rollouts();
      const hook = rollout?.lifecycleHookDetails?.[0];
      expect(paused.outputs).toMatchObject({
        outcome: 'paused',
        'hook-id': hook?.hookId,
        'service-deployment-arn': rollout?.serviceDeploymentArn,
        'paused-stage': 'POST_TEST_TRAFFIC_SHIFT',
        'expires-at': new Date((hook?.expiresAt ?? 0) * 1000).toISOString(),
      });
      expect(paused.summary).toContain('command: continue');
      const before = world.parameters.get(releaseParameter);

      await world.fixture.advance(600, undefined, 60);
      const report = await continueIt(world);
      expect(report).toMatchObject({
        failure: undefined,
        outputs: {
          outcome: 'succeeded',
          'task-definition-arn': paused.outputs['task-definition-arn'],
          'previous-task-definition-arn': paused.outputs['previous-task-definition-arn'],
          'image-digest': paused.outputs['image-digest'],
          'service-deployment-arn': paused.outputs['service-deployment-arn'],
          'deployment-id': paused.outputs['deployment-id'],
        },
      });
      expect(await lag(report)).toBeLessThanOrEqual(5);
      const release = world.parameters.get(releaseParameter);
      expect(release).not.toBe(before);
      expect(JSON.parse(release ?? '{}')).toMatchObject({
        status: 'succeeded',
        commit: 'c0ffee',
        run: 'https://github.com/acme/shop/actions/runs/7',
        taskDefinition: report.outputs['task-definition-arn'],
        images: { app: expect.stringContaining(report.outputs['image-digest'] ?? '') as string },
      });
    });

    it('is rolled back as asked, which is a success and no release', async () => {
      await deployTag(world, push());
      const before = world.parameters.get(releaseParameter);
      const report = await continueIt(world, { decision: 'rollback' });
      expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'rolled-back' } });
      expect(report.message).toContain('as asked');
      expect(await lag(report)).toBeLessThanOrEqual(5);
      expect(world.parameters.get(releaseParameter)).toBe(before);
    });

    it('is rolled back by ECS when it expires', async () => {
      const report = await deployTag(world, push(), { onPause: 'wait', timeoutMinutes: 90 });
      expect(report.outputs['outcome']).toBe('rolled-back');
      expect(diagnosisOf(report).code).toBe('lifecycle-hook');
      expect(report.message).toMatch(/nobody answered the pause in POST_TEST_TRAFFIC_SHIFT/);
    });

    it('is waited for until somebody else continues it', async () => {
      let looks = 0;
      world.whileSleeping(async () => {
        const [rollout] = await world.fixture.rollouts();
        const hook = rollout?.lifecycleHookDetails?.[0];
        if (hook?.status !== 'AWAITING_ACTION' || (looks += 1) !== 20) return;
        await world.fixture.call('ContinueServiceDeployment', {
          serviceDeploymentArn: rollout?.serviceDeploymentArn,
          hookId: hook.hookId,
          action: 'CONTINUE',
        });
      });
      const report = await deployTag(world, push(), { onPause: 'wait' });
      expect(report.outputs['outcome']).toBe('succeeded');
      expect(told()).toContain('paused in POST_TEST_TRAFFIC_SHIFT until');
    });
  });
});

describe('a hook', () => {
  it('that gives no verdict in time is the cause', async () => {
    await runningOn(world, 'blue-green', {
      lifecycleHooks: [
        {
          ...lambdaHook(HOOK_FUNCTION, ['PRE_SCALE_UP']),
          timeoutConfiguration: { timeoutInMinutes: 2 },
        },
      ],
    });
    world.fixture.ecs.control('hooks', { [HOOK_FUNCTION]: 'never' });
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(report.message).toMatch(/smoke-test in PRE_SCALE_UP gave no verdict/);
  });

  it('that takes its time is waited for', async () => {
    await runningOn(world, 'canary', {
      lifecycleHooks: [lambdaHook(HOOK_FUNCTION, ['POST_SCALE_UP'])],
    });
    world.fixture.ecs.control('hooks', { [HOOK_FUNCTION]: 'in-progress:4' });
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('succeeded');
  });
});

describe('the time limit', () => {
  it('does not count the bake times that the strategy plans', async () => {
    await runningOn(world, 'linear');
    const report = await deployTag(world, push(), { timeoutMinutes: 2 });
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('counts everything else', async () => {
    await runningOn(world, 'linear');
    const report = await deployTag(world, push('slow:600'), { timeoutMinutes: 2 });
    expect(report.outputs['outcome']).toBe('timed-out');
  });
});

describe('a role that may not read service deployments', () => {
  it('is judged by the service', async () => {
    await runningOn(world, 'blue-green');
    world.intercept((operation) => {
      if (/ServiceDeployments$/.test(operation)) throw denied();
    });
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('succeeded');
    const bad = await deployTag(world, pushImage(world.fixture, 'shop/web:v3', crash).tag);
    expect(bad.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
  });
});

describe('settings that the contract changes', () => {
  const deployment = {
    minimumHealthyPercent: 50,
    maximumPercent: 150,
    circuitBreaker: { enable: true, rollback: false },
  };

  function contractWith(settings: object): void {
    const text = JSON.stringify({ ...contract({ strategy: 'canary' }), ...settings });
    world.parameters.set(contractParameter, text);
  }

  it('are sent with the whole configuration, which ECS would refuse in part', async () => {
    await runningOn(world, 'canary', {
      lifecycleHooks: [lambdaHook(HOOK_FUNCTION, ['PRE_SCALE_UP'])],
    });
    const before = (await world.fixture.service()).deploymentConfiguration;
    contractWith({ deployment });
    const report = await deployTag(world, push());
    expect(report.outputs['outcome']).toBe('succeeded');
    expect((await world.fixture.service()).deploymentConfiguration).toEqual({
      ...before,
      minimumHealthyPercent: 50,
      maximumPercent: 150,
      deploymentCircuitBreaker: { enable: true, rollback: false },
    });
    expect(told()).toContain('with the settings of the contract');
  });

  it('are not sent where they are so already', async () => {
    await runningOn(world, 'canary');
    const same = { minimumHealthyPercent: 100, maximumPercent: 200 };
    contractWith({ deployment: { ...same, circuitBreaker: { enable: true, rollback: true } } });
    await deployTag(world, push());
    expect(told()).not.toContain('with the settings of the contract');
  });
});

function denied(): Error {
  return new AwsError('AccessDeniedException', 'not authorized');
}
