import { createHash } from 'node:crypto';
import {
  appSpec,
  APPLICATION,
  codeDeployFixture,
  GROUP,
  next,
  taskSet,
} from '../../support/codedeploy.js';
import { codeOf } from '../../support/ecs-emulator.js';

describe('a replacement task set', () => {
  it('that cannot start fails Install after an hour, and is rolled back', async () => {
    const fixture = await codeDeployFixture();
    const id = await fixture.deploy(appSpec(await next(fixture, 'crash:3')));
    await fixture.ecs.advance(3590, undefined, 10);
    expect((await fixture.deployment(id)).status).toBe('InProgress');
    await fixture.ecs.advance(60, undefined, 10);
    const ended = await fixture.deployment(id);
    expect(ended).toMatchObject({ status: 'Failed', errorInformation: { code: 'TIMEOUT' } });
    expect(ended.errorInformation?.message).toContain('replacement task set to become healthy');
    expect(taskSet(await fixture.service(), 'PRIMARY')).toMatchObject({
      taskDefinition: fixture.v1,
      runningCount: 2,
    });
  });

  it('of a definition that does not exist fails at once', async () => {
    const fixture = await codeDeployFixture();
    const id = await fixture.deploy(appSpec('web:99'));
    await fixture.ecs.advance(10);
    expect((await fixture.deployment(id)).errorInformation).toMatchObject({
      code: 'ECS_UPDATE_ERROR',
    });
  });
});

describe('waiting for the rerouting', () => {
  const group = {
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 10 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
    },
  };

  it('is Ready until ContinueDeployment', async () => {
    const fixture = await codeDeployFixture({ group });
    const id = await fixture.deploy(appSpec(await next(fixture)));
    await fixture.ecs.advance(60);
    expect((await fixture.deployment(id)).status).toBe('Ready');
    await fixture.call('ContinueDeployment', {
      deploymentId: id,
      deploymentWaitType: 'READY_WAIT',
    });
    await fixture.ecs.advance(10);
    expect((await fixture.deployment(id)).status).toBe('Succeeded');
  });

  it('ends as Stopped when nobody continues', async () => {
    const fixture = await codeDeployFixture({ group });
    const id = await fixture.deploy(appSpec(await next(fixture)));
    await fixture.ecs.advance(700, undefined, 5);
    expect((await fixture.deployment(id)).status).toBe('Stopped');
  });
});

describe('CreateDeployment refuses', () => {
  const revision = (content: string, sha256?: string) => ({
    revision: {
      revisionType: 'AppSpecContent',
      appSpecContent: { content, ...(sha256 === undefined ? {} : { sha256 }) },
    },
  });

  it.each([
    [
      'an application that is not there',
      { applicationName: 'x' },
      'ApplicationDoesNotExistException',
    ],
    [
      'a group that is not there',
      { deploymentGroupName: 'x' },
      'DeploymentGroupDoesNotExistException',
    ],
    [
      'a configuration that is not there',
      { deploymentConfigName: 'x' },
      'DeploymentConfigDoesNotExistException',
    ],
    ['no revision', { revision: undefined }, 'RevisionRequiredException'],
    ['an AppSpec that is no YAML', revision('a: b: c'), 'InvalidRevisionException'],
    ['an AppSpec without resources', revision('version: 0.0'), 'InvalidRevisionException'],
    [
      'a hook that does not exist',
      revision(appSpec('web', { Install: 'f' })),
      'InvalidRevisionException',
    ],
    ['another sha256', revision(appSpec('web'), 'abc'), 'InvalidRevisionException'],
    ['a revision in S3', { revision: { revisionType: 'S3' } }, 'InvalidRevisionException'],
    ['a long description', { description: 'x'.repeat(257) }, 'DescriptionTooLongException'],
  ])('%s', async (_, change, code) => {
    const fixture = await codeDeployFixture();
    expect(await codeOf(fixture.deploy(appSpec(fixture.v1), change))).toBe(code);
  });

  it('a second one while the first is active', async () => {
    const fixture = await codeDeployFixture();
    const id = await fixture.deploy(appSpec(await next(fixture)));
    await expect(fixture.deploy(appSpec(fixture.v1))).rejects.toMatchObject({
      code: 'DeploymentLimitExceededException',
      message: expect.stringContaining(id) as string,
    });
  });

  it('and takes the right sha256, as YAML and of type String', async () => {
    const fixture = await codeDeployFixture();
    const content = `version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        TaskDefinition: "${fixture.v1}"\n        LoadBalancerInfo:\n          ContainerName: "app"\n          ContainerPort: 8080\n`;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const id = await fixture.deploy('', {
      revision: { revisionType: 'String', string: { content, sha256 } },
    });
    expect((await fixture.deployment(id)).revision).toEqual({
      revisionType: 'String',
      string: { content, sha256 },
    });
    const key = { applicationName: APPLICATION, deploymentGroupName: GROUP };
    expect(await fixture.call('ListDeployments', key)).toEqual({ deployments: [id] });
    expect(await fixture.call('ListDeploymentTargets', { deploymentId: id })).toEqual({
      targetIds: ['main:web'],
    });
  });
});
