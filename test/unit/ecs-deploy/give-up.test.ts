import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

let world: DeployWorld;

const noBreaker = {
  deploymentConfiguration: { deploymentCircuitBreaker: { enable: false, rollback: false } },
};

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
  await serviceWithContract(world, { service: noBreaker });
  await deploy({});
});

function deploy(
  env: Readonly<Record<string, string>>,
  changes: Partial<DeployInputs> = {},
  tag = Object.keys(env).length === 0 ? 'good' : 'bad',
): Promise<Report> {
  const image = wantedImage(pushImage(world.fixture, `shop/web:${tag}`, { ...env }).tag);
  return runCommand(world.ports, deployInputs({ image, ...changes }), {
    commit: undefined,
    run: undefined,
  });
}

const slow = { EMULATOR_FATE: 'slow:100000' };
const crash = { EMULATOR_FATE: 'crash:3' };

async function statuses(): Promise<readonly (string | undefined)[]> {
  return (await world.fixture.rollouts()).map(({ status }) => status);
}

describe('a failure that can only repeat', () => {
  it('is rolled back as soon as it is known, without a circuit breaker', async () => {
    const startedMs = world.fixture.clock.now();
    const report = await deploy({ EMULATOR_FATE: 'pull-failure' });
    expect(report.failure?.code).toBe('deploy-rolled-back');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
    expect((await statuses())[0]).toBe('ROLLBACK_SUCCESSFUL');
    expect(world.fixture.clock.now() - startedMs).toBeLessThan(90_000);
    // Nobody but us has stopped it.
    expect(world.log.map(({ message }) => message).join('\n')).not.toContain(' stopped: ');
  });

  it('is a container that exits at once, as often as asked', async () => {
    const report = await deploy(crash, { earlyEndExits: 2 });
    expect(report.outputs).toMatchObject({ outcome: 'rolled-back', 'exit-code': '3' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'container-exited',
    });
  });

  it('is left to ECS where that is asked for', async () => {
    const report = await deploy(crash, { earlyEnd: false, timeoutMinutes: 3 });
    expect(report.outputs).toMatchObject({ outcome: 'timed-out', 'exit-code': '3' });
  });

  it('is no failure of some tasks while others of the same revision run on', async () => {
    const { ecs } = world.ports;
    const flaky = [1, 2, 3].map((task) => `arn:aws:ecs:eu-west-1:123456789012:task/main/${task}`);
    let weighed = 0;
    const wrapped: typeof ecs = {
      ...ecs,
      runningTaskArns(cluster, startedBy) {
        weighed += 1;
        return ecs.runningTaskArns(cluster, startedBy);
      },
      async stoppedTaskArns(cluster, service) {
        const { deployments } = await world.fixture.service();
        const up = deployments?.[0]?.runningCount === 2;
        return [...(await ecs.stoppedTaskArns(cluster, service)), ...(up ? flaky : [])];
      },
      async describeTasks(cluster, arns) {
        const [primary] = (await world.fixture.service()).deployments ?? [];
        const nowMs = world.fixture.clock.now();
        return [
          ...(await ecs.describeTasks(
            cluster,
            arns.filter((arn) => !flaky.includes(arn)),
          )),
          ...flaky
            .filter((arn) => arns.includes(arn))
            .map((arn) => ({
              ...{ arn, stopCode: 'EssentialContainerExited', stoppedReason: undefined },
              taskDefinitionArn: primary?.taskDefinition ?? '',
              startedBy: primary?.id,
              ...{ createdAtMs: nowMs - 9000, startedAtMs: nowMs - 100, stoppedAtMs: nowMs },
              containers: [
                {
                  ...{ name: 'app', image: undefined, exitCode: 1, reason: undefined },
                  ...{ healthStatus: undefined, imageDigest: undefined },
                },
              ],
            })),
        ];
      },
    };
    world = { ...world, ports: { ...world.ports, ecs: wrapped } };
    const report = await deploy({ EMULATOR_FATE: 'healthy' }, { pollIntervalSeconds: 1 });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ failedTasks: 3 });
    expect(world.calls.get('StopServiceDeployment')).toBeUndefined();
    // Asked anew only when a task has started, stopped or failed, and not at every look.
    expect(weighed).toBeGreaterThan(0);
    expect(weighed).toBeLessThanOrEqual(2);
  });

  it('is a secret that cannot be read, once it has been denied for a minute', async () => {
    const startedMs = world.fixture.clock.now();
    const report = await deploy({ EMULATOR_FATE: 'secrets-failure' });
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'resource-initialization',
    });
    expect(world.calls.get('StopServiceDeployment')).toBe(1);
    const seconds = (world.fixture.clock.now() - startedMs) / 1000;
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(180);
  });

  it('is still told where the role may not stop it', async () => {
    world.intercept((operation) => {
      if (operation !== 'StopServiceDeployment') return;
      throw new AwsError('AccessDeniedException', 'no', 400);
    });
    const report = await deploy({ EMULATOR_FATE: 'pull-failure' }, { timeoutMinutes: 3 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({ code: 'image-pull' });
    expect(world.calls.get('StopServiceDeployment')).toBe(1);
  });
});

describe('the time limit', () => {
  it('ends with what ran before', async () => {
    const before = (await world.fixture.service()).taskDefinition;
    const report = await deploy(slow, { timeoutMinutes: 2 });
    expect(report.failure?.code).toBe('deploy-timed-out');
    expect((await statuses())[0]).toBe('ROLLBACK_SUCCESSFUL');
    expect((await world.fixture.service()).taskDefinition).toBe(before);
  });

  it('names what the load balancer says of the targets, which ECS does not', async () => {
    const targetGroupArn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1';
    await world.fixture.update({
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8080 }],
      healthCheckGracePeriodSeconds: 3600,
    });
    await world.fixture.advance(120);
    const said = 'Health checks failed with these codes: [502]';
    world.account.unhealthyTargets.set(targetGroupArn, [said, said]);
    const report = await deploy({ EMULATOR_FATE: 'never-healthy' }, { timeoutMinutes: 2 });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'load-balancer-health-check',
      cause: `the load balancer finds targets unhealthy: ${said}`,
    });
    world.account.denied.add('unhealthyTargets');
    const again = await deploy({ EMULATOR_FATE: 'never-healthy' }, { timeoutMinutes: 2 });
    expect(again.outputs['outcome']).toBe('timed-out');
  });

  it('leaves the rollout alone where that is asked for, and says how to stop it', async () => {
    const report = await deploy(slow, { timeoutMinutes: 2, onCancel: 'leave' });
    expect(report.outputs['outcome']).toBe('timed-out');
    expect(report.message).toContain('aws ecs stop-service-deployment');
    expect((await statuses())[0]).toBe('IN_PROGRESS');
  });
});

describe('a cancelled job', () => {
  function cancelAt(sleep: number): void {
    let sleeps = 0;
    world.whileSleeping(() => {
      sleeps += 1;
      if (sleeps === sleep) world.controller.abort(new Error('SIGINT'));
    });
  }

  it('asks ECS to roll back, and does not wait for it', async () => {
    cancelAt(3);
    const report = await deploy(slow);
    expect(report.failure?.code).toBe('deploy-cancelled');
    expect(['ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS']).toContain((await statuses())[0]);
    await world.fixture.advance(120);
    expect((await statuses())[0]).toBe('ROLLBACK_SUCCESSFUL');
  });

  it('finds the deployment that ECS does not show yet', async () => {
    let hidden = 2;
    world.intercept((operation) => {
      if (operation !== 'ListServiceDeployments' || hidden === 0) return;
      hidden -= 1;
      throw new AwsError('ServerException', 'not yet', 500);
    });
    cancelAt(1);
    await deploy(slow);
    expect(world.calls.get('StopServiceDeployment')).toBe(1);
  });

  it('leaves the rollout alone where that is asked for, and says how to stop it', async () => {
    cancelAt(2);
    const report = await deploy(slow, { onCancel: 'leave' });
    expect(report.outputs['outcome']).toBe('cancelled');
    expect(report.message).toContain('aws ecs stop-service-deployment');
    expect(report.message).toContain(report.outputs['service-deployment-arn']);
    expect((await statuses())[0]).toBe('IN_PROGRESS');
  });
});
