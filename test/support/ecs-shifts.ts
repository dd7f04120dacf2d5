import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import type { Wire } from '../../emulator/ecs/wire.js';
import { BALANCED, type EcsFixture, ecsFixture, HEALTH_CHECK } from './ecs-emulator.js';

export type Rollout = Wire<ServiceDeployment>;

/** Deployment configurations that shift traffic. */
export const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 };
export const CANARY = {
  strategy: 'CANARY',
  bakeTimeInMinutes: 1,
  canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 },
};
export const LINEAR = {
  strategy: 'LINEAR',
  bakeTimeInMinutes: 1,
  linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 1 },
};

/** A service that runs version 1, and the task definition of version 2. */
export async function running(
  configuration: object,
  more: { readonly fate?: string; readonly service?: object } = {},
): Promise<{ fixture: EcsFixture; v1: string; v2: string }> {
  const fixture = await ecsFixture();
  const container = { healthCheck: HEALTH_CHECK };
  const v1 = await fixture.define(fixture.push('shop/web:1'), { container });
  await fixture.create(v1, {
    loadBalancers: [BALANCED],
    deploymentConfiguration: configuration,
    ...more.service,
  });
  // Hooks of the first deployment are left to succeed.
  await fixture.advance(120);
  expect((await current(fixture)).status).toBe('SUCCESSFUL');
  const v2 = await fixture.define(fixture.push('shop/web:2'), {
    container,
    environment: { EMULATOR_FATE: more.fate ?? 'healthy' },
  });
  return { fixture, v1, v2 };
}

/** The newest service deployment. */
export async function current(fixture: EcsFixture): Promise<Rollout> {
  const [rollout] = await fixture.rollouts();
  if (rollout === undefined) throw new Error('no service deployment');
  return rollout;
}

/** Advances until the deployment has the stage, 20 minutes at most. */
export async function until(
  fixture: EcsFixture,
  reached: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  for (let seconds = 0; seconds < 1200; seconds += 0.25) {
    await fixture.advance(0.25, undefined, 0.25);
    const rollout = await current(fixture);
    if (reached(rollout)) return rollout;
  }
  throw new Error(`not reached: ${JSON.stringify(await current(fixture))}`);
}

/** Whether a rollout has the stage. */
export const stage = (name: string) => (rollout: Rollout) => rollout.lifecycleStage === name;
export const ended = (rollout: Rollout) => rollout.finishedAt !== undefined;
