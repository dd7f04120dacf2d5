import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { ListTagsForResourceCommand } from '@aws-sdk/client-ecs';
import { errors } from '../support/annotations.js';
import {
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  readService,
  runDeploy,
} from '../support/ecs-deploy.js';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 30 });
});
afterAll(() => emulator.stop());

const dimension = {
  ServiceNamespace: 'ecs' as const,
  ScalableDimension: 'ecs:service:DesiredCount' as const,
};
const resourceId = `service/${names.cluster}/${names.serviceName}`;

function scale(inputs: Readonly<Record<string, string>>): Promise<RunStepResult> {
  return runDeploy(emulator, {
    inputs: { command: 'scale', reason: 'the sale began', ...inputs },
  });
}

beforeEach(async () => {
  await emulator.reset();
  await makeService(emulator);
});

async function release(): Promise<void> {
  const image = await pushServiceImage(emulator, 'v1');
  const step = await runDeploy(emulator, { inputs: { image: image.reference } });
  expect(errors(step)).toBe('');
}

it('changes the count at once: outputs, tags, summary and the line that makes it permanent', async () => {
  await release();
  const step = await scale({ 'desired-count': '6' });
  expect(errors(step)).toBe('');
  expect(step.conclusion).toBe('success');
  expect(step.outputs).toMatchObject({
    outcome: 'started',
    'desired-count': '6',
    'previous-desired-count': '2',
    'tfvars-line': 'desired_count = 6',
  });
  expect(step.log.join('\n')).toContain('desired_count = 6');
  expect(step.summary).toContain('the sale began');
  const service = await readService(emulator);
  expect(service.desiredCount).toBe(6);
  const { tags } = await ecsClient(emulator).send(
    new ListTagsForResourceCommand({ resourceArn: service.serviceArn }),
  );
  expect(tags).toEqual(
    expect.arrayContaining([
      { key: 'infra-actions:scaled-reason', value: 'the sale began' },
      { key: 'infra-actions:scaled-from', value: '2' },
    ]),
  );
});

it('waits for the tasks where asked to', async () => {
  await release();
  const step = await scale({ 'desired-count': '+1', wait: 'true' });
  expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'desired-count': '3' });
  expect(await readService(emulator)).toMatchObject({ runningCount: 3 });
});

it('minds the limits of autoscaling, and raises or suspends them where asked to', async () => {
  await release();
  const client = new ApplicationAutoScalingClient(sdkConfig(emulator));
  const target = async () =>
    (
      await client.send(
        new DescribeScalableTargetsCommand({ ...dimension, ResourceIds: [resourceId] }),
      )
    ).ScalableTargets?.[0];
  await client.send(
    new RegisterScalableTargetCommand({
      ...dimension,
      ResourceId: resourceId,
      MinCapacity: 2,
      MaxCapacity: 4,
    }),
  );

  const refused = await scale({ 'desired-count': '9' });
  expect(errors(refused)).toContain('between 2 and 4 tasks, and 9 is outside');
  expect((await readService(emulator)).desiredCount).toBe(2);

  const raised = await scale({ 'desired-count': '9', 'scale-limits': 'raise' });
  expect(errors(raised)).toBe('');
  expect(await target()).toMatchObject({ MinCapacity: 2, MaxCapacity: 9 });
  expect((await readService(emulator)).desiredCount).toBe(9);

  const suspended = await scale({ 'desired-count': '0', 'scale-limits': 'suspend' });
  expect(errors(suspended)).toBe('');
  expect(await target()).toMatchObject({
    MinCapacity: 2,
    MaxCapacity: 9,
    SuspendedState: {
      DynamicScalingInSuspended: true,
      DynamicScalingOutSuspended: true,
      ScheduledScalingSuspended: false,
    },
  });
  expect((await readService(emulator)).desiredCount).toBe(0);
});

it('refuses a service that was never released, and changes nothing in a dry run', async () => {
  const placeholder = await scale({ 'desired-count': '2' });
  expect(errors(placeholder)).toContain('was never released');
  await release();
  const dry = await scale({ 'desired-count': '9', 'dry-run': 'true' });
  expect(dry.outputs['outcome']).toBe('dry-run');
  expect((await readService(emulator)).desiredCount).toBe(2);
});
