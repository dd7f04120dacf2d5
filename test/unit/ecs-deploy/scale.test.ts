import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { ScaleInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { ScaleChange } from '../../../actions/ecs-deploy/inputs/scale.js';
import type { Ecs } from '../../../actions/ecs-deploy/ports.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  contract,
  contractParameter,
  deployWorld,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import { releasedService, scaleInputs, taskOrigin } from '../../support/ecs-tasks.js';
import { problemCodes } from '../../support/problem-codes.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
});

function scale(
  change: Partial<ScaleChange> = {},
  changes: Partial<ScaleInputs> = {},
): Promise<Report> {
  return runCommand(world.ports, scaleInputs(change, changes), taskOrigin);
}

const count = (number: number): ScaleChange['count'] => ({ kind: 'absolute', count: number });
const by = (change: number): ScaleChange['count'] => ({ kind: 'relative', change });

async function desiredCount(): Promise<number | undefined> {
  return (await world.fixture.service()).desiredCount;
}

describe('a change of the count', () => {
  it('is made at once, and starts no deployment', async () => {
    await releasedService(world);
    const beganMs = world.fixture.clock.now();
    const report = await scale({ count: count(5) });
    expect(world.fixture.clock.now()).toBe(beganMs);
    expect(report.outputs).toMatchObject({
      outcome: 'started',
      'desired-count': '5',
      'previous-desired-count': '2',
      'tfvars-line': 'desired_count = 5',
    });
    expect(await desiredCount()).toBe(5);
    // The placeholder's and the release's.
    expect(await world.fixture.rollouts()).toHaveLength(2);
  });

  it('is kept in the summary and as tags: who, why, when, and the former count', async () => {
    await releasedService(world);
    const report = await scale({ count: count(5), reason: 'sale <began>, see #12' });
    for (const part of ['2 → 5', 'alice', 'sale <began>, see #12']) {
      expect(report.summary).toContain(part);
    }
    const { serviceArn } = await world.fixture.service();
    const { tags } = await world.fixture.call('ListTagsForResource', { resourceArn: serviceArn });
    expect(tags).toEqual([
      { key: 'infra-actions:scaled-by', value: 'alice' },
      { key: 'infra-actions:scaled-reason', value: 'sale _began__ see _12' },
      { key: 'infra-actions:scaled-from', value: '2' },
      { key: 'infra-actions:scaled-at', value: expect.stringMatching(/^2026-/) as string },
    ]);
  });

  it.each([
    ['+2', by(2), 4],
    ['-1', by(-1), 1],
    ['-2', by(-2), 0],
    ['0', count(0), 0],
  ])('can be %s', async (_, wanted, to) => {
    await releasedService(world);
    await scale({ count: wanted });
    expect(await desiredCount()).toBe(to);
  });

  it('names the variable of the contract', async () => {
    await releasedService(world);
    const document = contract({ desiredCountVariable: 'web_desired_count' });
    world.parameters.set(contractParameter, JSON.stringify(document));
    expect((await scale()).outputs['tfvars-line']).toBe('web_desired_count = 4');
  });

  it('that changes nothing is a no-op', async () => {
    await releasedService(world);
    const report = await scale({ count: count(2) });
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'no-op' } });
    expect(world.calls.get('UpdateService')).toBeUndefined();
    expect(world.calls.get('TagResource')).toBeUndefined();
  });

  it('stands although its record cannot be written', async () => {
    await releasedService(world);
    world.intercept((operation) => {
      if (operation === 'TagResource') throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await scale({ count: count(3) });
    expect(report.failure).toBeUndefined();
    expect(await desiredCount()).toBe(3);
    expect(world.log.filter(({ level }) => level === 'warning')).toHaveLength(1);
  });

  it('is only printed in a dry run', async () => {
    await releasedService(world);
    world.scaling.limits = { min: 1, max: 3, suspended: false, scheduledSuspended: false };
    const report = await scale({ count: count(9), limits: 'raise' }, { dryRun: true });
    expect(report.outputs).toMatchObject({ outcome: 'dry-run', 'previous-desired-count': '2' });
    expect(report.message).toMatch(/set-limits.*1 and 9[^]*set-count to 9[^]*tag-service/);
    expect(await desiredCount()).toBe(2);
    expect(world.scaling.limits).toMatchObject({ max: 3 });
  });
});

describe('a count that autoscaling does not allow', () => {
  beforeEach(async () => {
    await releasedService(world);
    world.scaling.limits = { min: 2, max: 6, suspended: false, scheduledSuspended: false };
  });

  it.each([
    ['above', 7],
    ['below', 1],
  ])('is refused %s the limits', async (_, wanted) => {
    expect(await problemCodes(scale({ count: count(wanted) }))).toEqual([
      'desired-count-outside-limits',
    ]);
    expect(await desiredCount()).toBe(2);
  });

  it('is taken within the limits', async () => {
    await scale({ count: count(6) });
    expect(await desiredCount()).toBe(6);
    expect(world.calls.get('RegisterScalableTarget')).toBeUndefined();
  });

  it('raises the limits before the count, no further than needed, and says how to go back', async () => {
    const seen: unknown[] = [];
    world.intercept((operation) => {
      if (/UpdateService|RegisterScalable/.test(operation)) seen.push(operation);
    });
    const report = await scale({ count: count(20), limits: 'raise' });
    expect(seen).toEqual(['RegisterScalableTarget', 'UpdateService']);
    expect(world.scaling.limits).toEqual({
      min: 2,
      max: 20,
      suspended: false,
      scheduledSuspended: false,
    });
    expect(report.message).toContain('--min-capacity 2 --max-capacity 6');
  });

  it('lowers the lower limit alike', async () => {
    await scale({ count: count(0), limits: 'raise' });
    expect(world.scaling.limits).toEqual({
      min: 0,
      max: 6,
      suspended: false,
      scheduledSuspended: false,
    });
  });

  it('suspends the policies, and says how to go back', async () => {
    const report = await scale({ count: count(20), limits: 'suspend' });
    expect(world.scaling.limits).toMatchObject({ min: 2, max: 6, suspended: true });
    expect(await desiredCount()).toBe(20);
    expect(report.message).toContain('DynamicScalingInSuspended=false');
  });

  it('suspends for a count within the limits too, which policies would change again', async () => {
    await scale({ count: count(5), limits: 'suspend' });
    expect(world.scaling.limits).toMatchObject({ suspended: true });
  });

  it('is taken with a warning where the limits cannot be read', async () => {
    world.scaling.readable = false;
    await scale({ count: count(20) });
    expect(await desiredCount()).toBe(20);
    expect(world.log.some(({ level }) => level === 'warning')).toBe(true);
    expect(await problemCodes(scale({ count: count(30), limits: 'raise' }))).toEqual([
      'scaling-limits-unreadable',
    ]);
  });
});

describe('refused before anything is changed', () => {
  it('a service that was never released', async () => {
    await serviceWithContract(world);
    expect(await problemCodes(scale())).toEqual(['service-never-released']);
  });

  it('a change that would leave what a service can have', async () => {
    await releasedService(world);
    expect(await problemCodes(scale({ count: by(-3) }))).toEqual(['desired-count-out-of-range']);
    expect(await problemCodes(scale({ count: by(4999) }))).toEqual(['desired-count-out-of-range']);
  });
});

describe('waiting for the tasks', () => {
  it('ends when as many run as were asked for', async () => {
    await releasedService(world);
    const report = await scale({ count: count(4) }, { wait: true });
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'succeeded' } });
    expect(await world.fixture.service()).toMatchObject({ runningCount: 4 });
  });

  it('tells the tasks that fail, and at the time limit why', async () => {
    await releasedService(world);
    const { taskDefinition = '' } = await world.fixture.service();
    const image = await world.ports.ecs.describeTaskDefinition(taskDefinition);
    // New tasks of the same revision fail: the image's own environment has changed its fate.
    for (const [reference, found] of world.fixture.images) {
      if (found.kind === 'found' && JSON.stringify(image?.definition).includes(found.digest)) {
        Object.assign(found.env, {
          EMULATOR_FATE: 'crash:5',
          EMULATOR_LOG: `no seat ${reference}`,
        });
      }
    }
    const report = await scale({ count: count(4) }, { wait: true, timeoutMinutes: 2 });
    expect(report.failure).toEqual({ code: 'scale-timed-out' });
    expect(JSON.parse(report.outputs['diagnosis'] ?? '{}')).toMatchObject({
      code: 'container-exited',
      exitCode: 5,
    });
    expect(world.log.find(({ level }) => level === 'warning')?.message).toContain('code 5');
  });

  it('ends where somebody sets another count meanwhile', async () => {
    await releasedService(world);
    let sleeps = 0;
    world.whileSleeping(async () => {
      sleeps += 1;
      if (sleeps === 1) await world.fixture.update({ desiredCount: 3 });
    });
    const report = await scale({ count: count(40) }, { wait: true });
    expect(report.failure).toEqual({ code: 'scale-superseded' });
  });

  it('is not taken for superseded while ECS still shows the former count', async () => {
    await releasedService(world);
    const before = world.ports.ecs;
    let looks = 0;
    const ecs: Ecs = {
      ...world.ports.ecs,
      lookUpService: async (cluster, name) => {
        const found = await before.lookUpService(cluster, name);
        looks += 1;
        // The first look is the one before the change.
        if (found.kind !== 'found' || looks > 3) return found;
        return { kind: 'found', service: { ...found.service, desiredCount: 2 } };
      },
    };
    world = { ...world, ports: { ...world.ports, ecs } };
    const report = await scale({ count: count(5) }, { wait: true });
    expect(report.outputs['outcome']).toBe('succeeded');
  });

  it('is followed on after looks that fail, and given up after too many', async () => {
    await releasedService(world);
    const before = world.ports.ecs;
    let failing = 0;
    const ecs: Ecs = {
      ...world.ports.ecs,
      lookUpService: (cluster, name) => {
        if (failing === 0) return before.lookUpService(cluster, name);
        failing -= 1;
        return Promise.reject(new Error('connection reset'));
      },
    };
    const ports = { ...world.ports, ecs };
    const run = (number: number): Promise<Report> => {
      let slept = false;
      world.whileSleeping(() => {
        if (!slept) failing = number;
        slept = true;
      });
      return runCommand(ports, scaleInputs({ count: count(number) }, { wait: true }), taskOrigin);
    };
    expect((await run(5)).outputs['outcome']).toBe('succeeded');
    await expect(run(6)).rejects.toThrow('connection reset');
  });

  it('ends with the job', async () => {
    await releasedService(world);
    world.whileSleeping(() => world.controller.abort(new Error('SIGINT')));
    const report = await scale({ count: count(40) }, { wait: true });
    expect(report.failure).toEqual({ code: 'scale-cancelled' });
    expect(await desiredCount()).toBe(40);
  });
});
