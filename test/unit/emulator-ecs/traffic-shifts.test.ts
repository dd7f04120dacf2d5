import { BALANCED, type EcsFixture } from '../../support/ecs-emulator.js';
import {
  BLUE_GREEN,
  CANARY,
  LINEAR,
  running,
  current,
  until,
  stage,
  ended,
} from '../../support/ecs-shifts.js';

const ALARM = { alarmNames: ['errors'], enable: true, rollback: true };

/** Stages with the new revision's share of production traffic, each change once. */
async function watch(fixture: EcsFixture): Promise<string[]> {
  const seen: string[] = [];
  await until(fixture, (rollout) => {
    const weight = rollout.targetServiceRevision?.requestedProductionTrafficWeight ?? 0;
    const now = `${rollout.lifecycleStage ?? ''} ${weight}`;
    if (seen.at(-1) !== now) seen.push(now);
    return ended(rollout);
  });
  return seen.filter((line) => !line.startsWith(' '));
}

describe('a blue/green deployment', () => {
  it('passes every stage in order and ends with the new revision alone', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    expect(await watch(fixture)).toEqual([
      'PRE_SCALE_UP 0',
      'SCALE_UP 0',
      'POST_SCALE_UP 0',
      'TEST_TRAFFIC_SHIFT 0',
      'POST_TEST_TRAFFIC_SHIFT 0',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0',
      'PRODUCTION_TRAFFIC_SHIFT 100',
      'POST_PRODUCTION_TRAFFIC_SHIFT 100',
      'BAKE_TIME 100',
      'CLEAN_UP 100',
    ]);
    expect(await current(fixture)).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { runningTaskCount: 2, requestedTestTrafficWeight: 100 },
      sourceServiceRevisions: [{ runningTaskCount: 0, requestedProductionTrafficWeight: 0 }],
    });
    const service = await fixture.service();
    expect(service).toMatchObject({ runningCount: 2, taskDefinition: v2 });
    expect(service.deployments).toHaveLength(1);
  });

  it('keeps both revisions up until the end of the bake time', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    await fixture.advance(118);
    const baking = await current(fixture);
    expect(baking).toMatchObject({
      lifecycleStage: 'BAKE_TIME',
      targetServiceRevision: { runningTaskCount: 2 },
      sourceServiceRevisions: [{ runningTaskCount: 2 }],
    });
    await fixture.advance(5);
    expect((await current(fixture)).lifecycleStage).toBe('CLEAN_UP');
  });

  it('starts nothing before SCALE_UP and shifts test traffic before production', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('PRE_SCALE_UP'));
    expect((await fixture.service()).runningCount).toBe(2);
    const tested = await until(fixture, stage('POST_TEST_TRAFFIC_SHIFT'));
    expect(tested.targetServiceRevision).toMatchObject({
      requestedTestTrafficWeight: 100,
      requestedProductionTrafficWeight: 0,
    });
  });

  it('swaps the target groups', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    const { targetServiceRevision, sourceServiceRevisions } = await until(
      fixture,
      stage('BAKE_TIME'),
    );
    const green = await fixture.revision(targetServiceRevision?.arn);
    const blue = await fixture.revision(sourceServiceRevisions?.[0]?.arn);
    expect(blue.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn).toBe(
      BALANCED.targetGroupArn,
    );
    expect(green.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn).toBe(
      BALANCED.advancedConfiguration.alternateTargetGroupArn,
    );
  });

  it('has no traffic weights without a load balancer or Service Connect', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN, { service: { loadBalancers: [] } });
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, ended);
    expect(rollout.status).toBe('SUCCESSFUL');
    expect(rollout.targetServiceRevision).not.toHaveProperty('requestedProductionTrafficWeight');
  });

  it('does not start the old revision where the first deployment raises the count', async () => {
    const { fixture, v2 } = await running(BLUE_GREEN, { service: { desiredCount: 0 } });
    await fixture.update({ taskDefinition: v2, desiredCount: 3 });
    await until(fixture, stage('BAKE_TIME'));
    expect(await fixture.service()).toMatchObject({ runningCount: 3 });
  });
});

describe('traffic in steps', () => {
  it('goes to a canary, which bakes, and then whole', async () => {
    const { fixture, v2 } = await running(CANARY);
    await fixture.update({ taskDefinition: v2 });
    expect((await watch(fixture)).slice(5, 10)).toEqual([
      'PRE_PRODUCTION_TRAFFIC_SHIFT 0',
      'PRODUCTION_TRAFFIC_SHIFT 10',
      'PRE_PRODUCTION_TRAFFIC_SHIFT 10',
      'PRODUCTION_TRAFFIC_SHIFT 100',
      'POST_PRODUCTION_TRAFFIC_SHIFT 100',
    ]);
    const { startedAt = 0, finishedAt = 0 } = await current(fixture);
    expect(finishedAt - startedAt).toBeGreaterThan(4 * 60);
    expect(finishedAt - startedAt).toBeLessThan(6 * 60);
  });

  it('goes up in equal steps, and does not bake after the last', async () => {
    const { fixture, v2 } = await running(LINEAR);
    await fixture.update({ taskDefinition: v2 });
    const seen = await watch(fixture);
    expect(seen.filter((line) => line.startsWith('PRODUCTION'))).toEqual([
      'PRODUCTION_TRAFFIC_SHIFT 40',
      'PRODUCTION_TRAFFIC_SHIFT 80',
      'PRODUCTION_TRAFFIC_SHIFT 100',
    ]);
    const { startedAt = 0, finishedAt = 0 } = await current(fixture);
    expect(finishedAt - startedAt).toBeLessThan(4 * 60);
  });

  it('has AWS’s defaults', async () => {
    const { fixture } = await running({ strategy: 'CANARY' });
    expect((await fixture.service()).deploymentConfiguration?.canaryConfiguration).toEqual({
      canaryPercent: 5,
      canaryBakeTimeInMinutes: 10,
    });
  });
});

describe.each([
  ['BLUE_GREEN', BLUE_GREEN],
  ['CANARY', CANARY],
  ['LINEAR', LINEAR],
])('a deployment of the strategy %s', (_, configuration) => {
  const breaker = { enable: true, rollback: true };

  it('is rolled back by the circuit breaker, and the old tasks never stop', async () => {
    const { fixture, v1, v2 } = await running(
      { ...configuration, deploymentCircuitBreaker: breaker },
      { fate: 'crash:3' },
    );
    const before = (await fixture.tasks()).map(({ taskArn }) => taskArn).sort();
    await fixture.update({ taskDefinition: v2 });
    const rollout = await until(fixture, ended);
    expect(rollout).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'TRIGGERED' },
      targetServiceRevision: { requestedProductionTrafficWeight: 0 },
    });
    const service = await fixture.service();
    expect(service).toMatchObject({ taskDefinition: v1, runningCount: 2 });
    expect((await fixture.tasks()).map(({ taskArn }) => taskArn).sort()).toEqual(before);
  });

  it('stays where it is when the breaker trips without rollback', async () => {
    const { fixture, v2 } = await running(
      { ...configuration, deploymentCircuitBreaker: { enable: true, rollback: false } },
      { fate: 'crash:3' },
    );
    await fixture.update({ taskDefinition: v2 });
    expect((await until(fixture, ended)).status).toBe('STOPPED');
  });

  it('is rolled back by an alarm in the bake time', async () => {
    const { fixture, v1, v2 } = await running({ ...configuration, alarms: ALARM });
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    fixture.ecs.control('alarms', { other: 'ALARM', errors: 'ALARM' });
    expect((await current(fixture)).status).toBe('ROLLBACK_IN_PROGRESS');
    const rollout = await until(fixture, ended);
    expect(rollout).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      alarms: { status: 'TRIGGERED', alarmNames: ['errors'], triggeredAlarmNames: ['errors'] },
      sourceServiceRevisions: [{ requestedProductionTrafficWeight: 100, runningTaskCount: 2 }],
    });
    expect((await fixture.service()).taskDefinition).toBe(v1);
  });

  it('is rolled back from the bake time by StopServiceDeployment', async () => {
    const { fixture, v1, v2 } = await running(configuration);
    await fixture.update({ taskDefinition: v2 });
    const { serviceDeploymentArn } = await until(fixture, stage('BAKE_TIME'));
    await fixture.call('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
    expect((await current(fixture)).status).toBe('ROLLBACK_REQUESTED');
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });

  it('is superseded, and the next one reconciles first', async () => {
    const { fixture, v1, v2 } = await running(configuration);
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('BAKE_TIME'));
    await fixture.update({ taskDefinition: v1, forceNewDeployment: true });
    await until(fixture, stage('RECONCILE_SERVICE'));
    expect((await fixture.rollouts())[1]?.status).toBe('STOPPED');
    expect((await until(fixture, ended)).status).toBe('SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });
});

const everyStage = [
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

describe('StopServiceDeployment', () => {
  it.each(everyStage)('rolls back from %s', async (name) => {
    const { fixture, v1, v2 } = await running(BLUE_GREEN);
    await fixture.update({ taskDefinition: v2 });
    const { serviceDeploymentArn } = await until(fixture, stage(name));
    await fixture.call('StopServiceDeployment', { serviceDeploymentArn });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(await fixture.service()).toMatchObject({ taskDefinition: v1, runningCount: 2 });
  });
});

describe('an alarm', () => {
  it('that is not told to roll back ends the deployment', async () => {
    const { fixture, v2 } = await running({ ...CANARY, alarms: { ...ALARM, rollback: false } });
    await fixture.update({ taskDefinition: v2 });
    await until(fixture, stage('PRODUCTION_TRAFFIC_SHIFT'));
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect(await current(fixture)).toMatchObject({
      status: 'STOPPED',
      alarms: { status: 'TRIGGERED' },
    });
  });

  it('rolls a rolling update back too', async () => {
    const { fixture, v1, v2 } = await running(
      { strategy: 'ROLLING', alarms: ALARM },
      { fate: 'slow:60' },
    );
    await fixture.update({ taskDefinition: v2 });
    await fixture.advance(10);
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect((await until(fixture, ended)).status).toBe('ROLLBACK_SUCCESSFUL');
    expect((await fixture.service()).taskDefinition).toBe(v1);
  });

  it('that fires while nothing is deployed changes nothing', async () => {
    const { fixture } = await running({ ...CANARY, alarms: ALARM });
    fixture.ecs.control('alarms', { errors: 'ALARM' });
    expect(await current(fixture)).toMatchObject({
      status: 'SUCCESSFUL',
      alarms: { status: 'MONITORING_COMPLETE' },
    });
  });
});
