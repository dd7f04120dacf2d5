import { BALANCED, codeOf, ecsFixture, lambdaHook, pauseHook } from '../../support/ecs-emulator.js';
import { BLUE_GREEN, CANARY, running, until, stage } from '../../support/ecs-shifts.js';

describe('a configuration', () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:check';

  it.each<[string, object, object?]>([
    ['blue/green without a bake time', { strategy: 'BLUE_GREEN' }],
    ['a bake time of more than a day', { ...BLUE_GREEN, bakeTimeInMinutes: 1441 }],
    ['a canary’s settings on blue/green', { ...BLUE_GREEN, canaryConfiguration: {} }],
    ['linear settings on a rolling update', { linearConfiguration: { stepPercent: 10 } }],
    ['a linear step below 3 %', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 2.9 } }],
    ['a canary of 5.05 %', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5.05 } }],
    [
      'a canary that bakes half a minute',
      { strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 0.5 } },
    ],
    [
      'a load balancer without advancedConfiguration',
      BLUE_GREEN,
      { loadBalancers: [{ ...BALANCED, advancedConfiguration: undefined }] },
    ],
    ['a canary that no traffic comes to', CANARY, { loadBalancers: [] }],
    ['service discovery alone', BLUE_GREEN, { loadBalancers: [], serviceRegistries: [{}] }],
    ['a hook without a stage', { ...BLUE_GREEN, lifecycleHooks: [lambdaHook(arn, [])] }],
    [
      'a Lambda hook without a function',
      { ...BLUE_GREEN, lifecycleHooks: [{ lifecycleStages: ['PRE_SCALE_UP'] }] },
    ],
    [
      'a PAUSE hook while traffic shifts',
      { ...BLUE_GREEN, lifecycleHooks: [pauseHook(['PRODUCTION_TRAFFIC_SHIFT'])] },
    ],
    [
      'a pause of more than 14 days',
      {
        ...BLUE_GREEN,
        lifecycleHooks: [
          {
            ...pauseHook(['PRE_SCALE_UP']),
            timeoutConfiguration: { timeoutInMinutes: 20_161 },
          },
        ],
      },
    ],
  ])('is refused: %s', async (_, deploymentConfiguration, service = {}) => {
    const fixture = await ecsFixture();
    const v1 = await fixture.define(fixture.push('shop/web:1'));
    const create = fixture.create(v1, {
      loadBalancers: [BALANCED],
      deploymentConfiguration,
      ...service,
    });
    expect(await codeOf(create)).toBe('InvalidParameterException');
  });

  it('of a service that shifts traffic must be given whole', async () => {
    const { fixture } = await running(CANARY);
    const part = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    expect(await codeOf(fixture.update({ deploymentConfiguration: part }))).toBe(
      'InvalidParameterException',
    );
    await fixture.update({ deploymentConfiguration: { ...CANARY, ...part } });
    expect((await fixture.service()).deploymentConfiguration).toMatchObject(part);
  });

  it('of a canary takes Service Connect in place of a load balancer', async () => {
    const { fixture, v2 } = await running(CANARY, {
      service: { loadBalancers: [], serviceConnectConfiguration: { enabled: true } },
    });
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, stage('PRODUCTION_TRAFFIC_SHIFT'));
    expect(rollout.targetServiceRevision?.requestedProductionTrafficWeight).toBe(10);
  });

  it('leaves behind what a rolling update does not have', async () => {
    const { fixture } = await running(CANARY);
    await fixture.update({ deploymentConfiguration: { strategy: 'ROLLING' } });
    expect((await fixture.service()).deploymentConfiguration).not.toHaveProperty(
      'canaryConfiguration',
    );
  });
});
