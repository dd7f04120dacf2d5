import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { RollbackInputs } from '../../../actions/ecs-deploy/commands/rollback.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import { shortName } from '../../../actions/ecs-deploy/model.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { UserError } from '../../../actions/shared/errors.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  releaseParameter,
  rolloutInputs,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

let world: DeployWorld;
const origin = { commit: undefined, run: undefined };

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

function deploy(
  version: string,
  env: Readonly<Record<string, string>> = {},
  changes: Partial<DeployInputs> = {},
): Promise<Report> {
  const image = wantedImage(pushImage(world.fixture, `shop/web:${version}`, { ...env }).tag);
  return runCommand(world.ports, deployInputs({ image, ...changes }), origin);
}

function rollback(changes: Partial<RollbackInputs> = {}): Promise<Report> {
  const inputs = { command: 'rollback' as const, revision: undefined, ...rolloutInputs() };
  return runCommand(world.ports, { ...inputs, ...changes }, origin);
}

/** The revision that the service is asked to run. */
async function running(): Promise<string> {
  return shortName((await world.fixture.service()).taskDefinition ?? '');
}

async function problemOf(run: Promise<Report>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems[0]?.code;
  }
}

const crash = { EMULATOR_FATE: 'crash:3' };
const slow = { EMULATOR_FATE: 'slow:100000' };

describe('a rollback', () => {
  it('goes to the revision before the one that runs, and notes what is released', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    const first = await running();
    await deploy('v2');
    const report = await rollback();
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'rolled-back' } });
    expect(await running()).toBe(first);
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      status: 'succeeded',
      images: { app: expect.stringContaining('shop/web@sha256:') as string },
      taskDefinition: expect.stringContaining(first) as string,
    });
  });

  it('goes further back when it is asked again, and never to and fro', async () => {
    await serviceWithContract(world);
    const revisions: string[] = [];
    for (const version of ['v1', 'v2', 'v3']) {
      await deploy(version);
      revisions.unshift(await running());
    }
    await rollback();
    expect(await running()).toBe(revisions[1]);
    await rollback();
    expect(await running()).toBe(revisions[2]);
  });

  it('leaves out revisions that failed, also where ECS did not roll back', async () => {
    await serviceWithContract(world, {
      service: {
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
      },
    });
    await deploy('v1');
    const first = await running();
    await deploy('v2', crash, { earlyEnd: false });
    expect(await running()).not.toBe(first);
    await rollback();
    expect(await running()).toBe(first);
  });

  it('never takes the placeholder for a release', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    expect(await problemOf(rollback())).toBe('rollback-target-missing');
  });

  it('leaves out a revision that is deregistered', async () => {
    await serviceWithContract(world);
    const revisions: string[] = [];
    for (const version of ['v1', 'v2', 'v3']) {
      await deploy(version);
      revisions.push(await running());
    }
    await world.fixture.call('DeregisterTaskDefinition', { taskDefinition: revisions[1] });
    await rollback();
    expect(await running()).toBe(revisions[0]);
  });

  it('goes to the revision that is named, and refuses one that is not there', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    const first = await running();
    await deploy('v2');
    await deploy('v3');
    await rollback({ revision: first });
    expect(await running()).toBe(first);
    expect(await problemOf(rollback({ revision: 'web:99' }))).toBe('task-definition-missing');
  });

  it('stops the rollout that is going on', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    const first = await running();
    await deploy('v2', slow, { wait: false });
    const report = await rollback();
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'rolled-back' } });
    expect((await world.fixture.rollouts())[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await running()).toBe(first);
  });

  it('follows ECS to the end where it goes back already, and asks it for nothing', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    const first = await running();
    await deploy('v2', slow, { wait: false });
    await rollback({ wait: false });
    expect((await world.fixture.rollouts())[0]?.status).toMatch(/^ROLLBACK_(REQUESTED|IN)/);
    world.calls.clear();
    const report = await rollback();
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'rolled-back' } });
    expect(world.calls.get('StopServiceDeployment')).toBeUndefined();
    expect((await world.fixture.rollouts())[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await running()).toBe(first);
  });

  it('that fails itself is a failure', async () => {
    await serviceWithContract(world);
    const { tag, reference } = pushImage(world.fixture, 'shop/web:v1');
    await runCommand(world.ports, deployInputs({ image: wantedImage(tag) }), origin);
    await deploy('v2');
    for (const name of [tag, reference]) world.fixture.images.delete(name);
    const report = await rollback();
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
  });

  it('prints its steps and changes nothing in a dry run', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    await deploy('v2');
    const before = await running();
    const report = await rollback({ dryRun: true });
    expect(report.outputs['outcome']).toBe('dry-run');
    expect(report.message.match(/^- \S+/gm)).toEqual([
      '- update-service',
      '- follow:',
      '- write-release-current',
    ]);
    expect(await running()).toBe(before);
  });
});

describe('a restart', () => {
  const restart = (dryRun = false): Promise<Report> =>
    runCommand(world.ports, { command: 'restart', ...rolloutInputs(), dryRun }, origin);

  it('replaces every task with one of the same revision', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    const [before, tasks] = [await running(), await world.fixture.tasks('RUNNING')];
    const report = await restart();
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(await running()).toBe(before);
    const arns = tasks.map(({ taskArn }) => taskArn);
    const after = await world.fixture.tasks('RUNNING');
    expect(after).toHaveLength(2);
    expect(after.filter(({ taskArn }) => arns.includes(taskArn))).toEqual([]);
  });

  it('changes nothing in a dry run', async () => {
    await serviceWithContract(world);
    await deploy('v1');
    world.calls.clear();
    await restart(true);
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });
});
