import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { RestartInputs } from '../../../actions/ecs-deploy/commands/restart.js';
import type { RollbackInputs } from '../../../actions/ecs-deploy/commands/rollback.js';
import type { ContinueInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { SmokeCheck } from '../../../actions/ecs-deploy/rollout/smoke-check.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
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
import { NETWORK } from '../../support/ecs-emulator.js';
import { addContractTask, liveImages, noAround } from '../../support/ecs-tasks.js';
import { pushImage, releaseParameter, rolloutInputs } from '../../support/ecs.js';
import { problemCodes } from '../../support/problem-codes.js';

function rollback(world: CodeDeployWorld, changes: Partial<RollbackInputs> = {}): Promise<Report> {
  const inputs = { ...rolloutInputs(), command: 'rollback' as const, revision: undefined };
  return runCommand(world.ports, { ...inputs, ...changes }, origin);
}

function restart(world: CodeDeployWorld, changes: Partial<RestartInputs> = {}): Promise<Report> {
  const inputs = { ...rolloutInputs(), command: 'restart' as const };
  return runCommand(world.ports, { ...inputs, ...changes }, origin);
}

function goOn(world: CodeDeployWorld, changes: Partial<ContinueInputs> = {}): Promise<Report> {
  return runCommand(
    world.ports,
    {
      ...rolloutInputs(),
      ...{ command: 'continue', hookId: undefined, serviceDeploymentArn: undefined },
      ...{ decision: 'continue', around: noAround, keepRevisions: undefined },
      ...changes,
    },
    origin,
  );
}

/** Deploys a new image, and sits out the wait for the old tasks' end. */
async function release(world: CodeDeployWorld, version: string): Promise<string> {
  const report = await world.deploy(pushImage(world.fixture, `shop/web:${version}`).tag);
  if (report.failure !== undefined) throw new Error(report.message);
  await world.fixture.advance(400, undefined, 5);
  return primary(world);
}

function recorded(world: CodeDeployWorld): unknown {
  return JSON.parse(world.parameters.get(releaseParameter) ?? '{}');
}

const smoke: SmokeCheck = {
  url: 'https://shop.example/health',
  statuses: [{ from: 200, to: 399 }],
  body: undefined,
  timeoutSeconds: 10,
  attempts: 3,
};
const backAgain = { failure: undefined, outputs: { outcome: 'rolled-back' } };
const ready = {
  group: {
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: {
        action: 'TERMINATE',
        terminationWaitTimeInMinutes: 5,
      },
      deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
    },
  },
};

describe('a rollback of a service that CodeDeploy deploys', () => {
  it('deploys the revision before the one that runs, and notes what is released', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    const second = await release(world, 'v2');
    world.calls.clear();
    const report = await rollback(world);
    expect(report).toMatchObject({
      ...backAgain,
      outputs: {
        ...backAgain.outputs,
        'task-definition-arn': first,
        'previous-task-definition-arn': second,
        'codedeploy-deployment-id': await world.newestDeployment(),
      },
    });
    expect(await primary(world)).toBe(first);
    expect(recorded(world)).toMatchObject({ status: 'succeeded', taskDefinition: first });
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('goes further back when it is asked again, and never to and fro', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    const second = await release(world, 'v2');
    await release(world, 'v3');
    await rollback(world);
    expect(await primary(world)).toBe(second);
    await world.fixture.advance(400, undefined, 5);
    await rollback(world);
    expect(await primary(world)).toBe(first);
    await world.fixture.advance(400, undefined, 5);
    expect(await problemCodes(rollback(world))).toEqual(['rollback-target-missing']);
  });

  it('leaves out what failed, and what is deregistered', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    const second = await release(world, 'v2');
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    expect((await world.deploy(bad.tag)).outputs['outcome']).toBe('rolled-back');
    await release(world, 'v3');
    await world.fixture.call('DeregisterTaskDefinition', { taskDefinition: second });
    await rollback(world);
    expect(await primary(world)).toBe(first);
    expect(messages(world)).toContain('is deregistered');
  });

  it('never takes the placeholder for a release', async () => {
    const world = await runningCodeDeployWorld();
    expect(await problemCodes(rollback(world))).toEqual(['rollback-target-missing']);
  });

  it('moves the traffic back while the old tasks are still there, and notes that', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(await primary(world)).not.toBe(first);
    world.calls.clear();
    expect(await rollback(world)).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
    expect(recorded(world)).toMatchObject({ taskDefinition: first });
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
    expect(world.calls.get('StopDeployment')).toBe(1);
  });

  it('stops a deployment whose tasks cannot start, and is not stopped by them itself', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:3' });
    await world.deploy(bad.tag, { wait: false });
    await world.fixture.advance(300, undefined, 5);
    world.calls.clear();
    expect(await rollback(world, { pollIntervalSeconds: 0.5 })).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
    expect(world.calls.get('StopDeployment')).toBe(1);
  });

  it('stops a deployment before there is anything to go back from', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    expect(await rollback(world)).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
  });

  it('joins where CodeDeploy goes back already', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    const deploymentId = await world.newestDeployment();
    await world.call('StopDeployment', { deploymentId, autoRollbackEnabled: true });
    await world.fixture.advance(4);
    expect(await world.newestDeployment()).not.toBe(deploymentId);
    world.calls.clear();
    expect(await rollback(world)).toMatchObject(backAgain);
    expect(world.calls.get('StopDeployment')).toBeUndefined();
    expect(await primary(world)).toBe(first);
  });

  it('says what it lacks where it may not read AppSpecs, and still stops what is in flight', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    world.intercept((operation) => {
      if (operation !== 'GetApplicationRevision') return;
      throw new AwsError('AccessDeniedException', 'not authorized');
    });
    expect(await problemCodes(rollback(world))).toEqual(['rollback-target-missing']);
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    expect(await rollback(world)).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
  });

  it('whose own rollback fails is a failure', async () => {
    const world = await runningCodeDeployWorld();
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    world.control('rollbacks', { failure: 'the task set is gone' });
    const report = await rollback(world);
    expect(report.failure?.code).toBe('deploy-failed');
  });

  it('goes to the revision that is named, also while another one is in flight', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    await release(world, 'v2');
    await release(world, 'v3');
    const slow = pushImage(world.fixture, 'shop/web:v4', { EMULATOR_FATE: 'slow:100000' });
    await world.deploy(slow.tag, { wait: false });
    await world.fixture.advance(60);
    expect(await rollback(world, { revision: first })).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
    expect(await problemCodes(rollback(world, { revision: 'web:99' }))).toEqual([
      'task-definition-missing',
    ]);
  });

  it('does not wait for old tasks that nobody goes back to', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    await release(world, 'v2');
    await world.deploy(pushImage(world.fixture, 'shop/web:v3').tag);
    expect(await rollback(world, { revision: first })).toMatchObject(backAgain);
    expect(world.calls.get('ContinueDeployment')).toBe(1);
    expect(await primary(world)).toBe(first);
  });

  it('prints its steps and changes nothing in a dry run', async () => {
    const world = await runningCodeDeployWorld();
    await release(world, 'v2');
    const before = await primary(world);
    const steps = async (): Promise<unknown> =>
      (await rollback(world, { dryRun: true })).message.match(/^- \S+/gm);
    expect(await steps()).toEqual([
      '- create-deployment',
      '- follow-code-deploy:',
      '- write-release-current',
    ]);
    await world.deploy(pushImage(world.fixture, 'shop/web:v3').tag);
    const now = await primary(world);
    expect(await steps()).toEqual([
      '- stop-code-deploy',
      '- follow-code-deploy:',
      '- write-release-current',
    ]);
    expect(now).not.toBe(before);
    expect(await primary(world)).toBe(now);
  });
});

describe('a restart of a service that CodeDeploy deploys', () => {
  it('replaces every task with one of the same revision', async () => {
    const world = await runningCodeDeployWorld();
    const [before, tasks] = [await primary(world), await world.fixture.tasks('RUNNING')];
    expect(await restart(world)).toMatchObject({
      failure: undefined,
      outputs: { outcome: 'succeeded' },
    });
    await world.fixture.advance(400, undefined, 5);
    expect(await primary(world)).toBe(before);
    const old = tasks.map(({ taskArn }) => taskArn);
    const after = await world.fixture.tasks('RUNNING');
    expect(after).toHaveLength(2);
    expect(after.filter(({ taskArn }) => old.includes(taskArn))).toEqual([]);
  });

  it('is refused while a deployment replaces the tasks', async () => {
    const world = await runningCodeDeployWorld();
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    expect(await problemCodes(restart(world))).toEqual(['deployment-in-flight']);
  });

  it('waits for old tasks that are yet to end, unless it is not to', async () => {
    const world = await runningCodeDeployWorld();
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag);
    const codeDeploy = { ...rolloutInputs().codeDeploy, ifBusy: 'fail' as const };
    expect(await problemCodes(restart(world, { codeDeploy }))).toEqual(['deployment-in-flight']);
    expect(await restart(world)).toMatchObject({ outputs: { outcome: 'succeeded' } });
  });

  it('changes nothing in a dry run', async () => {
    const world = await runningCodeDeployWorld();
    await restart(world, { dryRun: true });
    expect(world.calls.get('CreateDeployment')).toBeUndefined();
  });
});

describe('a deployment that waits to reroute its traffic', () => {
  async function waiting(): Promise<CodeDeployWorld> {
    const world = await runningCodeDeployWorld();
    await world.call('UpdateDeploymentGroup', {
      applicationName: 'shop-web',
      currentDeploymentGroupName: 'shop-web-dev',
      ...ready.group,
    });
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    await world.fixture.advance(120, undefined, 5);
    return world;
  }

  it('is continued, followed, and recorded', async () => {
    const world = await waiting();
    const first = await primary(world);
    const report = await goOn(world);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(await primary(world)).not.toBe(first);
    expect(recorded(world)).toMatchObject({
      taskDefinition: await primary(world),
      commit: origin.commit,
    });
  });

  it('gets what the deploy that paused had still to do', async () => {
    const world = await waiting();
    await addContractTask(world, { name: 'nightly' });
    const postDeploy = { command: ['rake', 'cache:warm'], container: undefined };
    const inputs = { around: { ...noAround, postDeploy }, keepRevisions: 1 };
    const dry = await goOn(world, { ...inputs, dryRun: true });
    expect(dry.message.match(/^- \S+/gm)).toEqual([
      ...['- continue-code-deploy', '- follow-code-deploy:', '- post-deploy'],
      ...['- write-release-current', '- update-task', '- deregister-revisions'],
    ]);
    world.calls.clear();
    expect((await goOn(world, inputs)).outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('RunTask')).toBe(1);
    expect(await liveImages(world, 'web-nightly')).toEqual([
      expect.stringContaining('shop/web@sha256:'),
    ]);
  });

  it('goes back where its smoke check fails', async () => {
    const world = await waiting();
    const first = await primary(world);
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    const report = await goOn(world, { around: { ...noAround, smoke } });
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(await primary(world)).toBe(first);
  });

  it('is rolled back where that is decided', async () => {
    const world = await waiting();
    const first = await primary(world);
    expect(await goOn(world, { decision: 'rollback' })).toMatchObject(backAgain);
    expect(await primary(world)).toBe(first);
  });

  it('is missed where nothing waits, and knows no hooks', async () => {
    const world = await runningCodeDeployWorld();
    expect(await problemCodes(goOn(world))).toEqual(['nothing-awaiting']);
    await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { wait: false });
    expect(await problemCodes(goOn(world))).toEqual(['nothing-awaiting']);
    expect(await problemCodes(goOn(world, { hookId: 'abc' }))).toEqual(['input-not-for-service']);
  });
});

describe('a first release whose deployment waits to reroute', () => {
  it('gets its count once it is continued', async () => {
    const world = await codeDeployWorld(ready);
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v1').tag);
    expect(report.outputs['outcome']).toBe('paused');
    expect(report.summary).toContain('command: continue');
    expect((await goOn(world)).outputs['outcome']).toBe('succeeded');
    expect(await world.fixture.service()).toMatchObject({ desiredCount: 2, runningCount: 2 });
  });

  it.each([
    ['that has no task yet', {}],
    ['that an earlier job has given its count', { AfterAllowTestTraffic: 'smoke' }],
  ])('leaves neither count nor record once it is asked to go back: %s', async (_, hooks) => {
    const world = await codeDeployWorld(ready);
    const codeDeploy = { appSpec: withHooks(world, hooks) };
    const { tag } = pushImage(world.fixture, 'shop/web:v1');
    const report = await world.deploy(tag, { codeDeploy });
    expect(report.outputs['outcome']).toBe('paused');
    expect(world.parameters.get(releaseParameter)).toContain('starting');
    await goOn(world, { decision: 'rollback' });
    expect((await world.fixture.service()).desiredCount).toBe(0);
    expect(world.parameters.has(releaseParameter)).toBe(false);
  });
});

describe('a deploy whose check fails afterwards', () => {
  const around = { preDeploy: undefined, postDeploy: undefined, taskTimeoutMinutes: 30, smoke };

  it('moves the traffic back to the old tasks', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { around });
    expect(report).toMatchObject({
      failure: { code: 'deploy-rolled-back' },
      outputs: { outcome: 'rolled-back' },
    });
    expect(await primary(world)).toBe(first);
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(world.calls.get('CreateDeployment')).toBe(1);
  });

  it('deploys the old revision again once its tasks are gone', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    const codeDeploy = { waitForTermination: true };
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    const report = await world.deploy(tag, { around, codeDeploy });
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(await primary(world)).toBe(first);
    expect(world.calls.get('CreateDeployment')).toBe(2);
    expect(world.calls.get('StopDeployment')).toBeUndefined();
  });

  it('does not wait for anybody on the way back, where the group asks for that', async () => {
    const world = await runningCodeDeployWorld();
    const first = await primary(world);
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    await world.call('UpdateDeploymentGroup', {
      applicationName: 'shop-web',
      currentDeploymentGroupName: 'shop-web-dev',
      ...ready.group,
    });
    const { tag } = pushImage(world.fixture, 'shop/web:v2');
    await world.deploy(tag);
    const codeDeploy = { ...rolloutInputs().codeDeploy, waitForTermination: true };
    const report = await goOn(world, { around, codeDeploy });
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(await primary(world)).toBe(first);
    expect(messages(world)).toContain('on a way back, nobody is asked');
  });

  it('says so where the way back fails too', async () => {
    const world = await runningCodeDeployWorld();
    world.whenAsked(() => Promise.resolve({ status: 500, body: '' }));
    world.control('rollbacks', { failure: 'the task set is gone' });
    const report = await world.deploy(pushImage(world.fixture, 'shop/web:v2').tag, { around });
    expect(report.failure?.code).toBe('deploy-smoke-check-failed');
  });
});

it('a service is taken back where another one of its group does not come through', async () => {
  const world = await runningCodeDeployWorld();
  const { fixture } = world;
  const first = await primary(world);
  const { target } = rolloutInputs();
  const v1 = pushImage(fixture, 'shop/base:v1');
  await fixture.create(await fixture.define(v1.tag, { family: 'other' }), {
    ...{ serviceName: 'other', desiredCount: 1, networkConfiguration: NETWORK },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  await fixture.define(v1.tag, {
    family: 'other-next',
    environment: { EMULATOR_FATE: 'crash:3', EMULATOR_START_SECONDS: '120' },
  });
  await fixture.advance(60);
  const other = {
    ...{ kind: 'plain' as const, cluster: 'main', serviceName: 'other' },
    taskDefinition: { kind: 'registered' as const, reference: 'other-next' },
  };
  const report = await world.deploy(pushImage(fixture, 'shop/web:v2').tag, {
    ...{ target, targets: [target, other], allOrNothing: true, earlyEndExits: 10 },
  });
  expect(report.failure).toBeDefined();
  const all = JSON.parse(report.outputs['services'] ?? '[]') as readonly object[];
  expect(all[0]).toMatchObject({ outcome: 'rolled-back' });
  expect(await primary(world)).toBe(first);
  expect(world.calls.get('StopDeployment')).toBe(1);
});
