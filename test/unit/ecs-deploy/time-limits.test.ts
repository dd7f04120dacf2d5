import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import {
  predefinedRouting,
  shiftMinutes,
} from '../../../actions/ecs-deploy/strategies/code-deploy/planned-minutes.js';
import { AwsError } from '../../../emulator/aws-error.js';
import { taskSet } from '../../support/codedeploy.js';
import {
  origin,
  primary,
  runningCodeDeployWorld,
  type CodeDeployWorld,
} from '../../support/codedeploy-deploys.js';
import { deployInputs, deployWorld, pushImage, wantedImage } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import { deployTag, runningOn } from '../../support/ecs-strategies.js';

describe('the minutes that CodeDeploy shifts traffic for', () => {
  it.each([
    ['CodeDeployDefault.ECSAllAtOnce', 0],
    ['CodeDeployDefault.ECSCanary10Percent15Minutes', 15],
    ['CodeDeployDefault.ECSLinear10PercentEvery1Minutes', 9],
    ['CodeDeployDefault.ECSLinear10PercentEvery3Minutes', 27],
  ])('with %s are %d', (config, minutes) => {
    const routing = predefinedRouting(config);
    expect(routing && shiftMinutes(routing)).toBe(minutes);
  });

  it('of uneven steps count the last one', () => {
    expect(shiftMinutes({ kind: 'linear', percent: 40, intervalMinutes: 5 })).toBe(10);
  });

  it('are not to be read from a name that AWS has not given', () => {
    expect(predefinedRouting('shop-Linear10PercentEvery3Minutes')).toBeUndefined();
  });
});

describe('the time limit of a deployment of CodeDeploy', () => {
  let world: CodeDeployWorld;

  beforeEach(async () => {
    world = await runningCodeDeployWorld();
  });

  const deploy = (changes: Parameters<CodeDeployWorld['deploy']>[1]): Promise<Report> =>
    world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, changes);

  it('does not count the shifts of a predefined configuration', async () => {
    const config = 'CodeDeployDefault.ECSLinear10PercentEvery3Minutes';
    const report = await deploy({ timeoutMinutes: 3, codeDeploy: { config } });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('GetDeploymentConfig')).toBeUndefined();
  });

  const ownConfig = async (): Promise<string> => {
    const deploymentConfigName = 'shop-slowly';
    await world.call('CreateDeploymentConfig', {
      ...{ deploymentConfigName, computePlatform: 'ECS' },
      trafficRoutingConfig: {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: 25, linearInterval: 4 },
      },
    });
    return deploymentConfigName;
  };

  it('does not count the shifts of a configuration of one’s own', async () => {
    const report = await deploy({ timeoutMinutes: 3, codeDeploy: { config: await ownConfig() } });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('GetDeploymentConfig')).toBe(1);
  });

  it('counts them where the role may not read it, and says so once', async () => {
    world.intercept((operation) => {
      if (operation === 'GetDeploymentConfig') throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await deploy({ timeoutMinutes: 3, codeDeploy: { config: await ownConfig() } });
    expect(report.outputs['outcome']).toBe('timed-out');
    const warnings = world.log.filter(({ level }) => level === 'warning');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('codedeploy:GetDeploymentConfig'),
    ]);
  });

  it('does not count a wait for the old tasks’ end that is asked for', async () => {
    const report = await deploy({ timeoutMinutes: 3, codeDeploy: { waitForTermination: true } });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.log.some(({ message }) => message.includes('the old ones stay for 5 min'))).toBe(
      true,
    );
  });

  it('does not count a migration before it', async () => {
    const { tasks } = world.ports;
    const environment = { EMULATOR_FATE: 'crash:0:1500' };
    const run: typeof tasks.run = (request) =>
      tasks.run({ ...request, overrides: { ...request.overrides, environment } });
    const ports = { ...world.ports, tasks: { ...tasks, run } };
    const image = wantedImage(pushImage(world.fixture, 'shop/web:v2').tag);
    const around = {
      ...deployInputs().around,
      preDeploy: { command: ['rake', 'db:migrate'], container: undefined },
    };
    const inputs = deployInputs({ image, around, timeoutMinutes: 5 });
    const report = await runCommand(ports, inputs, origin);
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('is over where the new tasks do not come, and the deployment is rolled back', async () => {
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:3000' });
    const startedMs = world.fixture.clock.now();
    const report = await world.deploy(slow.tag, { timeoutMinutes: 3 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(200_000);
    expect(world.calls.get('StopDeployment')).toBe(1);
  });

  it('is followed by the rollback, until that has ended', async () => {
    const before = await primary(world);
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:3000' });
    const report = await world.deploy(slow.tag, { timeoutMinutes: 3 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(report.message).toMatch(/was stopped, and d-\w+ rolled back to web:1$/);
    expect(report.message).toContain('Install did not end');
    expect(report.summary).toContain('Rolled back by');
    expect(await primary(world)).toBe(before);
    const deployments = await world.call('ListDeployments', {
      includeOnlyStatuses: ['Created', 'InProgress'],
    });
    expect(deployments['deployments']).toEqual([]);
  });

  it('is "failed" where the rollback fails as well', async () => {
    world.control('rollbacks', { failure: 'the task set is gone' });
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'slow:3000' });
    const report = await world.deploy(slow.tag, { timeoutMinutes: 3 });
    expect(report.outputs['outcome']).toBe('failed');
    expect(report.message).toContain('the task set is gone');
  });

  it('names what the load balancer says of the new tasks, before it says it of the old ones', async () => {
    await world.fixture.update({ healthCheckGracePeriodSeconds: 3600 });
    const now = taskSet(await world.fixture.service(), 'PRIMARY').loadBalancers?.[0];
    const original = now?.targetGroupArn ?? '';
    const replacing = original.includes('/blue/')
      ? original.replace('/blue/', '/green/')
      : original.replace('/green/', '/blue/');
    const { unhealthyTargets } = world.account;
    unhealthyTargets.set(replacing, ['Health checks failed with these codes: [502]']);
    unhealthyTargets.set(original, ['Target is in an Availability Zone that is off']);
    const slow = pushImage(world.fixture, 'shop/web:slow', { EMULATOR_FATE: 'never-healthy' });
    const report = await world.deploy(slow.tag, { timeoutMinutes: 3 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'load-balancer-health-check',
      cause: expect.stringMatching(/codes: \[502\]; Target is in an/) as string,
    });
  });
});

describe('the time limit of a service that ECS shifts the traffic of', () => {
  it.each(['linear', 'canary', 'blue-green'] as const)(
    'does not count what %s waits, even without the right to see the service deployment',
    async (strategy) => {
      const world = deployWorld(await ecsFixture());
      const bake = { bakeTimeInMinutes: 20 };
      await runningOn(world, strategy, bake);
      world.intercept((operation) => {
        if (!/ServiceDeployments$/.test(operation)) return;
        throw new AwsError('AccessDeniedException', 'no');
      });
      const { tag } = pushImage(world.fixture, 'shop/web:v2');
      const report = await deployTag(world, tag, { timeoutMinutes: 5 });
      expect(report.outputs['outcome']).toBe('succeeded');
    },
  );
});
