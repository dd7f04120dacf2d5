import { AwsError } from '../../../emulator/aws-error.js';
import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { UserError } from '../../../actions/shared/errors.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import {
  deployWorld,
  pushImage,
  releaseParameter,
  rolloutInputs,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, lambdaHook, pauseHook } from '../../support/ecs-emulator.js';
import { addContractTask, liveImages, noAround } from '../../support/ecs-tasks.js';
import { continueIt, deployTag, HOOK_FUNCTION, runningOn } from '../../support/ecs-strategies.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

/** A rollout that pauses in these stages, and has come to the first. */
async function paused(
  stages: readonly string[] = ['POST_TEST_TRAFFIC_SHIFT'],
  more: object = {},
): Promise<Report> {
  await runningOn(world, 'blue-green', { lifecycleHooks: [pauseHook(stages)], ...more });
  const report = await deployTag(world, pushImage(world.fixture, 'shop/web:v2').tag);
  expect(report.outputs['outcome']).toBe('paused');
  return report;
}

async function answer(action: 'CONTINUE' | 'ROLLBACK'): Promise<void> {
  const [rollout] = await world.fixture.rollouts();
  await world.fixture.call('ContinueServiceDeployment', {
    serviceDeploymentArn: rollout?.serviceDeploymentArn,
    hookId: rollout?.lifecycleHookDetails?.[0]?.hookId,
    action,
  });
}

async function refused(changes: Parameters<typeof continueIt>[1] = {}): Promise<UserError> {
  try {
    await continueIt(world, changes);
  } catch (thrown) {
    if (thrown instanceof UserError) return thrown;
    throw thrown;
  }
  throw new Error('it was not refused');
}

const codes = (error: UserError) => error.problems.map(({ code }) => code);
const told = () => world.log.map(({ message }) => message).join('\n');

describe('continue', () => {
  it('only prints its steps in a dry run', async () => {
    const { outputs } = await paused();
    const report = await continueIt(world, { dryRun: true });
    expect(report.outputs['outcome']).toBe('dry-run');
    expect(report.message).toContain(
      `continue-service-deployment with CONTINUE, hook ${outputs['hook-id'] ?? ''}`,
    );
    expect(world.calls.get('ContinueServiceDeployment')).toBeUndefined();
    expect((await world.fixture.rollouts())[0]?.status).toBe('IN_PROGRESS');
  });

  it('always says which action it means', async () => {
    await paused();
    const sent: unknown[] = [];
    const { ecs } = world.ports;
    const recording = {
      ...ecs,
      continueServiceDeployment: (request: Parameters<typeof ecs.continueServiceDeployment>[0]) => {
        sent.push(request.action);
        return ecs.continueServiceDeployment(request);
      },
    };
    await continueIt({ ...world, ports: { ...world.ports, ecs: recording } });
    expect(sent).toEqual(['CONTINUE']);
  });

  it('ends at the next pause, from which it goes on again', async () => {
    const first = await paused(['POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT']);
    const second = await continueIt(world);
    expect(second.failure).toBeUndefined();
    expect(second.outputs).toMatchObject({
      outcome: 'paused',
      'paused-stage': 'POST_PRODUCTION_TRAFFIC_SHIFT',
    });
    expect(second.outputs['hook-id']).not.toBe(first.outputs['hook-id']);
    expect((await continueIt(world)).outputs['outcome']).toBe('succeeded');
  });

  it('takes the hook and the deployment that it is told', async () => {
    const { outputs } = await paused();
    const report = await continueIt(world, {
      hookId: outputs['hook-id'],
      serviceDeploymentArn: outputs['service-deployment-arn'],
    });
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('works without a contract, and then writes no release', async () => {
    await paused();
    const before = world.parameters.get(releaseParameter);
    const target = {
      kind: 'plain',
      cluster: 'main',
      serviceName: 'web',
      taskDefinition: undefined,
    } as const;
    expect((await continueIt(world, { target })).outputs['outcome']).toBe('succeeded');
    expect(world.parameters.get(releaseParameter)).toBe(before);
  });

  it('fails as a deploy does when the rollout fails later', async () => {
    await paused(['POST_TEST_TRAFFIC_SHIFT'], {
      lifecycleHooks: [
        pauseHook(['POST_TEST_TRAFFIC_SHIFT']),
        lambdaHook(HOOK_FUNCTION, ['POST_PRODUCTION_TRAFFIC_SHIFT']),
      ],
    });
    const before = world.parameters.get(releaseParameter);
    world.fixture.ecs.control('hooks', { [HOOK_FUNCTION]: 'failed' });
    const report = await continueIt(world);
    expect(report).toMatchObject({
      failure: { code: 'deploy-rolled-back' },
      outputs: { outcome: 'rolled-back' },
    });
    expect(report.message).toContain('smoke-test failed in POST_PRODUCTION_TRAFFIC_SHIFT');
    expect(world.parameters.get(releaseParameter)).toBe(before);
  });

  it('answers and leaves with "wait: false"', async () => {
    await paused();
    const report = await continueIt(world, { wait: false });
    expect(report.outputs['outcome']).toBe('started');
    await world.fixture.advance(200);
    expect((await world.fixture.rollouts())[0]?.status).toBe('SUCCESSFUL');
  });
});

describe('what was to come after a rollout that paused', () => {
  const postDeploy = { command: ['rake', 'cache:warm'], container: undefined };

  it('is done by who goes on with it', async () => {
    await paused();
    await addContractTask(world, { name: 'nightly' });
    const inputs = { around: { ...noAround, postDeploy }, keepRevisions: 1 };
    const dry = await continueIt(world, { ...inputs, dryRun: true });
    expect(dry.message.match(/^- \S+/gm)).toEqual([
      ...['- continue-service-deployment', '- follow:', '- post-deploy'],
      ...['- write-release-current', '- update-task', '- deregister-revisions'],
    ]);
    world.calls.clear();
    const report = await continueIt(world, inputs);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('RunTask')).toBe(1);
    expect(await liveImages(world, 'web-nightly')).toEqual([
      expect.stringContaining('shop/web@sha256:'),
    ]);
  });

  it('is not done where the rollout is taken back', async () => {
    await paused();
    const around = { ...noAround, postDeploy };
    await continueIt(world, { around, decision: 'rollback' });
    expect(world.calls.get('RunTask')).toBeUndefined();
  });
});

describe('a way back that pauses, with nobody there to answer', () => {
  const postDeploy = { command: ['rake', 'cache:warm'], container: undefined };

  /** A post-deploy task that fails, after the pause is answered. */
  function failing(): Promise<Report> {
    const { tasks } = world.ports;
    const run: typeof tasks.run = (request) =>
      tasks.run({
        ...request,
        overrides: { ...request.overrides, environment: { EMULATOR_FATE: 'crash:9' } },
      });
    world = { ...world, ports: { ...world.ports, tasks: { ...tasks, run } } };
    return continueIt(world, { around: { ...noAround, postDeploy } });
  }

  it('goes on by itself: the revision that it goes to has passed before', async () => {
    await paused();
    const report = await failing();
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '9' });
    expect((await world.fixture.service()).taskDefinition).toMatch(/:1$/);
    expect((await world.fixture.rollouts())[0]?.status).toBe('SUCCESSFUL');
    expect(told()).toContain('web:1 has passed this pause before');
  });

  it('goes on by itself at every pause', async () => {
    await paused(['POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT']);
    await continueIt(world);
    expect((await failing()).outputs['outcome']).toBe('rolled-back');
  });

  it('stays paused where the role may not answer, and says how to go on', async () => {
    await paused();
    let answers = 0;
    world.intercept((operation) => {
      if (operation !== 'ContinueServiceDeployment') return;
      answers += 1;
      if (answers > 1) throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await failing();
    expect(report.failure?.code).toBe('deploy-post-deploy-failed');
    expect(report.message).toMatch(/the way back is paused in POST_TEST_TRAFFIC_SHIFT.*"continue"/);
    world.intercept(() => undefined);
    expect((await continueIt(world)).outputs['outcome']).toBe('succeeded');
    expect((await world.fixture.service()).taskDefinition).toMatch(/:1$/);
  });

  it('tries again where AWS fails for a moment', async () => {
    await paused();
    let answers = 0;
    world.intercept((operation) => {
      if (operation !== 'ContinueServiceDeployment') return;
      answers += 1;
      if (answers === 2) throw new AwsError('ServerException', 'not now', 500);
    });
    expect((await failing()).outputs['outcome']).toBe('rolled-back');
  });
});

describe('a pause that somebody else has answered', () => {
  it('is followed all the same, and told, while the rollout goes on', async () => {
    await paused();
    await answer('CONTINUE');
    await world.fixture.advance(5);
    const report = await continueIt(world);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(report.message).toContain('somebody else had answered the pause');
    expect(world.calls.get('ContinueServiceDeployment')).toBeUndefined();
    expect(JSON.parse(world.parameters.get(releaseParameter) ?? '{}')).toMatchObject({
      taskDefinition: report.outputs['task-definition-arn'],
    });
  });

  it('is reported when its rollout, which the inputs name, has ended', async () => {
    const { outputs } = await paused();
    await answer('CONTINUE');
    await world.fixture.advance(300, undefined, 5);
    const report = await continueIt(world, { hookId: outputs['hook-id'] });
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('between our look and our answer, is followed', async () => {
    await paused();
    const { ecs } = world.ports;
    const late = {
      ...ecs,
      async continueServiceDeployment(
        request: Parameters<typeof ecs.continueServiceDeployment>[0],
      ): Promise<void> {
        await answer('CONTINUE');
        return ecs.continueServiceDeployment(request);
      },
    };
    const report = await continueIt({ ...world, ports: { ...world.ports, ecs: late } });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(told()).toContain('somebody else answered the pause');
  });

  it('is too late for a rollback, which fails', async () => {
    await paused();
    await answer('CONTINUE');
    await world.fixture.advance(5);
    const report = await continueIt(world, { decision: 'rollback' });
    expect(report).toMatchObject({
      failure: { code: 'rollback-too-late' },
      outputs: { outcome: 'succeeded' },
    });
  });

  it('with a rollback is "stopped" to who wanted to continue', async () => {
    await paused();
    await answer('ROLLBACK');
    const report = await continueIt(world, { hookId: 'ecs-pause-gone' });
    expect(report).toMatchObject({
      failure: { code: 'deploy-stopped' },
      outputs: { outcome: 'stopped' },
    });
  });
});

describe('the status of a service whose rollout is paused', () => {
  const status = () => {
    const { aws, target, logLines } = rolloutInputs();
    const origin = { commit: undefined, run: undefined };
    return runCommand(world.ports, { command: 'status', aws, target, logLines }, origin);
  };

  it('names the hook, the stage, and until when', async () => {
    const { outputs } = await paused();
    const report = await status();
    const names = ['hook-id', 'paused-stage', 'expires-at', 'service-deployment-arn'] as const;
    for (const name of names) {
      expect(outputs[name]).toBeTruthy();
      expect(report.outputs[name]).toBe(outputs[name]);
    }
    expect(report.outputs['outcome']).toBe('paused');
    expect(report.message).toContain(outputs['hook-id']);
    expect(report.summary).toContain('command: continue');
    await answer('CONTINUE');
    await world.fixture.advance(5);
    expect((await status()).outputs).toMatchObject({ outcome: 'in-progress', 'hook-id': '' });
  });

  it('says so where the role may not look', async () => {
    await paused();
    world.intercept((operation) => {
      if (operation === 'ListServiceDeployments') throw new AwsError('AccessDeniedException', 'no');
    });
    expect((await status()).outputs['outcome']).toBe('in-progress');
    expect(told()).toContain('whether the rollout is paused is not known');
  });
});

describe('continue is refused', () => {
  it('for a deployment that has ended, and that something else has replaced', async () => {
    const { outputs } = await paused();
    await continueIt(world);
    await world.fixture.update({ taskDefinition: 'web:1' });
    const serviceDeploymentArn = outputs['service-deployment-arn'];
    expect(codes(await refused({ serviceDeploymentArn }))).toEqual(['nothing-awaiting']);
  });

  it('where nothing pauses: what the deployment does now is told', async () => {
    await serviceWithContract(world);
    const error = await refused();
    expect(codes(error)).toEqual(['nothing-awaiting']);
    expect(error.message).toContain('SUCCESSFUL');
    expect(error.message).toContain('no PAUSE hook');
  });

  it('before the pause: the stage is told', async () => {
    await runningOn(world, 'blue-green', { lifecycleHooks: [pauseHook(['POST_SCALE_UP'])] });
    await deployTag(world, pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    await world.fixture.advance(8);
    const error = await refused();
    expect(codes(error)).toEqual(['nothing-awaiting']);
    expect(error.message).toMatch(/starts the new tasks.*POST_SCALE_UP/s);
  });

  it('where several pauses wait', async () => {
    await paused(['POST_SCALE_UP'], {
      lifecycleHooks: [pauseHook(['POST_SCALE_UP']), pauseHook(['POST_SCALE_UP'])],
    });
    expect(codes(await refused())).toEqual(['hook-ambiguous']);
  });

  it('for a deployment of another service', async () => {
    await paused();
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/main/api/x';
    expect(codes(await refused({ serviceDeploymentArn: arn }))).toEqual([
      'service-deployment-foreign',
    ]);
  });

  it('for a deployment that is not there', async () => {
    await paused();
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/main/web/x';
    expect(codes(await refused({ serviceDeploymentArn: arn }))).toEqual([
      'service-deployment-missing',
    ]);
  });
});
