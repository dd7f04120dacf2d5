import { runCommand } from '../../actions/ecs-deploy/commands.js';
import type { ContinueInputs, DeployInputs } from '../../actions/ecs-deploy/inputs.js';
import type { Report } from '../../actions/ecs-deploy/report.js';
import {
  deployInputs,
  pushImage,
  rolloutInputs,
  serviceWithContract,
  wantedImage,
  type DeployWorld,
} from './ecs.js';
import { BALANCED, HEALTH_CHECK } from './ecs-emulator.js';
import { noAround } from './ecs-tasks.js';

/** The strategies that shift traffic, with short bake times. */
export const strategies = {
  'blue-green': { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 },
  canary: {
    strategy: 'CANARY',
    bakeTimeInMinutes: 1,
    canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 2 },
  },
  linear: {
    strategy: 'LINEAR',
    bakeTimeInMinutes: 1,
    linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 1 },
  },
} as const;

export type StrategyName = keyof typeof strategies;

export const HOOK_FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:smoke-test';

const origin = { commit: 'c0ffee', run: 'https://github.com/acme/shop/actions/runs/7' };

/**
 * A service of this strategy that runs a good release. Its hooks are set after that, so that they
 * hold up only what comes.
 */
export async function runningOn(
  world: DeployWorld,
  name: StrategyName,
  configuration: object = {},
  desiredCount = 2,
): Promise<void> {
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };
  await serviceWithContract(world, {
    contract: { strategy: name, desiredCount },
    container: { healthCheck: HEALTH_CHECK },
    service: {
      loadBalancers: [BALANCED],
      deploymentConfiguration: { ...strategies[name], ...breaker },
    },
  });
  const first = await deployTag(world, pushImage(world.fixture, 'shop/web:v1').tag);
  if (first.outputs['outcome'] !== 'succeeded') throw new Error(first.message);
  await world.fixture.update({
    deploymentConfiguration: { ...strategies[name], ...breaker, ...configuration },
  });
  world.calls.clear();
  (world.log as unknown[]).length = 0;
}

export function deployTag(
  world: DeployWorld,
  tag: string,
  changes: Partial<DeployInputs> = {},
): Promise<Report> {
  const inputs = deployInputs({ image: wantedImage(tag), ...changes });
  return runCommand(world.ports, inputs, origin);
}

/** Runs the command `continue`, as a fresh job does: by project, environment and service alone. */
export function continueIt(
  world: DeployWorld,
  changes: Partial<ContinueInputs> = {},
): Promise<Report> {
  return runCommand(
    world.ports,
    {
      command: 'continue',
      ...rolloutInputs(),
      hookId: undefined,
      serviceDeploymentArn: undefined,
      decision: 'continue',
      around: noAround,
      keepRevisions: undefined,
      ...changes,
    },
    { commit: undefined, run: undefined },
  );
}
