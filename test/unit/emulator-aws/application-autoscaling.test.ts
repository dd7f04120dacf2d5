import type { Call } from '../../../emulator/aws/call.js';
import { createApplicationAutoscaling } from '../../../emulator/aws/gaps/application-autoscaling.js';

const TARGET = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/shop/app',
  ScalableDimension: 'ecs:service:DesiredCount',
};

function service() {
  const handler = createApplicationAutoscaling({
    accountId: '123456789012',
    region: 'eu-west-1',
    nowMs: () => 5000,
    ecsServiceExists: (cluster, name) => Promise.resolve(cluster === 'shop' && name === 'app'),
  });
  return async (operation: string, input: object): Promise<Record<string, unknown>> => {
    const call = {
      identity: { operation, service: 'application-autoscaling' },
      body: Buffer.from(JSON.stringify(input)),
    } as Call;
    const answer = await handler.answer(call);
    return answer.kind === 'json' ? (answer.result as Record<string, unknown>) : {};
  };
}

describe('application autoscaling', () => {
  it('keeps a target, its limits and its tags', async () => {
    const call = service();
    const tags = { Tags: { project: 'shop' } };
    const registered = await call('RegisterScalableTarget', {
      ...TARGET,
      ...tags,
      MinCapacity: 1,
      MaxCapacity: 4,
    });
    await call('RegisterScalableTarget', { ...TARGET, MaxCapacity: 8 });
    const ResourceARN = registered['ScalableTargetARN'];
    await call('TagResource', { ResourceARN, Tags: { a: 'b' } });
    await call('UntagResource', { ResourceARN, TagKeys: ['project'] });
    const described = await call('DescribeScalableTargets', {
      ServiceNamespace: 'ecs',
      ResourceIds: [TARGET.ResourceId],
    });
    expect(described['ScalableTargets']).toMatchObject([
      { ...TARGET, MinCapacity: 1, MaxCapacity: 8, ScalableTargetARN: ResourceARN },
    ]);
    expect(await call('ListTagsForResource', { ResourceARN })).toEqual({ Tags: { a: 'b' } });
  });

  it('keeps policies and scheduled actions as long as their target', async () => {
    const call = service();
    await call('RegisterScalableTarget', { ...TARGET, MinCapacity: 1, MaxCapacity: 4 });
    await call('PutScalingPolicy', { ...TARGET, PolicyName: 'cpu', PolicyType: 'StepScaling' });
    await call('PutScheduledAction', { ...TARGET, ScheduledActionName: 'night', Schedule: 'x' });
    const namespace = { ServiceNamespace: 'ecs' };
    expect((await call('DescribeScalingPolicies', namespace))['ScalingPolicies']).toMatchObject([
      { PolicyName: 'cpu', CreationTime: 5 },
    ]);
    await call('DeregisterScalableTarget', TARGET);
    expect(await call('DescribeScalingPolicies', namespace)).toEqual({ ScalingPolicies: [] });
    expect(await call('DescribeScheduledActions', namespace)).toEqual({ ScheduledActions: [] });
  });

  it.each([
    [
      'RegisterScalableTarget',
      { ResourceId: 'service/shop/none', MinCapacity: 1, MaxCapacity: 2 },
      'ValidationException',
    ],
    ['RegisterScalableTarget', { MinCapacity: 1 }, 'ValidationException'],
    ['RegisterScalableTarget', { MinCapacity: 3, MaxCapacity: 2 }, 'ValidationException'],
    ['PutScalingPolicy', { PolicyName: 'cpu' }, 'ObjectNotFoundException'],
    ['DeleteScalingPolicy', { PolicyName: 'cpu' }, 'ObjectNotFoundException'],
    ['DeregisterScalableTarget', {}, 'ObjectNotFoundException'],
    ['ListTagsForResource', { ResourceARN: 'arn:x' }, 'ResourceNotFoundException'],
    ['Unheard', {}, 'UnknownOperationException'],
  ])('%s of %p is refused with %s', async (operation, input, code) => {
    await expect(service()(operation, { ...TARGET, ...input })).rejects.toMatchObject({ code });
  });
});
