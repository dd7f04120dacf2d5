import {
  CodeDeployClient,
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy';
import { errors } from '../support/annotations.js';
import {
  appSpecFile,
  codeDeployNames,
  makeCodeDeployService,
  makeRepositoryAndLogs,
  taskDefinitionFile,
} from '../support/codedeploy-service.js';
import { names, pushServiceImage, readService, runDeploy } from '../support/ecs-deploy.js';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 20 });
  await makeRepositoryAndLogs(emulator);
  const image = await pushServiceImage(emulator, 'v1');
  await makeCodeDeployService(emulator, image.reference);
});
afterAll(() => emulator.stop());

/** The workflow of an app repository that keeps definition and AppSpec in `.aws/`. */
function deploy(
  image: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<RunStepResult> {
  return runDeploy(emulator, {
    files: {
      '.aws/task-definition-v1-dev.json': taskDefinitionFile(emulator),
      '.aws/appspec-v1-dev.yaml': appSpecFile,
    },
    inputs: {
      cluster: names.cluster,
      'service-name': names.serviceName,
      'task-definition': '.aws/task-definition-v1-dev.json',
      appspec: '.aws/appspec-v1-dev.yaml',
      'if-busy': 'end-termination',
      image,
      ...inputs,
    },
  });
}

async function runningDefinition(): Promise<string | undefined> {
  const { taskSets = [] } = await readService(emulator);
  return taskSets.find(({ status }) => status === 'PRIMARY')?.taskDefinition;
}

it('prints its steps and the AppSpec in a dry run, and changes nothing', async () => {
  const image = await pushServiceImage(emulator, 'dry');
  await emulator.control('DELETE', 'calls');
  const step = await deploy(image.reference, { 'dry-run': 'true' });
  expect(errors(step)).toBe('');
  expect(step.outputs['outcome']).toBe('dry-run');
  const log = step.log.join('\n');
  expect(log).toContain(
    `create-deployment in ${codeDeployNames.application}/${codeDeployNames.deploymentGroup}`,
  );
  expect(log).toContain('BeforeInstall: "fastapi-migrate-dev"');
  const calls = await emulator.calls();
  expect(calls).not.toHaveProperty('codedeploy.CreateDeployment');
  expect(calls).not.toHaveProperty('ecs.RegisterTaskDefinition');
});

it('deploys with the repository’s AppSpec: hooks, canary, traffic and digest', async () => {
  const image = await pushServiceImage(emulator, 'v2');
  const step = await deploy(image.reference, {
    'codedeploy-config': 'CodeDeployDefault.ECSCanary10Percent5Minutes',
  });
  expect(errors(step)).toBe('');
  expect(step.conclusion).toBe('success');
  expect(step.outputs).toMatchObject({ outcome: 'succeeded', 'image-digest': image.digest });
  expect(await runningDefinition()).toBe(step.outputs['task-definition-arn']);
  const log = step.log.join('\n');
  expect(log).toContain('BeforeInstall (Lambda fastapi-migrate-dev) succeeded');
  expect(log).toContain('with 10 % of the traffic');
  expect(step.summary).toContain('as asked, by digest');
  expect(step.summary).toContain('fastapi-smoke-dev');

  const codeDeploy = new CodeDeployClient(sdkConfig(emulator));
  const answer = await codeDeploy.send(
    new GetDeploymentCommand({ deploymentId: step.outputs['codedeploy-deployment-id'] ?? '' }),
  );
  const sent = await codeDeploy.send(
    new GetApplicationRevisionCommand({
      applicationName: codeDeployNames.application,
      revision: answer.deploymentInfo?.revision,
    }),
  );
  // All of the file is kept, comments too; only the task definition was put in.
  expect(sent.revision?.appSpecContent?.content).toBe(
    appSpecFile.replace('<TASK_DEFINITION>', `"${step.outputs['task-definition-arn'] ?? ''}"`),
  );
  expect(answer.deploymentInfo?.description).toContain('c0ffee');
}, 120_000);

it('changes nothing the second time', async () => {
  const image = await pushServiceImage(emulator, 'v2');
  const step = await deploy(image.reference);
  expect(step.outputs['outcome']).toBe('no-op');
});

it('names the failing hook, its Lambda and what it said, and follows the rollback', async () => {
  const before = await runningDefinition();
  await emulator.control('POST', 'codedeploy/hooks', {
    function: 'fastapi-smoke-dev',
    status: 'Failed',
    message: 'GET /health gave 503',
  });
  const image = await pushServiceImage(emulator, 'v3');
  const step = await deploy(image.reference);
  await emulator.control('POST', 'codedeploy/hooks', {
    function: 'fastapi-smoke-dev',
    status: 'Succeeded',
  });
  expect(step.conclusion).toBe('failure');
  expect(step.outputs['outcome']).toBe('rolled-back');
  expect(errors(step)).toContain(
    'hook AfterAllowTestTraffic (Lambda function fastapi-smoke-dev) failed: GET /health gave 503',
  );
  expect(JSON.parse(step.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'lifecycle-hook' });
  expect(await runningDefinition()).toBe(before);
});

it('tells why the new tasks do not start, within the time limit', async () => {
  const before = await runningDefinition();
  const image = await pushServiceImage(emulator, 'bad', {
    EMULATOR_FATE: 'crash:3',
    EMULATOR_LOG: 'connecting\\n::error::no such table: orders',
  });
  const step = await deploy(image.reference, {
    ...{ 'timeout-minutes': '0.2', 'early-end': 'false', 'on-cancel': 'leave' },
  });
  expect(step.conclusion).toBe('failure');
  expect(step.outputs).toMatchObject({ outcome: 'timed-out', 'exit-code': '3' });
  expect(errors(step)).toMatch(/container app exited with code 3.*no such table: orders/);
  expect(errors(step)).toContain(
    `aws deploy stop-deployment --auto-rollback-enabled --deployment-id ${step.outputs['codedeploy-deployment-id'] ?? ''}`,
  );
  expect(await runningDefinition()).toBe(before);
}, 60_000);

it('says what the group is busy with, with "fail"', async () => {
  const image = await pushServiceImage(emulator, 'v4');
  const step = await deploy(image.reference, { 'if-busy': 'fail' });
  expect(step.conclusion).toBe('failure');
  expect(errors(step)).toMatch(
    /deployment group "fastapi-dev" is busy: d-[A-Z0-9]{9} is InProgress/,
  );
});

it('rolls back what is in flight, and then what ran before', async () => {
  const rollback = (): Promise<RunStepResult> =>
    runDeploy(emulator, {
      inputs: { command: 'rollback', cluster: names.cluster, 'service-name': names.serviceName },
    });
  const before = await runningDefinition();
  const stopped = await rollback();
  expect(errors(stopped)).toBe('');
  expect(stopped.outputs).toMatchObject({ outcome: 'rolled-back', 'task-definition-arn': before });

  const image = await pushServiceImage(emulator, 'v5');
  const next = await deploy(image.reference, { 'wait-for-termination': 'true' });
  expect(errors(next)).toBe('');
  expect(await runningDefinition()).not.toBe(before);
  const back = await rollback();
  expect(errors(back)).toBe('');
  expect(back.outputs).toMatchObject({ outcome: 'rolled-back', 'task-definition-arn': before });
  expect(await runningDefinition()).toBe(before);
}, 240_000);

it('ends as paused where someone is to reroute the traffic, and goes on from another job', async () => {
  const codeDeploy = new CodeDeployClient(sdkConfig(emulator));
  await codeDeploy.send(
    new UpdateDeploymentGroupCommand({
      applicationName: codeDeployNames.application,
      currentDeploymentGroupName: codeDeployNames.deploymentGroup,
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
      },
    }),
  );
  const image = await pushServiceImage(emulator, 'v6');
  const paused = await deploy(image.reference);
  expect(errors(paused)).toBe('');
  expect(paused.outputs).toMatchObject({
    outcome: 'paused',
    'codedeploy-deployment-id': expect.stringMatching(/^d-/) as string,
  });
  const ended = await runDeploy(emulator, {
    inputs: { command: 'continue', cluster: names.cluster, 'service-name': names.serviceName },
  });
  expect(errors(ended)).toBe('');
  expect(ended.outputs).toMatchObject({
    outcome: 'succeeded',
    'codedeploy-deployment-id': paused.outputs['codedeploy-deployment-id'],
  });
  expect(await runningDefinition()).toBe(paused.outputs['task-definition-arn']);
}, 120_000);
