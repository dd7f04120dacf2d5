import {
  appSpec,
  codeDeployFixture,
  type CodeDeployFixture,
  GROUP,
  APPLICATION,
  taskSet,
} from '../../support/codedeploy.js';
import { codeOf } from '../../support/ecs-emulator.js';

const CANARY = { deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes' };

async function shifting(fixture: CodeDeployFixture): Promise<string> {
  const v2 = await fixture.ecs.define(fixture.ecs.push('shop/web:2'));
  const id = await fixture.deploy(appSpec(v2), CANARY);
  await fixture.ecs.advance(60);
  expect(await fixture.events(id)).toContain('AllowTraffic InProgress');
  return id;
}

async function expectBack(fixture: CodeDeployFixture, id: string): Promise<string> {
  const { rollbackInfo } = await fixture.deployment(id);
  const back = rollbackInfo?.rollbackDeploymentId ?? '';
  expect(rollbackInfo?.rollbackMessage).toBe(
    `Deployment ${id} terminated. Automatic rollback is triggered with a DeploymentId ${back}.`,
  );
  await fixture.ecs.advance(10);
  expect(await fixture.deployment(back)).toMatchObject({
    status: 'Succeeded',
    creator: 'codeDeployRollback',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    rollbackInfo: { rollbackTriggeringDeploymentId: id },
  });
  await fixture.ecs.advance(20);
  const service = await fixture.service();
  expect(service.taskSets).toHaveLength(1);
  expect(taskSet(service, 'PRIMARY')).toMatchObject({
    taskDefinition: fixture.v1,
    runningCount: 2,
  });
  return back;
}

it('a firing alarm stops the deployment, and a rollback with an id of its own follows', async () => {
  const fixture = await codeDeployFixture();
  const id = await shifting(fixture);
  fixture.control('alarms', { name: 'web-5xx', state: 'ALARM' });
  await fixture.ecs.advance(2);
  expect(await fixture.deployment(id)).toMatchObject({
    status: 'Stopped',
    errorInformation: {
      code: 'ALARM_ACTIVE',
      message: expect.stringContaining('Activated alarms: <web-5xx>') as string,
    },
  });
  expect((await fixture.events(id)).slice(-2)).toEqual([
    'AllowTraffic Failed',
    'AfterAllowTraffic Skipped',
  ]);
  await expectBack(fixture, id);
});

it('an alarm that fires before stops the deployment when it starts', async () => {
  const fixture = await codeDeployFixture();
  fixture.control('alarms', { name: 'web-5xx', state: 'ALARM' });
  const id = await fixture.deploy(appSpec(fixture.v1));
  await fixture.ecs.advance(5);
  expect((await fixture.deployment(id)).status).toBe('Stopped');
});

it('an alarm of nobody, or one that is ignored, stops nothing', async () => {
  const fixture = await codeDeployFixture({
    group: { alarmConfiguration: { enabled: false, alarms: [{ name: 'web-5xx' }] } },
  });
  const id = await shifting(fixture);
  fixture.control('alarms', { name: 'other', state: 'ALARM' });
  fixture.control('alarms', { name: 'web-5xx', state: 'ALARM' });
  await fixture.ecs.advance(10);
  expect((await fixture.deployment(id)).status).toBe('InProgress');
});

it('StopDeployment with a rollback goes back', async () => {
  const fixture = await codeDeployFixture();
  const id = await shifting(fixture);
  expect(
    await fixture.call('StopDeployment', { deploymentId: id, autoRollbackEnabled: true }),
  ).toMatchObject({ status: 'Pending' });
  await fixture.ecs.advance(3);
  expect(await fixture.deployment(id)).toMatchObject({
    status: 'Stopped',
    errorInformation: { code: 'MANUAL_STOP' },
  });
  await expectBack(fixture, id);
  expect(await codeOf(fixture.call('StopDeployment', { deploymentId: id }))).toBe(
    'DeploymentAlreadyCompletedException',
  );
});

it.each([[false], [undefined]])(
  'StopDeployment with %p leaves everything as it is',
  async (autoRollbackEnabled) => {
    const fixture = await codeDeployFixture();
    const id = await shifting(fixture);
    await fixture.call('StopDeployment', {
      deploymentId: id,
      ...(autoRollbackEnabled === undefined ? {} : { autoRollbackEnabled }),
    });
    await fixture.ecs.advance(30);
    const stopped = await fixture.deployment(id);
    expect(stopped.status).toBe('Stopped');
    expect(stopped.rollbackInfo).toBeUndefined();
    expect((await fixture.service()).taskSets).toHaveLength(2);
  },
);

it('StopDeployment during the wait for termination goes back as well', async () => {
  const fixture = await codeDeployFixture();
  const v2 = await fixture.ecs.define(fixture.ecs.push('shop/web:2'));
  const id = await fixture.deploy(appSpec(v2));
  await fixture.ecs.advance(60);
  expect(taskSet(await fixture.service(), 'PRIMARY').taskDefinition).toBe(v2);
  await fixture.call('StopDeployment', { deploymentId: id, autoRollbackEnabled: true });
  await fixture.ecs.advance(3);
  await expectBack(fixture, id);
});

it('a rollback that fails says so', async () => {
  const fixture = await codeDeployFixture();
  fixture.control('rollbacks', { failure: 'the listener is gone' });
  const id = await shifting(fixture);
  await fixture.call('StopDeployment', { deploymentId: id, autoRollbackEnabled: true });
  await fixture.ecs.advance(20);
  const { rollbackDeploymentId = '' } = (await fixture.deployment(id)).rollbackInfo ?? {};
  expect(await fixture.deployment(rollbackDeploymentId)).toMatchObject({
    status: 'Failed',
    errorInformation: { message: 'the listener is gone' },
  });
});

it('the next deployment starts from what a failed one without rollback left', async () => {
  const fixture = await codeDeployFixture({ group: { autoRollbackConfiguration: undefined } });
  fixture.control('hooks', { function: 'check', status: 'Failed' });
  const v2 = await fixture.ecs.define(fixture.ecs.push('shop/web:2'));
  await fixture.deploy(appSpec(v2, { AfterInstall: 'check' }));
  await fixture.ecs.advance(60);
  expect((await fixture.service()).taskSets).toHaveLength(2);
  const id = await fixture.deploy(appSpec(v2));
  await fixture.ecs.advance(400);
  expect((await fixture.deployment(id)).status).toBe('Succeeded');
  expect((await fixture.service()).taskSets).toHaveLength(1);
  const key = { applicationName: APPLICATION, deploymentGroupName: GROUP };
  expect(await fixture.call('GetDeploymentGroup', key)).toMatchObject({
    deploymentGroupInfo: { lastSuccessfulDeployment: { deploymentId: id, status: 'Succeeded' } },
  });
});
