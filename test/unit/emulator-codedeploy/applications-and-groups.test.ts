import { APPLICATION, codeDeployFixture, GROUP, groupInput } from '../../support/codedeploy.js';
import { codeOf } from '../../support/ecs-emulator.js';

const KEY = { applicationName: APPLICATION, deploymentGroupName: GROUP };

it('a group comes back as it was made', async () => {
  const fixture = await codeDeployFixture();
  const input = groupInput();
  expect(await fixture.call('GetDeploymentGroup', KEY)).toMatchObject({
    deploymentGroupInfo: { ...input, computePlatform: 'ECS' },
  });
  expect(await fixture.call('ListDeploymentGroups', KEY)).toEqual({
    applicationName: APPLICATION,
    deploymentGroups: [GROUP],
  });
  const batch = { applicationName: APPLICATION, deploymentGroupNames: [GROUP, 'none'] };
  expect(await fixture.call('BatchGetDeploymentGroups', batch)).toMatchObject({
    deploymentGroupsInfo: [{ deploymentGroupName: GROUP }],
    errorMessage: expect.stringContaining('none') as string,
  });
});

it('an update changes what it names and keeps the rest', async () => {
  const fixture = await codeDeployFixture();
  await fixture.call('UpdateDeploymentGroup', {
    applicationName: APPLICATION,
    currentDeploymentGroupName: GROUP,
    newDeploymentGroupName: 'renamed',
    deploymentConfigName: 'CodeDeployDefault.ECSLinear10PercentEvery3Minutes',
  });
  expect(await codeOf(fixture.call('GetDeploymentGroup', KEY))).toBe(
    'DeploymentGroupDoesNotExistException',
  );
  expect(
    await fixture.call('GetDeploymentGroup', { ...KEY, deploymentGroupName: 'renamed' }),
  ).toMatchObject({
    deploymentGroupInfo: {
      deploymentConfigName: 'CodeDeployDefault.ECSLinear10PercentEvery3Minutes',
      ecsServices: [{ clusterName: 'main', serviceName: 'web' }],
      alarmConfiguration: { enabled: true },
    },
  });
});

it('an application is renamed with its tags, and deleted with its groups', async () => {
  const fixture = await codeDeployFixture();
  const arn = (name: string): string =>
    `arn:aws:codedeploy:eu-west-1:123456789012:application:${name}`;
  const tags = [{ Key: 'team', Value: 'web' }];
  await fixture.call('TagResource', { ResourceArn: arn(APPLICATION), Tags: tags });
  await fixture.call('UpdateApplication', {
    applicationName: APPLICATION,
    newApplicationName: 'b',
  });
  expect(await fixture.call('ListTagsForResource', { ResourceArn: arn('b') })).toEqual({
    Tags: tags,
  });
  await fixture.call('UntagResource', { ResourceArn: arn('b'), TagKeys: ['team'] });
  expect(await fixture.call('ListTagsForResource', { ResourceArn: arn('b') })).toEqual({
    Tags: [],
  });
  expect(await fixture.call('ListApplications')).toEqual({ applications: ['b'] });
  expect(await fixture.call('BatchGetApplications', { applicationNames: ['b'] })).toMatchObject({
    applicationsInfo: [{ applicationName: 'b', computePlatform: 'ECS' }],
  });
  await fixture.call('DeleteApplication', { applicationName: 'b' });
  expect(await codeOf(fixture.call('GetApplication', { applicationName: 'b' }))).toBe(
    'ApplicationDoesNotExistException',
  );
});

it('the predefined configurations are there', async () => {
  const fixture = await codeDeployFixture();
  expect(await fixture.call('ListDeploymentConfigs')).toEqual({
    deploymentConfigsList: [
      'CodeDeployDefault.ECSAllAtOnce',
      'CodeDeployDefault.ECSCanary10Percent5Minutes',
      'CodeDeployDefault.ECSCanary10Percent15Minutes',
      'CodeDeployDefault.ECSLinear10PercentEvery1Minutes',
      'CodeDeployDefault.ECSLinear10PercentEvery3Minutes',
    ],
  });
  expect(
    await fixture.call('GetDeploymentConfig', {
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent15Minutes',
    }),
  ).toMatchObject({
    deploymentConfigInfo: {
      computePlatform: 'ECS',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 10, canaryInterval: 15 },
      },
    },
  });
});

it('a configuration of one’s own cannot go while a group uses it', async () => {
  const fixture = await codeDeployFixture();
  const half = { deploymentConfigName: 'half' };
  await fixture.call('CreateDeploymentConfig', {
    ...half,
    computePlatform: 'ECS',
    trafficRoutingConfig: { type: 'AllAtOnce' },
  });
  const group = { applicationName: APPLICATION, currentDeploymentGroupName: GROUP };
  await fixture.call('UpdateDeploymentGroup', { ...group, ...half });
  expect(await codeOf(fixture.call('DeleteDeploymentConfig', half))).toBe(
    'DeploymentConfigInUseException',
  );
  await fixture.call('DeleteDeploymentGroup', KEY);
  await fixture.call('DeleteDeploymentConfig', half);
  expect(await codeOf(fixture.call('GetDeploymentConfig', half))).toBe(
    'DeploymentConfigDoesNotExistException',
  );
});

it.each([
  ['no service', { ecsServices: [] }, 'InvalidECSServiceException'],
  [
    'a service that is not there',
    { ecsServices: [{ clusterName: 'main', serviceName: 'x' }] },
    'InvalidECSServiceException',
  ],
  [
    'an in-place deployment',
    { deploymentStyle: { deploymentType: 'IN_PLACE' } },
    'InvalidDeploymentStyleException',
  ],
  ['no target groups', { loadBalancerInfo: {} }, 'InvalidLoadBalancerInfoException'],
  [
    'no blue/green configuration',
    { blueGreenDeploymentConfiguration: undefined },
    'InvalidBlueGreenDeploymentConfigurationException',
  ],
  ['a name that is taken', { deploymentGroupName: GROUP }, 'DeploymentGroupAlreadyExistsException'],
])('CreateDeploymentGroup refuses %s', async (_, change, code) => {
  const fixture = await codeDeployFixture();
  const input = groupInput({ deploymentGroupName: 'second', ...change });
  expect(await codeOf(fixture.call('CreateDeploymentGroup', input))).toBe(code);
});

it('a group needs a service whose controller is CODE_DEPLOY', async () => {
  const fixture = await codeDeployFixture();
  await fixture.ecs.create(fixture.v1, { serviceName: 'rolling' });
  const ecsServices = [{ clusterName: 'main', serviceName: 'rolling' }];
  const input = groupInput({ deploymentGroupName: 'second', ecsServices });
  expect(await codeOf(fixture.call('CreateDeploymentGroup', input))).toBe(
    'InvalidECSServiceException',
  );
});

it('a reset forgets all, and what was under way never happens', async () => {
  const fixture = await codeDeployFixture();
  fixture.ecs.codeDeploy.reset();
  expect(await fixture.call('ListApplications')).toEqual({ applications: [] });
  expect(fixture.ecs.codeDeploy.dump()).toEqual({ deployments: [] });
});
