import { UpdateServiceCommand, type DeploymentConfiguration } from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import {
  contractDocument,
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  putContract,
  readRelease,
  readService,
  runDeploy,
  type DeployStep,
} from '../support/ecs-deploy.js';
import { BALANCED } from '../support/ecs-emulator.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 30 });
});
afterAll(() => emulator.stop());

const HOOK_FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:smoke-test';

const configurations = {
  'blue-green': { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 },
  canary: {
    strategy: 'CANARY',
    bakeTimeInMinutes: 1,
    canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 2 },
  },
} as const;

/** A service of this strategy that runs version 1. */
async function running(
  name: keyof typeof configurations,
  more: DeploymentConfiguration = {},
): Promise<string> {
  await emulator.reset();
  const configuration = configurations[name];
  await makeService(emulator, {
    service: { loadBalancers: [BALANCED], deploymentConfiguration: configuration },
  });
  await putContract(emulator, JSON.stringify({ ...contractDocument(), strategy: name }));
  const image = await pushServiceImage(emulator, 'v1');
  // The load balancer's target groups are but names.
  const first = await deploy({ image: image.reference, verify: 'false' });
  expect(first.outputs['outcome']).toBe('succeeded');
  await ecsClient(emulator).send(
    new UpdateServiceCommand({
      cluster: names.cluster,
      service: names.serviceName,
      deploymentConfiguration: { ...configuration, ...more },
    }),
  );
  await emulator.control('DELETE', 'calls');
  return first.outputs['task-definition-arn'] ?? '';
}

function deploy(
  inputs: DeployStep['inputs'],
  onLine?: (line: string) => void,
): Promise<RunStepResult> {
  return runDeploy(emulator, { inputs, ...(onLine === undefined ? {} : { onLine }) });
}

describe('a blue/green service', () => {
  it('is rolled out stage by stage, and the stages are told', async () => {
    await running('blue-green');
    const image = await pushServiceImage(emulator, 'v2');
    const step = await deploy({ image: image.reference });
    expect(errors(step)).toBe('');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
    const log = step.log.join('\n');
    expect(log).toContain('blue-green: starts the new tasks');
    expect(log).toContain('blue-green: bakes 1 min, the old tasks stay');
    expect(step.summary).toContain('section Stages');
    expect(await readService(emulator)).toMatchObject({
      runningCount: 2,
      taskDefinition: step.outputs['task-definition-arn'],
    });
    expect(await readRelease(emulator)).toMatchObject({
      status: 'succeeded',
      taskDefinition: step.outputs['task-definition-arn'],
    });
  });

  it('whose hook fails is rolled back: function and stage are named', async () => {
    const before = await running('blue-green', {
      lifecycleHooks: [
        {
          targetType: 'AWS_LAMBDA',
          hookTargetArn: HOOK_FUNCTION,
          roleArn: 'arn:aws:iam::123456789012:role/ecs-hooks',
          lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
        },
      ],
    });
    await emulator.control('POST', 'ecs/hooks', { [HOOK_FUNCTION]: 'failed' });
    const image = await pushServiceImage(emulator, 'v2');
    const step = await deploy({ image: image.reference });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'lifecycle-hook' });
    expect(errors(step)).toContain('smoke-test failed in POST_TEST_TRAFFIC_SHIFT');
    expect((await readService(emulator)).taskDefinition).toBe(before);
  });
});

describe('a canary', () => {
  it('is rolled back by an alarm that fires while it bakes, which is named', async () => {
    const before = await running('canary', {
      alarms: { alarmNames: ['web-5xx'], enable: true, rollback: true },
    });
    const image = await pushServiceImage(emulator, 'v2');
    let fired: Promise<unknown> | undefined;
    const step = await deploy({ image: image.reference }, (line) => {
      if (!line.includes('canary: 5 % of traffic, bakes 2 min')) return;
      fired ??= emulator.control('POST', 'ecs/alarms', { 'web-5xx': 'ALARM' });
    });
    await fired;
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect(errors(step)).toContain('alarm web-5xx fired');
    expect((await readService(emulator)).taskDefinition).toBe(before);
  });
});

describe('a rollout that pauses', () => {
  let before: string;
  let paused: RunStepResult;
  let digest: string;

  beforeEach(async () => {
    before = await running('blue-green', {
      lifecycleHooks: [
        {
          targetType: 'PAUSE',
          lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
          timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK' },
        },
      ],
    });
    const image = await pushServiceImage(emulator, 'v2');
    digest = image.digest;
    paused = await deploy({ image: image.reference });
  });

  it('ends its step well, and a step of another job continues it', async () => {
    expect(errors(paused)).toBe('');
    expect(paused.conclusion).toBe('success');
    expect(paused.outputs).toMatchObject({
      outcome: 'paused',
      'hook-id': expect.stringMatching(/^ecs-pause-/) as string,
      'paused-stage': 'POST_TEST_TRAFFIC_SHIFT',
      'expires-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      'service-deployment-arn': expect.stringContaining(':service-deployment/') as string,
    });
    expect(paused.summary).toContain('command: continue');
    expect(await readRelease(emulator)).toMatchObject({ taskDefinition: before });

    const dry = await deploy({ command: 'continue', 'dry-run': 'true' });
    expect(dry.log.join('\n')).toContain('continue-service-deployment with CONTINUE');
    expect(await emulator.calls()).not.toHaveProperty('ecs.ContinueServiceDeployment');

    const step = await deploy({ command: 'continue' });
    expect(errors(step)).toBe('');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': digest });
    expect(await readRelease(emulator)).toMatchObject({
      status: 'succeeded',
      taskDefinition: paused.outputs['task-definition-arn'],
      commit: 'c0ffee0000000000000000000000000000000000',
      images: { app: `${emulator.registryHost}/${names.repository}@${digest}` },
    });

    const again = await deploy({ command: 'continue' });
    expect(again.conclusion).toBe('failure');
    expect(errors(again)).toMatch(/no pause of service shop-web-dev awaits an action.*SUCCESSFUL/);
  });

  it('is declined by a step of another job, which is no failure', async () => {
    const step = await deploy({ command: 'continue', decision: 'rollback' });
    expect(errors(step)).toBe('');
    expect(step.conclusion).toBe('success');
    expect(step.outputs['outcome']).toBe('rolled-back');
    expect((await readService(emulator)).taskDefinition).toBe(before);
    expect(await readRelease(emulator)).toMatchObject({ taskDefinition: before });
  });
});

describe('bad input', () => {
  it('of continue is refused, all of it at once', async () => {
    const step = await deploy({
      command: 'continue',
      image: 'a/b:c',
      decision: 'maybe',
      'on-pause': 'sleep',
      'service-deployment-arn': 'arn:aws:ecs:nope',
    });
    expect(step.conclusion).toBe('failure');
    expect(errors(step)).toContain('4 problems');
  });

  it('a strategy that the contract does not name is refused, with both', async () => {
    await running('blue-green');
    await putContract(emulator, JSON.stringify({ ...contractDocument(), strategy: 'canary' }));
    const image = await pushServiceImage(emulator, 'v2');
    const step = await deploy({ image: image.reference });
    expect(step.conclusion).toBe('failure');
    expect(errors(step)).toContain('the deployment strategy blue-green, its contract says canary');
  });
});
