import fc from 'fast-check';
import { failureThreshold } from '../../../emulator/ecs/rollout/circuit-breaker.js';
import { type EcsFixture, ecsFixture, HEALTH_CHECK } from '../../support/ecs-emulator.js';

const FATES = [
  'healthy',
  'slow:7',
  'slow:15',
  'crash',
  'crash:9:0',
  'never-healthy',
  'pull-failure',
];

const rollout = fc.record({
  fate: fc.constantFrom(...FATES),
  desiredCount: fc.integer({ min: 0, max: 8 }),
  minimumHealthyPercent: fc.constantFrom(0, 25, 50, 75, 100),
  surplusPercent: fc.constantFrom(50, 100, 150),
  breaker: fc.constantFrom('off' as const, 'on' as const, 'rollback' as const),
  balanced: fc.boolean(),
});

type Rollout = typeof rollout extends fc.Arbitrary<infer T> ? T : never;

// With these percents a step is always possible: at least one task may be added or taken away.
function isPossible({ desiredCount, minimumHealthyPercent, surplusPercent }: Rollout): boolean {
  const maximumPercent = 100 + surplusPercent - 50;
  if (minimumHealthyPercent === 100 && maximumPercent === 100) return false;
  return (
    desiredCount === 0 ||
    Math.floor((desiredCount * maximumPercent) / 100) > desiredCount ||
    Math.ceil((desiredCount * minimumHealthyPercent) / 100) < desiredCount
  );
}

function expectedStatus({ fate, desiredCount, breaker }: Rollout): string {
  const works = desiredCount === 0 || fate === 'healthy' || fate.startsWith('slow');
  if (works) return 'SUCCESSFUL';
  return { off: 'IN_PROGRESS', on: 'STOPPED', rollback: 'ROLLBACK_SUCCESSFUL' }[breaker];
}

async function countHealthy(fixture: EcsFixture): Promise<number> {
  const tasks = await fixture.tasks();
  return tasks.filter(
    ({ lastStatus, healthStatus }) => lastStatus === 'RUNNING' && healthStatus === 'HEALTHY',
  ).length;
}

describe('200 random rollouts', () => {
  it('end as their fates say, at the right failure count, and never below the minimum', async () => {
    await fc.assert(
      fc.asyncProperty(rollout.filter(isPossible), async (example) => {
        const { fate, desiredCount, minimumHealthyPercent, surplusPercent, breaker } = example;
        const fixture = await ecsFixture();
        const container = { healthCheck: HEALTH_CHECK };
        const v1 = await fixture.define(fixture.push('shop/web:1'), { container });
        await fixture.create(v1, {
          desiredCount,
          ...(example.balanced && {
            loadBalancers: [
              { targetGroupArn: 'arn:tg', containerName: 'app', containerPort: 8080 },
            ],
          }),
          deploymentConfiguration: {
            minimumHealthyPercent,
            maximumPercent: 100 + surplusPercent - 50,
            deploymentCircuitBreaker: {
              enable: breaker !== 'off',
              rollback: breaker === 'rollback',
            },
          },
        });
        await fixture.advance(60, undefined, 60);
        expect((await fixture.service()).deployments?.[0]?.rolloutState).toBe('COMPLETED');

        const v2 = await fixture.define(fixture.push('shop/web:2'), {
          container,
          environment: { EMULATOR_FATE: fate },
        });
        await fixture.update({ taskDefinition: v2 });
        const least = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
        const most = Math.floor((desiredCount * (100 + surplusPercent - 50)) / 100);
        await fixture.advance(
          400,
          async () => {
            expect(await countHealthy(fixture)).toBeGreaterThanOrEqual(least);
            const { runningCount = 0, pendingCount = 0 } = await fixture.service();
            expect(runningCount + pendingCount).toBeLessThanOrEqual(Math.max(most, desiredCount));
          },
          4,
        );

        const [last] = await fixture.rollouts();
        expect(last?.status).toBe(expectedStatus(example));
        const serves = (await fixture.service()).deployments?.find(
          (deployment) => deployment.rolloutState === 'COMPLETED',
        );
        const works = expectedStatus(example) === 'SUCCESSFUL';
        expect(serves?.taskDefinition).toBe(works ? v2 : v1);
        if (!works && breaker !== 'off') {
          const threshold = failureThreshold(undefined, desiredCount);
          expect(last?.deploymentCircuitBreaker).toEqual({
            status: 'TRIGGERED',
            failureCount: threshold,
            threshold,
          });
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
