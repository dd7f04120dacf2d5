import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { AroundInputs } from '../../../actions/ecs-deploy/inputs/around.js';
import { supersedingDeployment } from '../../../actions/ecs-deploy/strategies/code-deploy/superseded.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { appSpec, APPLICATION, GROUP } from '../../support/codedeploy.js';
import { runningCodeDeployWorld, type CodeDeployWorld } from '../../support/codedeploy-deploys.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  releaseParameter,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, NETWORK } from '../../support/ecs-emulator.js';
import { deployAround, releasedService, taskOrigin } from '../../support/ecs-tasks.js';

const task = { command: ['rake', 'db:migrate'], container: undefined };

/** One-off tasks exit with this code after a minute; `meanwhile` runs when the first is started. */
function whileTasksRun<World extends DeployWorld>(
  world: World,
  exitCode: number,
  meanwhile: () => Promise<unknown>,
): World {
  const { tasks } = world.ports;
  let runs = 0;
  const run: typeof tasks.run = async (request) => {
    const environment = { EMULATOR_FATE: `crash:${exitCode}:60` };
    const started = await tasks.run({
      ...request,
      overrides: { ...request.overrides, environment },
    });
    runs += 1;
    if (runs === 1) await meanwhile();
    return started;
  };
  return { ...world, ports: { ...world.ports, tasks: { ...tasks, run } } };
}

describe('a service that ECS deploys', () => {
  let world: DeployWorld;

  beforeEach(async () => {
    world = deployWorld(await ecsFixture());
  });

  const deploy = (
    of: DeployWorld,
    tag: string,
    around: Partial<AroundInputs> = {},
  ): Promise<Report> => deployAround(of, pushImage(world.fixture, `shop/web:${tag}`).tag, around);
  const hotfix = async (): Promise<void> => {
    const report = await deploy(world, 'hotfix');
    if (report.failure !== undefined) throw new Error(report.message);
    world.calls.delete('UpdateService');
  };

  it('is not changed where another release came during the pre-deploy', async () => {
    await releasedService(world);
    const late = whileTasksRun(world, 0, hotfix);
    const report = await deploy(late, 'old', { preDeploy: task });
    const now = await world.fixture.service();
    expect(report.failure).toEqual({ code: 'deploy-superseded' });
    expect(report.outputs).toMatchObject({ outcome: 'superseded', 'deployment-id': '' });
    expect(report.message).toContain('web:3');
    expect(now.taskDefinition).toMatch(/web:3$/);
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(world.parameters.get(releaseParameter)).toContain('web:3');
  });

  it('is not changed where another release is under way by then', async () => {
    await releasedService(world);
    const late = whileTasksRun(world, 0, async () => {
      const { tag } = pushImage(world.fixture, 'shop/web:hotfix');
      await deployAround(world, tag, {}, { wait: false });
      world.calls.delete('UpdateService');
    });
    const report = await deploy(late, 'old', { preDeploy: task });
    expect(report.outputs['outcome']).toBe('superseded');
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('records no first release where another one came first', async () => {
    await serviceWithContract(world);
    const late = whileTasksRun(world, 0, hotfix);
    const report = await deploy(late, 'old', { preDeploy: task });
    expect(report.outputs['outcome']).toBe('superseded');
    expect(world.parameters.get(releaseParameter)).toContain('"succeeded"');
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:2$/);
  });

  it('is changed all the same after a restart, or a release that came and was rolled back', async () => {
    await releasedService(world);
    const late = whileTasksRun(world, 0, async () => {
      await world.fixture.update({ forceNewDeployment: true });
      await world.fixture.advance(120);
      const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
      const report = await deployAround(world, bad.tag);
      expect(report.outputs['outcome']).toBe('rolled-back');
    });
    const report = await deploy(late, 'next', { preDeploy: task });
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('is not taken back by a failed post-deploy where another release has replaced ours', async () => {
    await releasedService(world);
    const late = whileTasksRun(world, 9, hotfix);
    const report = await deploy(late, 'first', { postDeploy: task });
    expect(report.failure).toEqual({ code: 'deploy-superseded' });
    expect(report.outputs).toMatchObject({ outcome: 'superseded', 'exit-code': '9' });
    expect(report.message).toContain('web:3');
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:3$/);
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(world.parameters.get(releaseParameter)).toContain('web:3');
  });

  it.each([
    ['is over', 120],
    ['goes on', 0],
  ])(
    'is rolled back where somebody else has done so meanwhile, and that %s',
    async (_, seconds) => {
      await releasedService(world);
      const before = (await world.fixture.service()).taskDefinition ?? '';
      const late = whileTasksRun(world, 9, async () => {
        await world.fixture.update({ taskDefinition: before });
        await world.fixture.advance(seconds);
        world.calls.delete('UpdateService');
      });
      const report = await deploy(late, 'first', { postDeploy: task });
      expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '9' });
      const now = await world.fixture.service();
      expect(now.taskDefinition).toBe(before);
      expect(now.deployments?.[0]?.rolloutState).toBe('COMPLETED');
      expect(world.calls.get('UpdateService')).toBeUndefined();
    },
  );

  it('is not taken back with its group where another release has replaced ours', async () => {
    const { fixture } = world;
    const { tag } = pushImage(fixture, 'shop/base:v1');
    for (const [name, fate] of [
      ['good', 'healthy'],
      ['bad', 'crash:1:20'],
    ] as const) {
      const first = await fixture.define(tag, { family: name });
      await fixture.create(first, {
        ...{ serviceName: name, desiredCount: 1, networkConfiguration: NETWORK },
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      });
      await fixture.define(tag, {
        family: `${name}-next`,
        environment: { EMULATOR_FATE: fate },
        container: { healthCheck: { command: ['CMD-SHELL', 'true'], interval: 30, retries: 2 } },
      });
    }
    await fixture.advance(60);
    const other = await fixture.define(tag, { family: 'good-hotfix' });
    const targets = ['good', 'bad'].map((serviceName) => ({
      ...{ kind: 'plain' as const, cluster: 'main', serviceName },
      taskDefinition: { kind: 'registered' as const, reference: `${serviceName}-next` },
    }));
    const [target = deployInputs().target] = targets;
    let replaced = false;
    world.whileSleeping(async () => {
      const done = world.log.some(({ message }) => /^good: .*succeeded/.test(message));
      if (replaced || !done) return;
      replaced = true;
      await fixture.update({ service: 'good', taskDefinition: other });
    });
    const image = wantedImage(pushImage(fixture, 'shop/base:v2').tag);
    const inputs = deployInputs({ image, target, targets, allOrNothing: true });
    const report = await runCommand(world.ports, inputs, taskOrigin);
    expect(replaced).toBe(true);
    const ends = JSON.parse(report.outputs['services'] ?? '[]') as object[];
    expect(ends).toContainEqual(
      expect.objectContaining({ service: 'good', outcome: 'superseded' }) as object,
    );
    expect((await fixture.service('good')).taskDefinition).toBe(other);
  });
});

describe('a service that CodeDeploy deploys', () => {
  let world: CodeDeployWorld;

  beforeEach(async () => {
    world = await runningCodeDeployWorld();
  });

  const deploy = (
    of: CodeDeployWorld,
    tag: string,
    around: Partial<AroundInputs> = {},
  ): Promise<Report> => {
    const image = wantedImage(pushImage(world.fixture, `shop/web:${tag}`).tag);
    const inputs = deployInputs({ image, around: { ...deployInputs().around, ...around } });
    return runCommand(of.ports, inputs, taskOrigin);
  };
  const running = async (): Promise<string | undefined> =>
    (await world.fixture.service()).taskSets?.find(({ status }) => status === 'PRIMARY')
      ?.taskDefinition;
  /** Releases another image; then the group is busy with its old tasks, or idle again. */
  const hotfix = (advanceSeconds: number) => async (): Promise<void> => {
    const report = await deploy(world, 'hotfix');
    if (report.failure !== undefined) throw new Error(report.message);
    await world.fixture.advance(advanceSeconds, undefined, 5);
    world.calls.delete('CreateDeployment');
  };

  it.each([
    ['is over', 400],
    ['ends its old tasks', 0],
  ])('is not changed where another deployment came in between and %s', async (_, seconds) => {
    const late = whileTasksRun(world, 0, hotfix(seconds));
    const report = await deploy(late, 'old', { preDeploy: task });
    expect(report.failure).toEqual({ code: 'deploy-superseded' });
    expect(report.message).toContain('web:3');
    expect(report.outputs['codedeploy-deployment-id']).toBe('');
    expect(await running()).toMatch(/web:3$/);
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
  });

  it.each([
    ['is over', 400],
    ['ends its old tasks', 0],
  ])('is not taken back where another deployment replaced ours and %s', async (_, seconds) => {
    const late = whileTasksRun(world, 9, async () => {
      await world.fixture.advance(400, undefined, 5);
      await hotfix(seconds)();
    });
    const report = await deploy(late, 'first', { postDeploy: task });
    expect(report.failure).toEqual({ code: 'deploy-superseded' });
    expect(await running()).toMatch(/web:3$/);
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
  });

  it.each([
    ['is over', 400],
    ['goes on', 0],
  ])(
    'is rolled back where somebody else has done so meanwhile, and that %s',
    async (_, seconds) => {
      const before = await running();
      const late = whileTasksRun(world, 9, async () => {
        await world.fixture.advance(400, undefined, 5);
        await world.call('CreateDeployment', {
          applicationName: APPLICATION,
          deploymentGroupName: GROUP,
          revision: {
            revisionType: 'AppSpecContent',
            appSpecContent: { content: appSpec(before ?? '') },
          },
        });
        await world.fixture.advance(seconds, undefined, 5);
        world.calls.delete('CreateDeployment');
      });
      const report = await deploy(late, 'first', { postDeploy: task });
      expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '9' });
      expect(await running()).toBe(before);
      expect(world.calls.get('CreateDeployment')).toBeUndefined();
    },
  );

  it('is looked at with one list of deployments', async () => {
    const { ports, calls } = world;
    calls.clear();
    const known = { definitions: new Set<string>(), inFlightId: undefined, anyDefinition: false };
    const group = { application: APPLICATION, name: GROUP };
    const service = { cluster: 'main', serviceName: 'web' };
    expect(await supersedingDeployment(ports, service, { ...known, group })).toMatch(/^web:/);
    expect(calls.get('ListDeployments')).toBe(1);
  });
});
