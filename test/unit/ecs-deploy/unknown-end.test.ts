import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { AwsError } from '../../../emulator/aws-error.js';
import { runningCodeDeployWorld } from '../../support/codedeploy-deploys.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  releaseParameter,
  wantedImage,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import { releasedService, taskOrigin } from '../../support/ecs-tasks.js';

const slow = { EMULATOR_FATE: 'slow:600' };

function deploy(world: DeployWorld, changes: Partial<DeployInputs> = {}): Promise<Report> {
  const image = wantedImage(pushImage(world.fixture, 'shop/web:v2', slow).tag);
  return runCommand(world.ports, deployInputs({ image, ...changes }), taskOrigin);
}

/** Calls of these names fail from the third sleep on, as with credentials that have expired. */
function expire(world: DeployWorld, names: RegExp): void {
  let sleeps = 0;
  world.whileSleeping(() => {
    sleeps += 1;
  });
  world.intercept((operation) => {
    if (sleeps < 3 || !names.test(operation)) return;
    throw new AwsError('ExpiredTokenException', 'The security token has expired', 400);
  });
}

describe('a rollout that cannot be looked at any more', () => {
  let world: DeployWorld;
  let recorded: string | undefined;

  beforeEach(async () => {
    world = deployWorld(await ecsFixture());
    await releasedService(world);
    recorded = world.parameters.get(releaseParameter);
  });

  it('ends with what is known, why, and what to do', async () => {
    expire(world, /./);
    const report = await deploy(world);
    expect(report.failure).toEqual({ code: 'deploy-unknown' });
    expect(report.outputs).toMatchObject({
      outcome: 'unknown',
      'task-definition-arn': expect.stringMatching(/web:2$/) as string,
      'service-deployment-arn': expect.stringContaining('service-deployment') as string,
    });
    expect(report.message).toContain('ExpiredTokenException');
    expect(report.message).toContain('aws ecs stop-service-deployment');
    expect(report.summary).toContain('unknown');
    expect(world.parameters.get(releaseParameter)).toBe(recorded);
  });

  it('is rolled back, since nobody would see how it ends', async () => {
    expire(world, /^Describe/);
    const report = await deploy(world);
    expect(report.outputs['outcome']).toBe('unknown');
    expect(report.message).toContain('asked to roll it back');
    await world.fixture.advance(60);
    expect((await world.fixture.service()).taskDefinition).toMatch(/web:1$/);
  });

  it('is left alone where that is asked for', async () => {
    expire(world, /^Describe/);
    const report = await deploy(world, { onCancel: 'leave' });
    expect(report.outputs['outcome']).toBe('unknown');
    expect(world.calls.get('StopServiceDeployment')).toBeUndefined();
  });

  it('has an end too where it could not be looked at once', async () => {
    world.intercept((operation) => {
      if (!operation.startsWith('Describe') || !world.calls.has('UpdateService')) return;
      throw new AwsError('AccessDeniedException', 'no', 400);
    });
    const report = await deploy(world);
    expect(report.outputs['outcome']).toBe('unknown');
    expect(report.message).toContain('ecs:DescribeServices');
  });
});

describe('a deployment of CodeDeploy that cannot be looked at any more', () => {
  it('ends with what is known, why, and what to do', async () => {
    const world = await runningCodeDeployWorld();
    expire(world, /./);
    const report = await deploy(world);
    expect(report.failure).toEqual({ code: 'deploy-unknown' });
    expect(report.outputs['codedeploy-deployment-id']).toBe(await world.newestDeployment());
    expect(report.message).toContain('ExpiredTokenException');
    expect(report.message).toContain('aws deploy stop-deployment');
  });

  it('is rolled back, since nobody would see how it ends', async () => {
    const world = await runningCodeDeployWorld();
    expire(world, /^(GetDeployment|DescribeServices)$/);
    const report = await deploy(world);
    expect(report.outputs['outcome']).toBe('unknown');
    expect(report.message).toContain('asked to roll it back');
    await world.fixture.advance(60);
    const { status } = (
      await world.call('GetDeployment', {
        deploymentId: report.outputs['codedeploy-deployment-id'],
      })
    )['deploymentInfo'] as { status: string };
    expect(status).toBe('Stopped');
  });

  it('has an end too where it could not be looked at once', async () => {
    const world = await runningCodeDeployWorld();
    world.intercept((operation) => {
      if (operation !== 'GetDeployment' || !world.calls.has('CreateDeployment')) return;
      throw new AwsError('AccessDeniedException', 'no', 400);
    });
    const report = await deploy(world);
    expect(report.outputs['outcome']).toBe('unknown');
    expect(report.message).toContain('codedeploy:GetDeployment');
  });
});
