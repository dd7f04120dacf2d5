import { codeOf, ecsFixture, NETWORK, only } from '../../support/ecs-emulator.js';

describe('clusters', () => {
  it('are created once, described, changed and deleted', async () => {
    const fixture = await ecsFixture();
    const input = {
      clusterName: 'shop',
      settings: [{ name: 'containerInsights', value: 'enhanced' }],
      tags: [{ key: 'a', value: 'b' }],
    };
    await fixture.call('CreateCluster', input);
    await fixture.call('CreateCluster', { clusterName: 'shop' });
    await fixture.call('PutClusterCapacityProviders', {
      cluster: 'shop',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    });
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop';
    const include = ['SETTINGS', 'TAGS'];
    expect(
      await fixture.call('DescribeClusters', { clusters: [arn, 'none'], include }),
    ).toMatchObject({
      clusters: [
        {
          clusterArn: arn,
          status: 'ACTIVE',
          settings: input.settings,
          tags: input.tags,
          capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        },
      ],
      failures: [{ reason: 'MISSING' }],
    });
    await fixture.call('DeleteCluster', { cluster: 'shop' });
    expect((await fixture.call('ListClusters'))['clusterArns']).not.toContain(arn);
    expect(await codeOf(fixture.call('DeleteCluster', { cluster: 'shop' }))).toBe(
      'ClusterNotFoundException',
    );
  });

  it('with services or tasks are not deleted', async () => {
    const fixture = await ecsFixture();
    const web = await fixture.define('x');
    await fixture.create(web, { desiredCount: 0 });
    const remove = () => codeOf(fixture.call('DeleteCluster', { cluster: 'main' }));
    expect(await remove()).toBe('ClusterContainsServicesException');
    await fixture.call('DeleteService', { cluster: 'main', service: 'web' });
    await fixture.advance(2);
    await fixture.call('RunTask', {
      cluster: 'main',
      taskDefinition: web,
      networkConfiguration: NETWORK,
    });
    expect(await remove()).toBe('ClusterContainsTasksException');
    await fixture.advance(60);
    expect(await remove()).toBeUndefined();
  });
});

describe('CreateService', () => {
  const refusals: [string, object, string][] = [
    ['an unknown cluster', { cluster: 'none' }, 'ClusterNotFoundException'],
    ['an unknown task definition', { taskDefinition: 'none:1' }, 'ClientException'],
    ['no task definition', { taskDefinition: undefined }, 'InvalidParameterException'],
    ['a bad name', { serviceName: 'a b' }, 'InvalidParameterException'],
    ['no network for awsvpc', { networkConfiguration: undefined }, 'InvalidParameterException'],
    [
      'percents that leave no room',
      { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'InvalidParameterException',
    ],
    [
      'a load balancer on a port that no container has',
      { loadBalancers: [{ targetGroupArn: 'tg', containerName: 'app', containerPort: 1 }] },
      'InvalidParameterException',
    ],
    [
      'launch type and capacity providers at once',
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] },
      'InvalidParameterException',
    ],
    ['EXTERNAL', { deploymentController: { type: 'EXTERNAL' } }, 'UnsupportedFeatureException'],
    ['DAEMON', { schedulingStrategy: 'DAEMON' }, 'UnsupportedFeatureException'],
    ['a count that is no number', { desiredCount: '2' }, 'SerializationException'],
  ];

  it.each(refusals)('refuses %s', async (_, more, code) => {
    const fixture = await ecsFixture();
    const web = await fixture.define('x');
    expect(await codeOf(fixture.create(web, more))).toBe(code);
    expect((await fixture.call('ListServices', { cluster: 'main' }))['serviceArns']).toEqual([]);
  });

  it('takes a name again only when the former service is gone', async () => {
    const fixture = await ecsFixture();
    const web = await fixture.define('x');
    await fixture.create(web);
    expect(await codeOf(fixture.create(web))).toBe('InvalidParameterException');
    await fixture.advance(30);
    await fixture.call('DeleteService', { cluster: 'main', service: 'web', force: true });
    expect(await codeOf(fixture.create(web))).toBe('InvalidParameterException');
    await fixture.advance(30);
    expect((await fixture.service()).status).toBe('INACTIVE');
    expect((await fixture.create(web)).status).toBe('ACTIVE');
  });

  it('returns what Terraform reads back', async () => {
    const fixture = await ecsFixture();
    const created = await fixture.create(await fixture.define('x'), {
      capacityProviderStrategy: [],
      tags: [{ key: 'a', value: 'b' }],
      propagateTags: 'SERVICE',
    });
    expect(created).toMatchObject({
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      schedulingStrategy: 'REPLICA',
      deploymentController: { type: 'ECS' },
      propagateTags: 'SERVICE',
      tags: [{ key: 'a', value: 'b' }],
      deploymentConfiguration: {
        maximumPercent: 200,
        minimumHealthyPercent: 100,
        deploymentCircuitBreaker: { enable: false, rollback: false },
      },
      networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'DISABLED' } },
    });
    expect(await fixture.service()).not.toHaveProperty('tags');
  });
});

describe('UpdateService', () => {
  it('refuses what is not there', async () => {
    const fixture = await ecsFixture();
    expect(await codeOf(fixture.update({}))).toBe('ServiceNotFoundException');
    expect(await codeOf(fixture.update({ cluster: 'none' }))).toBe('ClusterNotFoundException');
    const web = await fixture.define('x');
    await fixture.create(web);
    expect(await codeOf(fixture.update({ taskDefinition: 'web:9' }))).toBe('ClientException');
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: web });
    expect(await codeOf(fixture.update({ taskDefinition: web }))).toBe('ClientException');
  });

  it('refuses a service that is being deleted', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define('x'), { desiredCount: 0 });
    await fixture.call('DeleteService', { cluster: 'main', service: 'web' });
    expect(await codeOf(fixture.update({ desiredCount: 1 }))).toBe('ServiceNotActiveException');
  });
});

describe('DeleteService', () => {
  it('needs force while the service is scaled above 0, then drains it', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define('x'));
    await fixture.advance(30);
    const input = { cluster: 'main', service: 'web' };
    expect(await codeOf(fixture.call('DeleteService', input))).toBe('InvalidParameterException');
    const deleted = await fixture.call('DeleteService', { ...input, force: true });
    expect(deleted['service']).toMatchObject({ status: 'DRAINING', desiredCount: 0 });
    await fixture.advance(10);
    expect(await fixture.service()).toMatchObject({
      status: 'INACTIVE',
      runningCount: 0,
      deployments: [],
    });
    expect(await fixture.tasks('STOPPED')).toHaveLength(2);
    expect((await fixture.call('ListServices', { cluster: 'main' }))['serviceArns']).toEqual([]);
    expect(await codeOf(fixture.call('DeleteService', input))).toBe('ServiceNotActiveException');
  });

  it('ends the rollout that is going', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define('x'));
    await fixture.advance(5);
    await fixture.call('DeleteService', { cluster: 'main', service: 'web', force: true });
    await fixture.advance(20);
    expect(only(await fixture.rollouts()).status).toBe('STOPPED');
  });
});

describe('DescribeServices', () => {
  it('names what is missing', async () => {
    const fixture = await ecsFixture();
    expect(await fixture.call('DescribeServices', { cluster: 'main', services: ['none'] })).toEqual(
      {
        services: [],
        failures: [
          { arn: 'arn:aws:ecs:eu-west-1:123456789012:service/main/none', reason: 'MISSING' },
        ],
      },
    );
    expect(
      await codeOf(fixture.call('DescribeServices', { cluster: 'none', services: ['x'] })),
    ).toBe('ClusterNotFoundException');
  });
});

describe('tags', () => {
  it('are added, replaced and removed on every kind of resource', async () => {
    const fixture = await ecsFixture();
    const web = await fixture.define('x');
    const { serviceArn } = await fixture.create(web);
    const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/main';
    for (const resourceArn of [web, serviceArn, cluster]) {
      const list = async () => (await fixture.call('ListTagsForResource', { resourceArn }))['tags'];
      const tag = (key: string, value: string) =>
        fixture.call('TagResource', { resourceArn, tags: [{ key, value }] });
      await tag('a', '1');
      await tag('b', '');
      await tag('a', '2');
      expect(await list()).toEqual([
        { key: 'b', value: '' },
        { key: 'a', value: '2' },
      ]);
      await fixture.call('UntagResource', { resourceArn, tagKeys: ['a'] });
      expect(await list()).toEqual([{ key: 'b', value: '' }]);
    }
    expect(
      await codeOf(fixture.call('ListTagsForResource', { resourceArn: `${cluster}-none` })),
    ).toBe('InvalidParameterException');
  });
});

describe('account settings', () => {
  it('are kept and listed', async () => {
    const fixture = await ecsFixture();
    await fixture.call('PutAccountSetting', { name: 'containerInsights', value: 'enabled' });
    expect(await fixture.call('ListAccountSettings')).toMatchObject({
      settings: [{ name: 'containerInsights', value: 'enabled' }],
    });
    const input = { name: 'taskLongArnFormat', effectiveSettings: true };
    expect(await fixture.call('ListAccountSettings', input)).toMatchObject({
      settings: [{ value: 'enabled' }],
    });
    expect(await codeOf(fixture.call('PutAccountSetting', { name: 'x', value: 'y' }))).toBe(
      'InvalidParameterException',
    );
  });
});

describe('the service as a whole', () => {
  it('knows no other operations', async () => {
    const fixture = await ecsFixture();
    for (const operation of ['CreateTaskSet', 'CreateExpressGatewayService', 'toString']) {
      expect(await codeOf(fixture.call(operation))).toBe('UnknownOperationException');
    }
    expect(await codeOf(fixture.call('ExecuteCommand'))).toBe('TargetNotConnectedException');
  });

  it('forgets everything on reset, also what was under way', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(fixture.push('shop/web:1')));
    await fixture.advance(3);
    fixture.ecs.reset();
    await fixture.advance(60);
    expect(fixture.ecs.dump()).toMatchObject({
      clusters: [],
      services: [],
      tasks: [],
      taskDefinitions: [],
    });
  });

  it('hands out copies and keeps none of its input', async () => {
    const fixture = await ecsFixture();
    const tags = [{ key: 'a', value: '1' }];
    const created = await fixture.create(await fixture.define('x'), { tags });
    tags.push({ key: 'b', value: '2' });
    created.events?.push({ message: 'mine' });
    expect((await fixture.service()).events).toEqual([]);
    const resourceArn = created.serviceArn;
    expect((await fixture.call('ListTagsForResource', { resourceArn }))['tags']).toHaveLength(1);
  });

  it('dumps its state as plain JSON', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define('x'));
    await fixture.advance(15);
    expect(fixture.ecs.dump()).toMatchObject({
      clusters: [{ name: 'main' }],
      services: [{ serviceName: 'web', serviceDeployments: [{ status: 'IN_PROGRESS' }] }],
      tasks: [{ lastStatus: 'RUNNING' }, { lastStatus: 'RUNNING' }],
    });
  });
});
