import type { Judgement } from '../../../actions/terraform-layer/schedule/hooks.js';
import type { StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import { planStack } from '../../../actions/terraform-layer/schedule/plan-stack.js';
import { runSchedule } from '../../../actions/terraform-layer/schedule/schedule.js';
import type { StackPorts } from '../../../actions/terraform-layer/schedule/stack-steps.js';
import { missingUpstreams } from '../../../actions/terraform-layer/schedule/upstreams.js';
import type { Stack, Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import type { Diagnostic } from '../../../actions/terraform-layer/terraform/diagnostics.js';
import type { PlannedState } from '../../../actions/terraform-layer/terraform/planned-state.js';
import type { Terraform } from '../../../actions/terraform-layer/terraform/terraform.js';
import { planJson, portsOf, stackNamed } from '../../support/schedule.js';
import { layeredTree, load, s3Backend, s3RemoteState } from '../../support/stacks.js';
import { failed, fakeTerraform, succeeded } from '../../support/terraform.js';

const missingState = (name: string): Partial<Diagnostic> => ({
  summary: 'Unable to find remote state',
  address: `data.terraform_remote_state.${name}`,
});
const noPlan = (...diagnostics: readonly Partial<Diagnostic>[]) => ({
  ...failed(...diagnostics),
  hasChanges: false,
});
const changed = { ...succeeded, hasChanges: true };
const unchanged = { ...succeeded, hasChanges: false };

/** `a` ← `b` ← `c`; `d` reads `a` too, and uses another output. */
let chain: Workspace;
let layered: Workspace;
beforeAll(async () => {
  layered = await load(layeredTree(['dev', 'production']));
  const file = (layer: string, main: string) => ({
    [`layers/${layer}/environments/dev/main.tf`]: s3Backend(`dev/${layer}.tfstate`) + main,
  });
  const use = (name: string, output: string): string =>
    `output "x" {\n  value = data.terraform_remote_state.${name}.outputs.${output}\n}\n`;
  chain = await load({
    ...file('01-a', ''),
    ...file('02-b', s3RemoteState('up', 'dev/01-a.tfstate') + use('up', 'x')),
    ...file('03-c', s3RemoteState('up', 'dev/02-b.tfstate') + use('up', 'x')),
    ...file('03-d', s3RemoteState('up', 'dev/01-a.tfstate') + use('up', 'y')),
  });
});

interface Ran {
  readonly outcomes: Readonly<Record<string, StackOutcome>>;
  readonly calls: readonly string[];
  /** What each stack was planned against. */
  readonly against: Readonly<Record<string, readonly PlannedState[]>>;
}

/** Plans a workspace's stacks; `answers` take the stack's name, `a` for `01-a/dev`. */
async function plan(
  answers: Partial<Terraform>,
  rest: Partial<StackPorts> & { readonly command?: 'plan' | 'drift'; readonly only?: string } = {},
): Promise<Ran> {
  const against: Record<string, readonly PlannedState[]> = {};
  const { planAgainst = () => Promise.resolve(changed) } = answers;
  const terraform = fakeTerraform({
    ...answers,
    planAgainst: (stack, options) => {
      against[stack.name] = options.upstreams;
      return planAgainst(stack, options);
    },
  });
  const { command = 'plan', only = '', ...ports } = rest;
  const outcomes = await runSchedule({
    command,
    stages: [
      {
        environment: 'dev',
        after: [],
        stacks: chain.stacks
          .filter(({ name }) => only === '' || only.includes(name))
          .map((stack) => ({ stack, after: [] })),
      },
    ],
    workspace: chain,
    concurrency: 2,
    ports: portsOf(chain, terraform, ports),
    onEnd: () => Promise.resolve(),
  });
  return {
    outcomes: Object.fromEntries(outcomes.map((outcome) => [outcome.stack.name, outcome])),
    calls: terraform.calls,
    against,
  };
}

const statuses = ({ outcomes }: Ran): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(outcomes).map(([name, { end }]) => [name, end.status]));

/** The plan of each stack by name; others have no changes. */
function shows(jsons: Readonly<Record<string, unknown>>): Partial<Terraform> {
  return {
    plan: ({ name }) => Promise.resolve(name in jsons ? changed : unchanged),
    show: ({ name }) => Promise.resolve(jsons[name] ?? planJson({})),
  };
}

describe('a plan', () => {
  it('is neither shown nor made again where nothing changes', async () => {
    const ran = await plan(shows({}));
    expect(new Set(Object.values(statuses(ran)))).toEqual(new Set(['unchanged']));
    expect(ran.calls.filter((call) => /^(?:show|planAgainst|apply)/.test(call))).toEqual([]);
  });

  it('is made again, in order, where an output that it uses changes, and only there', async () => {
    const ran = await plan({
      ...shows({
        a: planJson({ x: { before: 'old', after: 'new' }, y: { before: 1, after: 1 } }),
        b: planJson({ x: { before: 'b-old', after: 'b-new' } }),
      }),
    });
    expect(statuses(ran)).toEqual({ a: 'changes', b: 'changes', c: 'changes', d: 'unchanged' });
    expect(ran.calls.filter((call) => call.startsWith('planAgainst'))).toEqual([
      'planAgainst 02-b/dev',
      'planAgainst 03-c/dev',
    ]);
    const [a, b] = ['a', 'b'].map((name) => ran.outcomes[name]?.stack);
    expect(ran.outcomes['b']?.plannedAgainst).toEqual([
      { stack: a?.id, outputs: ['x'], unknown: [] },
    ]);
    expect(ran.outcomes['a']?.plannedAgainst).toBeUndefined();
    expect(ran.against['c']).toMatchObject([
      {
        stateKeys: [b?.stateKey],
        readers: [{ directory: 'layers/03-c/environments/dev', name: 'up' }],
      },
    ]);
    const states = ran.against['b']?.[0]?.outputs;
    expect(states === 'unknown' ? undefined : states?.get('x')?.value).toMatchObject({
      json: 'new',
    });
  });

  it('takes an upstream as unknown where an output that is used is', async () => {
    const ran = await plan(shows({ a: planJson({ x: { before: 'old' }, y: { before: 1 } }) }));
    expect(ran.against['b']?.[0]?.outputs).toBe('unknown');
    expect(ran.outcomes['b']?.plannedAgainst).toMatchObject([{ outputs: ['x'], unknown: ['x'] }]);
  });

  it('does not mind an unknown output that is not used', async () => {
    const ran = await plan(
      shows({ a: planJson({ x: { before: 'old', after: 'new' }, y: { before: 1 } }) }),
    );
    expect(ran.against['b']?.[0]?.outputs).not.toBe('unknown');
    expect(ran.against['d']?.[0]?.outputs).toBe('unknown');
  });

  it('replaces one that failed for want of an output that is only added now', async () => {
    const ran = await plan({
      plan: ({ name }) =>
        Promise.resolve(
          name === 'a'
            ? changed
            : name === 'b'
              ? noPlan({ summary: 'Unsupported attribute' })
              : unchanged,
        ),
      show: ({ name }) => Promise.resolve(planJson(name === 'a' ? { x: { after: 'new' } } : {})),
    });
    expect(ran.outcomes['b']).toMatchObject({ end: { status: 'changes' }, diagnostics: [] });
  });

  it('fails where it fails against what is known', async () => {
    const ran = await plan({
      ...shows({ a: planJson({ x: { before: 'old', after: 'new' } }) }),
      planAgainst: () => Promise.resolve(noPlan({ summary: 'Invalid value' })),
    });
    expect(ran.outcomes['b']).toMatchObject({
      end: { status: 'failed', step: 'plan' },
      diagnostics: [{ severity: 'error', summary: 'Invalid value' }],
    });
  });

  it('waits where it fails against what is not known, and still says why', async () => {
    const ran = await plan({
      ...shows({ a: planJson({ x: { before: 'old' } }) }),
      planAgainst: () => Promise.resolve(noPlan({ summary: 'Invalid count argument' })),
    });
    expect(ran.outcomes['b']).toMatchObject({
      end: { status: 'waiting', waitsFor: [ran.outcomes['a']?.stack.id] },
      plannedAgainst: [{ unknown: ['x'] }],
      diagnostics: [{ severity: 'warning', summary: 'Invalid count argument' }],
    });
  });

  it('that only stands in for unknown values changes nothing', async () => {
    const placeholder = {
      resource_changes: [
        {
          address: 'module.r.terraform_data.infra_actions_planned_outputs',
          mode: 'managed',
          type: 'terraform_data',
          name: 'infra_actions_planned_outputs',
          change: { actions: ['create'], after: {} },
        },
      ],
    };
    const judged: string[] = [];
    const ran = await plan(shows({ a: planJson({ x: { before: 'old' } }), b: placeholder }), {
      hooks: {
        judge: ({ stack }) => {
          judged.push(stack.name);
          return Promise.resolve({ reasons: [] });
        },
      },
    });
    expect(statuses(ran)['b']).toBe('unchanged');
    expect(judged).toEqual(['a']);
  });

  it('hides what an upstream calls sensitive', async () => {
    const leaking = {
      ...(planJson({ x: { before: 'b-old', after: 'for hunter2-hunter2' } }) as object),
    };
    const ran = await plan(
      shows({ a: planJson({ x: { after: 'hunter2-hunter2', sensitive: true } }), b: leaking }),
    );
    expect(ran.outcomes['b']?.changes.outputs).toHaveLength(1);
    expect(JSON.stringify(ran.outcomes['b'])).not.toContain('hunter2');
  });

  it('of drift is held against the states alone', async () => {
    const ran = await plan(shows({ a: planJson({ x: { before: 'old', after: 'new' } }) }), {
      command: 'drift',
    });
    expect(statuses(ran)).toEqual({ a: 'changes', b: 'unchanged', c: 'unchanged', d: 'unchanged' });
  });

  it('asks for orphans before, is judged once, and is shown whatever the judge says', async () => {
    const heard: string[] = [];
    const judgement: Judgement = { reasons: [{ kind: 'review' }], hooks: [] };
    const ran = await plan(
      {
        ...shows({ a: planJson({ x: { before: 'old', after: 'new' } }), b: planJson({}) }),
        plan: ({ name }) => {
          heard.push(`plan ${name}`);
          return Promise.resolve(changed);
        },
      },
      {
        only: 'ab',
        hooks: {
          orphans: ({ name }) => {
            heard.push(`orphans ${name}`);
            return Promise.resolve([
              { address: 'x.y', type: 'x', id: undefined, runUrl: undefined },
            ]);
          },
          judge: ({ stack: { name } }) => {
            heard.push(`judge ${name}`);
            return Promise.resolve(judgement);
          },
          ended: ({ stack: { name } }) => {
            heard.push(`ended ${name}`);
            return Promise.resolve();
          },
        },
      },
    );
    expect(statuses(ran)).toEqual({ a: 'changes', b: 'changes' });
    expect(ran.outcomes['a']).toMatchObject({ hooks: [], orphans: [{ address: 'x.y' }] });
    expect(heard.filter((line) => line.endsWith(' b'))).toEqual([
      'orphans b',
      'plan b',
      'judge b',
      'ended b',
    ]);
    expect(heard.indexOf('ended a')).toBeLessThan(heard.indexOf('judge b'));
  });

  it('fails alone where no private copy can be made', async () => {
    const ran = await plan({
      ...shows({ a: planJson({ x: { before: 'old', after: 'new' } }) }),
      planAgainst: () => Promise.reject(new Error('no space left')),
    });
    expect(statuses(ran)).toEqual({
      a: 'changes',
      b: 'failed',
      c: 'unchanged',
      d: 'unchanged',
    });
  });

  it('does not need to know whether states are there', async () => {
    const ran = await plan(shows({}), {
      stateVersion: () => Promise.reject(new Error('no access')),
    });
    expect(new Set(Object.values(statuses(ran)))).toEqual(new Set(['unchanged']));
  });

  it('waits for named outputs where nothing can stand in for a state', async () => {
    const edges = chain.edges.map((edge) => ({
      ...edge,
      origins: edge.origins.map((origin) =>
        origin.kind === 'remote-state' ? { ...origin, kind: 'tfe-outputs' as const } : origin,
      ),
    }));
    const hcp = { ...chain, edges };
    const [a, b] = chain.stacks;
    if (a === undefined || b === undefined) throw new Error('no stacks');
    const ports = portsOf(
      hcp,
      fakeTerraform({ show: () => Promise.resolve(planJson({ x: { before: 1, after: 2 } })) }),
    );
    await planStack(a, ports);
    expect(await planStack(b, ports)).toMatchObject({
      end: { status: 'waiting', waitsFor: [a.id] },
      plannedAgainst: [{ stack: a.id, outputs: ['x'], unknown: ['x'] }],
    });
  });

  it('fails where it cannot be read', async () => {
    const ran = await plan(shows({ a: { resource_changes: 1 } }), { only: 'a' });
    expect(ran.outcomes['a']).toMatchObject({ end: { status: 'failed', step: 'show' } });
    expect(ran.outcomes['a']?.diagnostics).toHaveLength(1);
  });

  it('is interrupted where its second half does not come to run', async () => {
    const controller = new AbortController();
    const ran = await plan(
      {
        plan: () => {
          controller.abort();
          return Promise.resolve(changed);
        },
      },
      { signal: controller.signal, only: 'a' },
    );
    expect(ran.outcomes['a']?.end).toEqual({ status: 'interrupted', step: 'plan' });
  });
});

describe('a state that is not there', () => {
  it('is as good as the plan of its stack', async () => {
    const ran = await plan({
      plan: ({ name }) => Promise.resolve(name === 'a' ? changed : noPlan(missingState('up'))),
      show: () => Promise.resolve(planJson({ x: { after: 'new' }, y: { after: 'new' } })),
    });
    expect(new Set(Object.values(statuses(ran)))).toEqual(new Set(['changes']));
    expect(ran.outcomes['d']?.plannedAgainst).toMatchObject([{ outputs: ['y'], unknown: [] }]);
  });

  it('spares the plan against it where the sidecar tells', async () => {
    const ran = await plan(
      shows({ a: planJson({ x: { after: 'new' } }), b: planJson({ x: { after: 'new' } }) }),
      { stateVersion: () => Promise.resolve('absent') },
    );
    expect(ran.calls.filter((call) => call.startsWith('plan '))).toEqual(['plan 01-a/dev']);
    expect(statuses(ran)).toEqual({ a: 'changes', b: 'changes', c: 'changes', d: 'changes' });
  });

  it('is waited for where its stack is not planned, and so are those that wait themselves', async () => {
    const answers = { plan: () => Promise.resolve(noPlan(missingState('up'))) };
    const ran = await plan(answers, { only: 'bc' });
    const [a, b] = ['a', 'b'].map((name) => chain.stacks.find((stack) => stack.name === name)?.id);
    expect(ran.outcomes['b']?.end).toEqual({ status: 'waiting', waitsFor: [a] });
    expect(ran.outcomes['c']?.end).toEqual({ status: 'waiting', waitsFor: [b] });
  });

  it('is waited for where drift is looked for', async () => {
    const ran = await plan(
      {
        plan: ({ name }) => Promise.resolve(name === 'b' ? noPlan(missingState('up')) : changed),
        show: () => Promise.resolve(planJson({ x: { after: 'new' } })),
      },
      { command: 'drift', only: 'ab' },
    );
    expect(statuses(ran)).toEqual({ a: 'changes', b: 'waiting' });
  });

  it('is no excuse where something else is wrong too', async () => {
    const terraform = fakeTerraform({
      plan: () => Promise.resolve(noPlan(missingState('service_b'), { summary: 'other' })),
    });
    const stack = stackNamed(layered, 'service-a/dev');
    const outcome = await planStack(stack, portsOf(layered, terraform));
    expect(outcome.end).toMatchObject({ status: 'failed', step: 'plan' });
  });

  it('of another environment holds nobody up', async () => {
    const terraform = fakeTerraform({
      plan: ({ environment }: Stack) =>
        Promise.resolve(environment === 'dev' ? noPlan(missingState('platform')) : unchanged),
    });
    const ports = portsOf(layered, terraform);
    await planStack(stackNamed(layered, 'service-b/dev'), ports);
    const outcome = await planStack(stackNamed(layered, 'service-a/production'), ports);
    expect(outcome.end.status).toBe('unchanged');
  });

  it('is certain where its data block stands for one stack, or for all that it stands for', () => {
    const stack = stackNamed(layered, 'service-a/dev');
    const of = (...addresses: readonly string[]) =>
      missingUpstreams(
        stack,
        failed(...addresses.map((address) => ({ summary: 'Unable to find remote state', address })))
          .diagnostics,
        layered.edges,
      );
    const known = of('data.terraform_remote_state.service_b');
    expect(known).toEqual({ ids: [stackNamed(layered, 'service-b/dev').id], certain: true });
    const both = of(
      'module.a.data.terraform_remote_state.platform',
      'data.terraform_remote_state.service_b',
    );
    expect(both).toMatchObject({ certain: true });
    const hidden = of('module.m.data.terraform_remote_state.inside_a_module');
    expect(hidden?.ids).toHaveLength(2);
    expect(hidden?.certain).toBe(false);
  });

  it('of a reader module that two stacks share is looked for among both', async () => {
    const shared = await load({
      'modules/reader/main.tf':
        'variable "name" {}\n' + s3RemoteState('this', 'dev/${var.name}.tfstate'),
      'layers/01-a/environments/dev/main.tf': s3Backend('dev/a.tfstate'),
      'layers/01-b/environments/dev/main.tf': s3Backend('dev/b.tfstate'),
      'layers/02-c/environments/dev/main.tf':
        s3Backend('dev/c.tfstate') +
        ['a', 'b']
          .map((name) => {
            const source = '../../../../modules/reader';
            return `module "${name}" {\n  source = "${source}"\n  name = "${name}"\n}\n`;
          })
          .join(''),
    });
    const [a, , c] = shared.stacks;
    if (a === undefined || c === undefined) throw new Error('no stacks');
    const one = [{ ...missingState('this'), address: 'module.a.data.terraform_remote_state.this' }];
    const found = missingUpstreams(c, failed(...one).diagnostics, shared.edges);
    expect(found?.ids).toHaveLength(2);
    expect(found?.certain).toBe(false);
    // The state of `b` is there, and nothing of it changes: `a` alone has a stand-in.
    const against: PlannedState[] = [];
    const ports = portsOf(
      shared,
      fakeTerraform({
        plan: ({ name }) => Promise.resolve(name === 'c' ? noPlan(...one) : changed),
        show: () => Promise.resolve(planJson({ x: { after: 'new' } })),
        planAgainst: (_, { upstreams }) => {
          against.push(...upstreams);
          return Promise.resolve(changed);
        },
      }),
    );
    await planStack(a, ports);
    expect((await planStack(c, ports)).end.status).toBe('changes');
    expect(against.map(({ stateKeys }) => stateKeys)).toEqual([[a.stateKey]]);
    expect(against[0]?.readers).toEqual([{ directory: 'modules/reader', name: 'this' }]);
  });
});
