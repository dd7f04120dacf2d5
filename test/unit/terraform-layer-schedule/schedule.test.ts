import type { StackHooks } from '../../../actions/terraform-layer/schedule/hooks.js';
import type { StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import { withReaders } from '../../../actions/terraform-layer/schedule/readers.js';
import {
  runStacks,
  type EnvironmentStage,
} from '../../../actions/terraform-layer/schedule/run-stacks.js';
import { runSchedule, stacksOf } from '../../../actions/terraform-layer/schedule/schedule.js';
import { dependenciesAmong } from '../../../actions/terraform-layer/graph/waves.js';
import type { Stack, Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import type { Terraform } from '../../../actions/terraform-layer/terraform/terraform.js';
import { planJson, portsOf, stackNamed } from '../../support/schedule.js';
import { layeredTree, load } from '../../support/stacks.js';
import { anOutcome, failed, fakeTerraform, succeeded } from '../../support/terraform.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await load(layeredTree(['dev', 'production']));
});

/** The stages of an apply of some stacks of `dev`, or of every stack of both environments. */
function stagesOf(...displayIds: readonly string[]): readonly EnvironmentStage[] {
  const chosen = workspace.stacks.filter(
    ({ displayId }) => displayIds.length === 0 || displayIds.includes(displayId),
  );
  const before = dependenciesAmong(
    chosen.map(({ id }) => id),
    workspace.edges,
  );
  const environments = [...new Set(chosen.map(({ environment }) => environment))];
  return environments.map((environment) => ({
    environment,
    after: environment === 'production' ? ['dev'] : [],
    stacks: chosen
      .filter((stack) => stack.environment === environment)
      .map((stack) => ({ stack, after: [...(before.get(stack.id) ?? [])] })),
  }));
}

async function run(
  command: 'apply' | 'destroy',
  stages: readonly EnvironmentStage[],
  answers: Partial<Terraform> = {},
  hooks: StackHooks = {},
  rest: Partial<Pick<Parameters<typeof runSchedule>[0], 'isLeg' | 'refuse'>> = {},
) {
  const terraform = fakeTerraform(answers);
  const outcomes = await runSchedule({
    command,
    stages,
    workspace,
    concurrency: 2,
    ports: portsOf(workspace, terraform, { hooks }),
    onEnd: () => Promise.resolve(),
    ...rest,
  });
  return {
    statuses: Object.fromEntries(
      outcomes.map(({ stack, end }) => [stack.displayId, end.status] as const),
    ),
    calls: terraform.calls,
  };
}

/** Changes the output `x` of the foundation, and nothing else. */
const foundationChanges: Partial<Terraform> = {
  plan: ({ name }) => Promise.resolve({ ...succeeded, hasChanges: name !== 'service-b' }),
  show: () => Promise.resolve(planJson({ x: { before: 'old', after: 'new' } })),
  apply: ({ name }, { onEvent }) => {
    const value = name === 'foundation' ? 'new' : 'old';
    onEvent?.({
      kind: 'outputs',
      text: '',
      outputs: new Map([['x', { sensitive: false, value }]]),
    });
    return Promise.resolve(succeeded);
  },
};
const allow: StackHooks = { judge: () => Promise.resolve({ reasons: [] }) };

/** The workspace's readers use no output by name: the graph cannot tell which. */
const whole = (stacks: Workspace): Workspace => ({
  ...stacks,
  edges: stacks.edges.map((edge) => ({
    ...edge,
    origins: edge.origins.map((origin) => {
      if (origin.kind === 'after') return origin;
      const { kind, name, at } = origin;
      return { kind, name, at };
    }),
  })),
});

describe('an apply', () => {
  beforeEach(() => {
    workspace = whole(workspace);
  });

  it('plans and applies a stack after what it reads, and initialises it before', async () => {
    const { calls, statuses } = await run('apply', stagesOf());
    expect(new Set(Object.values(statuses))).toEqual(new Set(['applied']));
    const at = (call: string): number => calls.indexOf(call);
    expect(at('apply 01-foundation/dev')).toBeLessThan(at('plan 02-platform/dev'));
    expect(at('apply service-b/dev')).toBeLessThan(at('plan service-a/dev'));
    expect(at('apply service-a/dev')).toBeLessThan(at('plan 01-foundation/production'));
    expect(at('init service-a/dev')).toBeLessThan(at('apply 02-platform/dev'));
  });

  it('does not start what depends on a stack that was stopped', async () => {
    const { statuses } = await run(
      'apply',
      stagesOf(),
      {},
      {
        judge: ({ stack }) =>
          Promise.resolve({ reasons: stack.name === 'platform' ? [{ kind: 'review' }] : [] }),
      },
    );
    expect(statuses['01-foundation/dev']).toBe('applied');
    expect(statuses['02-platform/dev']).toBe('stopped');
    expect(statuses['service-b/dev']).toBe('not-started');
    expect(statuses['01-foundation/production']).toBe('not-started');
  });

  it('applies readers of a changed output that nobody asked for where the judge lets it', async () => {
    const { statuses, calls } = await run(
      'apply',
      stagesOf('01-foundation/dev'),
      foundationChanges,
      allow,
    );
    // The platform's own output stays as it was: its readers are left alone.
    expect(statuses).toEqual({ '01-foundation/dev': 'applied', '02-platform/dev': 'applied' });
    expect(calls).not.toContain('init service-b/dev');
  });

  it('only plans them where there is no judge, and stops them where the judge says so', async () => {
    const stages = stagesOf('01-foundation/dev');
    const alone = await run('apply', stages, foundationChanges);
    expect(alone.statuses['02-platform/dev']).toBe('changes');
    expect(alone.calls).not.toContain('apply 02-platform/dev');
    const stopped = await run('apply', stages, foundationChanges, {
      judge: ({ stack }) =>
        Promise.resolve({ reasons: stack.name === 'platform' ? [{ kind: 'review' }] : [] }),
    });
    expect(stopped.statuses['02-platform/dev']).toBe('stopped');
  });

  it('leaves readers alone where no output changed, or the apply failed', async () => {
    const stages = stagesOf('01-foundation/dev');
    const same = await run(
      'apply',
      stages,
      { ...foundationChanges, show: () => Promise.resolve(planJson({ x: { before: 'new' } })) },
      allow,
    );
    expect(same.statuses).toEqual({ '01-foundation/dev': 'applied' });
    const broken = await run('apply', stages, { apply: () => Promise.resolve(failed({})) }, allow);
    expect(broken.statuses).toEqual({ '01-foundation/dev': 'failed' });
  });

  it('leaves readers of a changed output to other legs where it is one of several', async () => {
    const stages = stagesOf('01-foundation/dev');
    const { statuses } = await run('apply', stages, foundationChanges, allow, { isLeg: true });
    expect(statuses).toEqual({ '01-foundation/dev': 'applied' });
    const all = stacksOf({ command: 'apply', stages, workspace, isLeg: true });
    expect(all.map(({ displayId }) => displayId)).toEqual(['01-foundation/dev']);
  });

  it('does nothing for a stack that is refused, nor for what depends on it', async () => {
    const stages = stagesOf('02-platform/dev', 'service-b/dev');
    const { statuses, calls } = await run('apply', stages, {}, allow, {
      isLeg: true,
      refuse: (stack) =>
        stack.name === 'platform'
          ? anOutcome(stack, {
              status: 'not-started',
              why: { kind: 'upstream-failed', stacks: ['layers/01-foundation/environments/dev'] },
            })
          : undefined,
    });
    expect(statuses).toEqual({ '02-platform/dev': 'not-started', 'service-b/dev': 'not-started' });
    expect(calls.filter((call) => !call.startsWith('init service-b'))).toEqual([]);
  });

  it('may touch the readers of what was asked for; a destroy does not', () => {
    const names = (command: 'apply' | 'destroy') =>
      stacksOf({ command, stages: stagesOf('service-b/dev'), workspace }).map(
        ({ displayId }) => displayId,
      );
    expect(names('apply')).toEqual(['service-b/dev', 'service-a/dev']);
    expect(names('destroy')).toEqual(['service-b/dev']);
  });

  it('has readers between two selected stacks run between them', () => {
    const stages = withReaders(stagesOf('01-foundation/dev', 'service-b/dev'), workspace);
    const tasks = stages.flatMap(({ stacks }) => stacks);
    expect(
      tasks.map(({ stack, onlyIfNeeded }) => [stack.displayId, onlyIfNeeded === true]),
    ).toEqual([
      ['01-foundation/dev', false],
      ['02-platform/dev', true],
      ['service-b/dev', false],
      ['service-a/dev', true],
    ]);
    expect(tasks[2]?.after).toEqual([stackNamed(workspace, '02-platform/dev').id]);
  });

  it('goes on where the end of a stack cannot be written down, and says so', async () => {
    const warned: StackOutcome[] = [];
    await runSchedule({
      command: 'apply',
      stages: stagesOf('service-a/dev'),
      workspace,
      concurrency: 1,
      ports: portsOf(workspace, fakeTerraform(), {
        hooks: { ended: () => Promise.reject(new Error('no access')) },
      }),
      onEnd: (outcome) => {
        warned.push(outcome);
        return Promise.resolve();
      },
    });
    expect(warned).toMatchObject([
      { end: { status: 'applied' }, diagnostics: [{ severity: 'warning', summary: 'no access' }] },
    ]);
  });
});

describe('a destroy', () => {
  it('takes readers before what they read, and later environments before earlier ones', async () => {
    const { calls } = await run('destroy', turnedRound(stagesOf()));
    const applied = calls.filter((call) => call.startsWith('apply'));
    const at = (displayId: string): number => applied.indexOf(`apply ${displayId}`);
    expect(applied).toHaveLength(8);
    expect(at('service-a/dev')).toBeLessThan(at('service-b/dev'));
    expect(at('service-b/dev')).toBeLessThan(at('02-platform/dev'));
    expect(at('02-platform/dev')).toBeLessThan(at('01-foundation/dev'));
    expect(at('01-foundation/production')).toBeLessThan(at('service-a/dev'));
  });

  it('keeps what a reader that is still there needs', async () => {
    const { statuses } = await run('destroy', turnedRound(stagesOf()), {
      apply: ({ displayId }) =>
        Promise.resolve(displayId === 'service-b/production' ? failed({}) : succeeded),
    });
    expect(statuses['service-a/production']).toBe('applied');
    expect(statuses['02-platform/production']).toBe('not-started');
    expect(statuses['01-foundation/dev']).toBe('not-started');
  });
});

describe('environments', () => {
  it('start when the ones before them have fully succeeded', async () => {
    const runAll = (failing: string) =>
      runStacks({
        stages: stagesOf().map((stage) => ({
          ...stage,
          stacks: stage.stacks.map(({ stack }) => ({ stack, after: [] })),
        })),
        concurrency: 3,
        signal: new AbortController().signal,
        run: (stack: Stack) =>
          Promise.resolve(
            anOutcome(
              stack,
              stack.displayId === failing
                ? { status: 'failed', step: 'apply', lock: undefined }
                : { status: 'applied' },
            ),
          ),
        onEnd: () => Promise.resolve(),
      });
    const failedRun = await runAll('service-b/dev');
    expect(failedRun.map(({ end }) => end.status)).toEqual([
      ...['applied', 'applied', 'applied', 'failed'],
      ...['not-started', 'not-started', 'not-started', 'not-started'],
    ]);
    expect(failedRun[4]?.end).toMatchObject({
      why: { kind: 'upstream-failed', stacks: [stackNamed(workspace, 'service-b/dev').id] },
    });
    expect((await runAll('')).every(({ end }) => end.status === 'applied')).toBe(true);
  });
});

/** Stages as a destroy has them: what reads a stack comes before it. */
function turnedRound(stages: readonly EnvironmentStage[]): readonly EnvironmentStage[] {
  return stages
    .map(({ environment, stacks }) => ({
      environment,
      after: stages
        .filter(({ after }) => after.includes(environment))
        .map((stage) => stage.environment),
      stacks: stacks
        .map(({ stack }) => ({
          stack,
          after: stages.flatMap((stage) =>
            stage.stacks
              .filter(({ after }) => after.includes(stack.id))
              .map((task) => task.stack.id),
          ),
        }))
        .reverse(),
    }))
    .reverse();
}

describe('a check of drift', () => {
  it('begins with the stacks that stand first, whatever reads them', async () => {
    const ids = stagesOf().flatMap(({ stacks }) => stacks.map(({ stack }) => stack));
    const reversed = ids.reverse().map((stack) => ({ stack, after: [] }));
    const begun: string[] = [];
    await runSchedule({
      command: 'drift',
      stages: [{ environment: 'drift', after: [], stacks: reversed }],
      workspace,
      concurrency: 1,
      refuse: (stack) => {
        begun.push(stack.id);
        return anOutcome(stack, { status: 'unchanged' });
      },
      ports: portsOf(workspace, fakeTerraform({}), {}),
      onEnd: () => Promise.resolve(),
    });
    expect(begun).toEqual(reversed.map(({ stack }) => stack.id));
  });
});
