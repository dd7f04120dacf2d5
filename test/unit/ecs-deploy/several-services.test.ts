import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { TargetInputs } from '../../../actions/ecs-deploy/inputs/target.js';
import type { Ecs } from '../../../actions/ecs-deploy/ports.js';
import { primaryOf } from '../../../actions/ecs-deploy/primary.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { OperationError, UserError } from '../../../actions/shared/errors.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, NETWORK, pauseHook } from '../../support/ecs-emulator.js';
import { runningOn } from '../../support/ecs-strategies.js';
import {
  addContractTask,
  deployAround,
  liveImages,
  releasedService,
} from '../../support/ecs-tasks.js';

let world: DeployWorld;
const origin = { commit: undefined, run: undefined };

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

/** Services of one cluster that run a first release; `env` decides how the next one fares. */
async function services(
  env: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<readonly TargetInputs[]> {
  const { tag } = pushImage(world.fixture, 'shop/base:v1');
  for (const [name, environment] of Object.entries(env)) {
    const first = await world.fixture.define(tag, { family: name });
    await world.fixture.create(first, {
      ...{ serviceName: name, desiredCount: 1, networkConfiguration: NETWORK },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await world.fixture.define(tag, { family: `${name}-next`, environment });
  }
  await world.fixture.advance(60);
  return Object.keys(env).map((serviceName) => ({
    ...{ kind: 'plain', cluster: 'main', serviceName },
    taskDefinition: { kind: 'registered', reference: `${serviceName}-next` },
  }));
}

function deploy(
  targets: readonly TargetInputs[],
  changes: Partial<DeployInputs> = {},
): Promise<Report> {
  const image = wantedImage(pushImage(world.fixture, 'shop/base:v2').tag);
  const [target = deployInputs().target] = targets;
  return runCommand(world.ports, deployInputs({ image, target, targets, ...changes }), origin);
}

function outcomes({ outputs }: Report): Readonly<Record<string, string>> {
  const all = JSON.parse(outputs['services'] ?? '[]') as {
    readonly service: string;
    readonly outcome: string;
  }[];
  return Object.fromEntries(all.map(({ service, outcome }) => [service, outcome]));
}

async function families(...names: readonly string[]): Promise<readonly (string | undefined)[]> {
  const found = await Promise.all(names.map((name) => world.fixture.service(name)));
  return found.map(({ taskDefinition }) => /([a-z-]+):\d+$/.exec(taskDefinition ?? '')?.[1]);
}

const crash = { EMULATOR_FATE: 'crash:3' };
const slow = { EMULATOR_FATE: 'slow:300' };

describe('several services', () => {
  it('are rolled out side by side, and reported together', async () => {
    const targets = await services({ api: {}, worker: {}, web: { EMULATOR_FATE: 'slow:60' } });
    const startedMs = world.fixture.clock.now();
    const report = await deploy(targets);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(outcomes(report)).toEqual({ api: 'succeeded', worker: 'succeeded', web: 'succeeded' });
    expect(await families('api', 'worker', 'web')).toEqual(['api-next', 'worker-next', 'web-next']);
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(200_000);
    expect(report.summary).toContain('3 of 3 services came through');
  });

  it('fail one by one where nothing ties them together', async () => {
    const report = await deploy(await services({ api: {}, worker: crash }));
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(outcomes(report)).toEqual({ api: 'succeeded', worker: 'rolled-back' });
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(await families('api', 'worker')).toEqual(['api-next', 'worker']);
  });

  it('are not touched before all of them have been looked at', async () => {
    const [api] = await services({ api: {} });
    const missing = ['gone', 'lost'].map((serviceName): TargetInputs => ({
      ...{ kind: 'plain', cluster: 'main', serviceName, taskDefinition: undefined },
    }));
    world.calls.clear();
    const error = await deploy([...(api === undefined ? [] : [api]), ...missing]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).problems.map(({ code }) => code)).toEqual([
      'service-missing',
      'service-missing',
    ]);
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('print their steps and change nothing in a dry run', async () => {
    const report = await deploy(await services({ api: {}, worker: {} }), { dryRun: true });
    expect(outcomes(report)).toEqual({ api: 'dry-run', worker: 'dry-run' });
    expect(report.message.match(/- update-service/g)).toHaveLength(2);
    expect(await families('api', 'worker')).toEqual(['api', 'worker']);
  });

  it('go on where AWS refuses one of them half-way', async () => {
    const targets = await services({ api: {}, worker: {} });
    let updates = 0;
    world.intercept((operation) => {
      if (operation !== 'UpdateService') return;
      updates += 1;
      if (updates === 1) throw new AwsError('InvalidParameterException', 'no', 400);
    });
    const report = await deploy(targets);
    expect(report.failure?.code).toBe('deploy-failed');
    expect(Object.values(outcomes(report)).sort()).toEqual(['failed', 'succeeded']);
  });
});

describe('all or nothing', () => {
  it('takes back what came through, and stops what is still going on', async () => {
    const targets = await services({ api: {}, web: slow, worker: crash });
    const report = await deploy(targets, { allOrNothing: true });
    await world.fixture.advance(120);
    expect(report.failure).toBeDefined();
    expect(outcomes(report)).toMatchObject({ worker: 'rolled-back', web: 'cancelled' });
    expect(await families('api', 'web', 'worker')).toEqual(['api', 'web', 'worker']);
  });

  it('says so of a service that had come through before', async () => {
    const targets = await services({ api: {}, worker: { EMULATOR_FATE: 'crash:3:5' } });
    const report = await deploy(targets, { allOrNothing: true, earlyEndExits: 5 });
    expect(outcomes(report)['worker']).toBe('rolled-back');
    expect(await families('api', 'worker')).toEqual(['api', 'worker']);
  });

  it('takes a service back that runs the new revision, whatever went wrong after', async () => {
    const targets = await services({ api: {}, worker: {} });
    const before = world.ports.ecs;
    let denied = 0;
    const ecs: Ecs = {
      ...before,
      lookUpService: async (cluster, name) => {
        const found = await before.lookUpService(cluster, name);
        const updated = found.kind === 'found' && primaryOf(found.service)?.createdAtMs !== firstMs;
        if (name !== 'worker' || !updated || denied > 0) return found;
        denied += 1;
        throw new OperationError('aws-access-denied', 'no');
      },
    };
    const { deployments } = await world.fixture.service('worker');
    const firstMs = (deployments?.[0]?.createdAt ?? 0) * 1000;
    world = { ...world, ports: { ...world.ports, ecs } };
    const report = await deploy(targets, { allOrNothing: true });
    expect(denied).toBe(1);
    expect(report.failure).toBeDefined();
    expect(await families('api', 'worker')).toEqual(['api', 'worker']);
  });

  it('leaves alone what somebody else has rolled out at the same moment', async () => {
    const targets = await services({ api: {}, worker: {} });
    const hotfix = await world.fixture.define(pushImage(world.fixture, 'shop/fix:v1').tag, {
      family: 'hotfix',
    });
    const before = world.ports.ecs;
    const ecs: Ecs = {
      ...before,
      updateService: async (request) => {
        const answer = await before.updateService(request);
        if (request.service !== 'worker') return answer;
        await world.fixture.update({ service: 'worker', taskDefinition: hotfix });
        const found = await before.lookUpService('main', 'worker');
        return found.kind === 'found' ? found.service : answer;
      },
    };
    world = { ...world, ports: { ...world.ports, ecs } };
    const report = await deploy(targets, { allOrNothing: true });
    await world.fixture.advance(120);
    expect(outcomes(report)['worker']).toBe('failed');
    expect(await families('api', 'worker')).toEqual(['api', 'hotfix']);
  });

  it('says that a cancelled job takes nothing back', async () => {
    const targets = await services({ api: {}, web: slow });
    world.whileSleeping(() => {
      const done = world.log.some(({ message }) => /^api: .*succeeded/.test(message));
      if (done) world.controller.abort(new Error('SIGTERM'));
    });
    const report = await deploy(targets, { allOrNothing: true });
    expect(outcomes(report)).toEqual({ api: 'succeeded', web: 'cancelled' });
    expect(report.outputs['services']).toContain('not taken back');
    expect(await families('api')).toEqual(['api-next']);
  });

  it('takes the tasks of a contract back with their service', async () => {
    const first = await releasedService(world);
    await addContractTask(world, { name: 'nightly' });
    await deployAround(world, first.tag);
    const others = await services({ worker: { EMULATOR_FATE: 'crash:3:5' } });
    const targets = [deployInputs().target, ...others];
    const report = await deploy(targets, { allOrNothing: true, earlyEndExits: 5 });
    expect(outcomes(report)).toEqual({ web: 'rolled-back', worker: 'rolled-back' });
    const revision = await world.fixture.call('DescribeTaskDefinition', {
      taskDefinition: 'web-nightly',
    });
    expect(JSON.stringify(revision)).toContain('web-nightly:3');
    expect(await liveImages(world, 'web-nightly')).toEqual([first.reference]);
  });

  it('answers the pauses of the way back, which nobody waits for', async () => {
    await runningOn(world, 'blue-green', {
      lifecycleHooks: [pauseHook(['POST_TEST_TRAFFIC_SHIFT'])],
    });
    const before = (await world.fixture.service()).taskDefinition;
    const others = await services({ worker: { EMULATOR_FATE: 'slow:100000' } });
    let answers = 0;
    world.whileSleeping(async () => {
      const [rollout] = await world.fixture.rollouts();
      const hookId = rollout?.lifecycleHookDetails?.[0]?.hookId;
      if (answers > 0 || hookId === undefined) return;
      answers += 1;
      const { serviceDeploymentArn } = rollout ?? {};
      const answer = { serviceDeploymentArn, hookId, action: 'CONTINUE' };
      await world.fixture.call('ContinueServiceDeployment', answer);
    });
    const report = await deploy([deployInputs().target, ...others], {
      ...{ allOrNothing: true, onPause: 'wait', timeoutMinutes: 8 },
    });
    expect(answers).toBe(1);
    expect(outcomes(report)).toEqual({ web: 'rolled-back', worker: 'timed-out' });
    expect((await world.fixture.service()).taskDefinition).toBe(before);
  });

  it('tells of the others where one cannot be taken back', async () => {
    const targets = await services({ api: {}, worker: { EMULATOR_FATE: 'crash:3:5' } });
    let updates = 0;
    world.intercept((operation) => {
      if (operation !== 'UpdateService') return;
      updates += 1;
      if (updates === 3) throw new AwsError('InvalidParameterException', 'no', 400);
    });
    const report = await deploy(targets, { allOrNothing: true, earlyEndExits: 5 });
    expect(outcomes(report)).toMatchObject({ api: 'failed', worker: 'rolled-back' });
  });

  it('changes nothing where all come through', async () => {
    const report = await deploy(await services({ api: {}, worker: {} }), { allOrNothing: true });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(await families('api', 'worker')).toEqual(['api-next', 'worker-next']);
  });
});
