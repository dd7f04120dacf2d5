import fc from 'fast-check';
import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import { mostAtOnce, revisionsToDeregister } from '../../../actions/ecs-deploy/revisions/keep.js';
import { readRevisionFacts } from '../../../actions/ecs-deploy/revisions/usage.js';
import type { Revisions } from '../../../actions/ecs-deploy/ports.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  releaseParameter,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture, NETWORK } from '../../support/ecs-emulator.js';
import { addContractTask } from '../../support/ecs-tasks.js';

const arnOf = (name: string): string =>
  `arn:aws:ecs:eu-west-1:123456789012:task-definition/${name}`;

it('what uses revisions is read with a few calls at once, however many clusters there are', async () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => arnOf(`web:${index + 1}`));
  let now = 0;
  let most = 0;
  let calls = 0;
  const busy = async (): Promise<readonly string[]> => {
    calls += 1;
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    now -= 1;
    return [];
  };
  const revisions: Revisions = {
    active: () => Promise.resolve(many(9)),
    tagKeys: busy,
    deregister: () => Promise.resolve(),
    clusterArns: () => Promise.resolve(many(20)),
    usedByServices: busy,
    usedByTasks: busy,
    usedBySchedules: () => Promise.resolve([]),
    usedByRules: () => Promise.resolve([]),
  };
  await readRevisionFacts({ revisions }, ['web', 'job'], 2);
  expect(calls).toBeGreaterThan(60);
  expect(most).toBe(5);
});

describe('which revisions go', () => {
  const active = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((revision) => arnOf(`web:${revision}`));
  const gone = (
    keep: number,
    facts: { readonly used?: readonly string[]; readonly ours?: ReadonlySet<string> } = {},
    never: readonly string[] = [],
  ) =>
    revisionsToDeregister({ active, ours: new Set(), used: [], ...facts }, keep, never).map((arn) =>
      arn.slice(arn.lastIndexOf('/') + 1),
    );

  it('are those beyond the newest, the oldest first', () => {
    expect(gone(6)).toEqual(['web:1', 'web:2', 'web:3']);
    expect(gone(9)).toEqual([]);
    expect(gone(100)).toEqual([]);
  });

  it('are never those that must stay', () => {
    expect(gone(5, {}, [arnOf('web:3'), arnOf('web:1')])).toEqual(['web:2', 'web:4']);
  });

  it.each([
    ['an ARN', arnOf('web:2')],
    ['a family and revision', 'web:2'],
    ['the input of a universal target', '{"TaskDefinition":"web:2","Cluster":"main"}'],
    ['an ARN in such an input', `{"TaskDefinition":"${arnOf('web:2')}"}`],
  ])('are none that something uses by %s', (_, text) => {
    expect(gone(7, { used: [text] })).toEqual(['web:1']);
  });

  it('are not kept by a longer number, or another family', () => {
    expect(gone(7, { used: [arnOf('web:22'), 'web:12', 'other-web:1', 'web'] })).toEqual([
      'web:1',
      'web:2',
    ]);
  });

  it('are only ours, where any is tagged', () => {
    expect(gone(6, { ours: new Set([arnOf('web:9'), arnOf('web:2')]) })).toEqual(['web:2']);
    expect(gone(6, { ours: new Set([arnOf('web:9')]) })).toEqual([]);
  });

  it('are at most so many at once, and never a used one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 1, max: 200 })),
        (count, keep, used) => {
          const all = Array.from({ length: count }, (_, index) => arnOf(`web:${count - index}`));
          const facts = { active: all, ours: new Set<string>(), used: used.map((n) => `web:${n}`) };
          const going = revisionsToDeregister(facts, keep, []);
          expect(going.length).toBeLessThanOrEqual(mostAtOnce);
          for (const arn of going) {
            expect(all.indexOf(arn)).toBeGreaterThanOrEqual(keep);
            expect(used).not.toContain(Number(arn.split(':').at(-1)));
          }
        },
      ),
    );
  });
});

describe('keep-revisions', () => {
  let world: DeployWorld;

  beforeEach(async () => {
    world = deployWorld(await ecsFixture());
    await serviceWithContract(world);
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await deploy(tag);
    world.calls.clear();
  });

  async function deploy(tag: string, changes: Partial<DeployInputs> = {}, env = {}) {
    const reference = parseImageReference(pushImage(world.fixture, `shop/web:${tag}`, env).tag);
    if (reference === undefined) throw new Error('no reference');
    const inputs = deployInputs({ image: { kind: 'reference', reference }, ...changes });
    return runCommand(world.ports, inputs, { commit: 'c0ffee', run: undefined });
  }

  async function active(): Promise<readonly string[]> {
    const answer = await world.fixture.call('ListTaskDefinitions', { familyPrefix: 'web' });
    return (answer['taskDefinitionArns'] as string[]).map((arn) => arn.split(':').at(-1) ?? '');
  }

  it('deregisters what is beyond, after the success', async () => {
    const report = await deploy('v5', { keepRevisions: 3 });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(await active()).toEqual(['3', '4', '5']);
  });

  it('keeps what ran before and the last release, however few are to stay', async () => {
    world.parameters.set(
      releaseParameter,
      JSON.stringify({
        version: 1,
        status: 'succeeded',
        images: {},
        taskDefinition: arnOf('web:2'),
        at: '2026-01-01T00:00:00Z',
      }),
    );
    await deploy('v5', { keepRevisions: 1 });
    expect(await active()).toEqual(['2', '4', '5']);
  });

  it('keeps what another service, a task, a schedule and a rule name', async () => {
    await world.fixture.call('CreateCluster', { clusterName: 'other' });
    await world.fixture.create('web:1', {
      cluster: 'other',
      serviceName: 'batch',
      desiredCount: 0,
      networkConfiguration: NETWORK,
    });
    await world.fixture.call('RunTask', {
      cluster: 'other',
      taskDefinition: 'web:2',
      launchType: 'FARGATE',
      networkConfiguration: NETWORK,
      overrides: {
        containerOverrides: [
          { name: 'app', environment: [{ name: 'EMULATOR_FATE', value: 'slow:3600' }] },
        ],
      },
    });
    world.account.schedules.push(arnOf('web:3'));
    await deploy('v5');
    await deploy('v6');
    await deploy('v7');
    world.account.rules.push('web:5');
    await deploy('v8', { keepRevisions: 1 });
    expect(await active()).toEqual(['1', '2', '3', '5', '7', '8']);
  });

  describe('of the tasks of the contract', () => {
    async function ofTask(): Promise<readonly string[]> {
      const answer = await world.fixture.call('ListTaskDefinitions', {
        familyPrefix: 'web-nightly',
      });
      return (answer['taskDefinitionArns'] as string[]).flatMap(
        (arn) => /web-nightly:(\d+)$/.exec(arn)?.[1] ?? [],
      );
    }

    beforeEach(async () => {
      await addContractTask(world, { name: 'nightly' });
      for (const tag of ['v5', 'v6', 'v7']) await deploy(tag);
      expect(await ofTask()).toEqual(['1', '2', '3']);
    });

    it('are deregistered as well, but for those in use', async () => {
      world.account.rules.push('web-nightly:1');
      const dry = await deploy('v8', { keepRevisions: 1, dryRun: true });
      expect(dry.message).toContain('web-nightly:2');
      await deploy('v8', { keepRevisions: 1 });
      // What ran before, and the newest, which their targets start.
      expect(await ofTask()).toEqual(['1', '3', '4']);
    });

    it('stay where there are no more than asked for', async () => {
      await deploy('v8', { keepRevisions: 4 });
      expect(await ofTask()).toEqual(['1', '2', '3', '4']);
      expect(await active()).toContain('8');
    });
  });

  it('leaves revisions alone that somebody else registered in the family', async () => {
    await world.fixture.call('UntagResource', {
      resourceArn: arnOf('web:1'),
      tagKeys: [
        'infra-actions:template',
        'infra-actions:image-digest',
        'infra-actions:commit',
        'infra-actions:run',
      ],
    });
    await deploy('v5', { keepRevisions: 1 });
    expect(await active()).toEqual(['1', '4', '5']);
  });

  it.each(['ListServices', 'ListTasks', 'ListClusters', 'ListTaskDefinitions'])(
    'deregisters nothing and says why where the role may not call %s',
    async (operation) => {
      let allowed = false;
      world.intercept((name) => {
        // The rollout itself lists the service's tasks.
        if (name === 'ListTaskDefinitions') allowed = true;
        if (name === operation && (allowed || operation === 'ListTaskDefinitions')) {
          throw new AwsError('AccessDeniedException', 'no');
        }
      });
      const report = await deploy('v5', { keepRevisions: 1 });
      expect(report.failure).toBeUndefined();
      expect(await active()).toEqual(['1', '2', '3', '4', '5']);
      expect(world.log.filter(({ level }) => level === 'notice').at(-1)?.message).toContain(
        operation,
      );
    },
  );

  it('leaves everything where the rollout failed', async () => {
    await deploy('bad', { keepRevisions: 1 }, { EMULATOR_FATE: 'crash:1' });
    expect((await active()).slice(0, 4)).toEqual(['1', '2', '3', '4']);
    expect(world.calls.get('DeregisterTaskDefinition')).toBeUndefined();
  });

  it('stops quietly where the role may not deregister', async () => {
    world.intercept((name) => {
      if (name === 'DeregisterTaskDefinition') throw new AwsError('AccessDeniedException', 'no');
    });
    const report = await deploy('v5', { keepRevisions: 1 });
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(world.calls.get('DeregisterTaskDefinition')).toBe(1);
  });

  it('is shown by a dry run, which names the revisions', async () => {
    const report = await deploy('v5', { keepRevisions: 2, dryRun: true });
    expect(report.message).toMatch(/deregister-revisions web:1, web:2, web:3/);
    expect(await active()).toEqual(['1', '2', '3', '4']);
  });

  it('is asked for nothing where the service runs this already', async () => {
    await deploy('v4', { keepRevisions: 1 });
    expect(await active()).toEqual(['1', '2', '3', '4']);
  });
});
