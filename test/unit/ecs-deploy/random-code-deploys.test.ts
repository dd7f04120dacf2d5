import fc from 'fast-check';
import {
  primary,
  runningCodeDeployWorld,
  withHooks,
  type CodeDeployWorld,
} from '../../support/codedeploy-deploys.js';
import { pushImage } from '../../support/ecs.js';

const configs = [
  'CodeDeployDefault.ECSAllAtOnce',
  'CodeDeployDefault.ECSCanary10Percent5Minutes',
  'CodeDeployDefault.ECSLinear10PercentEvery1Minutes',
];
const events = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
];

const rollout = fc.record({
  config: fc.constantFrom(...configs),
  slowSeconds: fc.integer({ min: 0, max: 120 }),
  rollsBack: fc.boolean(),
  trouble: fc.oneof(
    fc.constant({ kind: 'none' } as const),
    fc.record({ kind: fc.constant('hook' as const), event: fc.constantFrom(...events) }),
    fc.record({
      kind: fc.constant('alarm' as const),
      afterSeconds: fc.integer({ min: 1, max: 900 }),
    }),
    fc.record({
      kind: fc.constant('stop' as const),
      afterSeconds: fc.integer({ min: 1, max: 900 }),
      rollback: fc.boolean(),
    }),
  ),
});

interface Truth {
  readonly outcome: string;
  /** When it was so, by AWS. */
  readonly atMs: number;
}

/** What became of a deployment, from CodeDeploy's own records alone. */
async function truthOf(world: CodeDeployWorld, id: string): Promise<Truth> {
  const read = async (deploymentId: string) => {
    const { deploymentInfo } = await world.call('GetDeployment', { deploymentId });
    return deploymentInfo as {
      status: string;
      completeTime?: number;
      errorInformation?: { code: string };
      rollbackInfo?: { rollbackDeploymentId?: string };
    };
  };
  const own = await read(id);
  if (own.completeTime === undefined || own.status === 'Succeeded') {
    const target = await world.call('GetDeploymentTarget', {
      deploymentId: id,
      targetId: 'main:web',
    });
    const { ecsTarget } = target['deploymentTarget'] as {
      ecsTarget: { lifecycleEvents: { endTime?: number }[] };
    };
    return { outcome: 'succeeded', atMs: (ecsTarget.lifecycleEvents.at(-1)?.endTime ?? 0) * 1000 };
  }
  const back = own.rollbackInfo?.rollbackDeploymentId;
  const last = back === undefined ? own : await read(back);
  const byHand = own.errorInformation?.code === 'MANUAL_STOP';
  const failed = back === undefined ? 'failed' : 'rolled-back';
  return { outcome: byHand ? 'stopped' : failed, atMs: (last.completeTime ?? 0) * 1000 };
}

it('60 random deployments get the right verdict, at most one look after the fact', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(rollout, async ({ config, slowSeconds, rollsBack, trouble }) => {
      runs += 1;
      const world = await runningCodeDeployWorld({
        group: {
          autoRollbackConfiguration: {
            enabled: rollsBack,
            events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
          },
        },
      });
      const before = await primary(world);
      if (trouble.kind === 'hook') {
        world.control('hooks', { function: 'check', status: 'Failed' });
      }
      const hooks = trouble.kind === 'hook' ? { [trouble.event]: 'check' } : {};
      const startedMs = world.fixture.clock.now();
      if (trouble.kind === 'alarm' || trouble.kind === 'stop') {
        world.onceWhile(
          () => world.fixture.clock.now() - startedMs >= trouble.afterSeconds * 1000,
          async () => {
            if (trouble.kind === 'alarm') {
              world.control('alarms', { name: 'web-5xx', state: 'ALARM' });
              return;
            }
            const deploymentId = await world.newestDeployment();
            await world.call('StopDeployment', {
              deploymentId,
              autoRollbackEnabled: trouble.rollback,
            });
          },
        );
      }
      const image = pushImage(world.fixture, `shop/web:r${runs}`, {
        EMULATOR_FATE: `slow:${slowSeconds}`,
      });
      const report = await world.deploy(image.tag, {
        timeoutMinutes: 60,
        codeDeploy: {
          config,
          ...(trouble.kind === 'hook' ? { appSpec: withHooks(world, hooks) } : {}),
        },
      });
      const endedMs = world.fixture.clock.now();
      const truth = await truthOf(world, report.outputs['codedeploy-deployment-id'] ?? '');
      expect(report.outputs['outcome']).toBe(truth.outcome);
      const wentBack = truth.outcome === 'rolled-back';
      if (wentBack) expect(await primary(world)).toBe(before);
      // One look after the fact; where no rollback comes, the two looks that one is waited for.
      const looks = truth.outcome === 'stopped' || truth.outcome === 'failed' ? 3 : 1;
      expect(endedMs - truth.atMs).toBeLessThanOrEqual(looks * 5000 + 250);
    }),
    { numRuns: 60, seed: 20261125 },
  );
}, 180_000);
