import type { EnvironmentConfig } from '../../../actions/terraform-layer/config/infra-config.js';
import type { RunPlan } from '../../../actions/terraform-layer/plan.js';
import {
  environmentsToApply,
  environmentsUpToDate,
} from '../../../actions/terraform-layer/report/environments-to-apply.js';
import type { StackEnd } from '../../../actions/terraform-layer/schedule/outcome.js';
import { runPlanOf, stacksOf } from '../../support/terraform-report.js';
import { anOutcome } from '../../support/terraform.js';

const unchanged: StackEnd = { status: 'unchanged' };

async function toApply(
  ends: Readonly<Record<string, StackEnd>>,
  production: Partial<EnvironmentConfig> = {},
  confirm?: string,
): Promise<readonly string[]> {
  const plan = await runPlanOf('plan');
  const outcomes = stacksOf(plan).map((stack) =>
    anOutcome(stack, ends[stack.displayId] ?? ends[stack.environment] ?? unchanged),
  );
  const environments = plan.environments.map((one) =>
    one.name === 'production' ? { ...one, ...production } : one,
  );
  return environmentsToApply({ ...plan, environments }, outcomes, confirm).map(({ name }) => name);
}

it('asks for no apply where nothing changes', async () => {
  expect(await toApply({})).toEqual([]);
});

it('asks where one stack is anything but unchanged', async () => {
  const failed: StackEnd = { status: 'failed', step: 'plan', lock: undefined };
  const waiting: StackEnd = { status: 'waiting', waitsFor: [] };
  expect(await toApply({ dev: { status: 'changes' } })).toEqual(['dev']);
  expect(await toApply({ production: waiting })).toEqual(['production']);
  expect(await toApply({ dev: failed, production: { status: 'changes' } })).toEqual([
    'dev',
    'production',
  ]);
});

it('leaves out what is never applied from here', async () => {
  const all = { dev: { status: 'changes' }, production: { status: 'changes' } } as const;
  expect(await toApply(all, { apply: 'never' })).toEqual(['dev']);
});

it('waits for a person where the gate is a typed confirmation', async () => {
  const all = { dev: { status: 'changes' }, production: { status: 'changes' } } as const;
  const gate = { apply: 'approval', gate: 'dispatch' } as const;
  expect(await toApply(all, gate)).toEqual(['dev']);
  expect(await toApply(all, gate, 'dev')).toEqual(['dev']);
  expect(await toApply(all, gate, 'production')).toEqual(['dev', 'production']);
});

it('tells what a dry run would touch', async () => {
  const plan = await runPlanOf('plan');
  expect(environmentsToApply(plan, [], undefined).map(({ name }) => name)).toEqual([
    'dev',
    'production',
  ]);
});

/** The plan of a commit that touches every stack of dev (auto) and production (approval). */
async function touching(rest: Partial<RunPlan> = {}): Promise<RunPlan> {
  const plan = await runPlanOf('plan');
  const reason = {
    kind: 'affected',
    reasons: [{ kind: 'configuration', file: 'infra.yml' }],
  } as const;
  return {
    ...plan,
    environments: plan.environments.map((one) => ({
      ...one,
      apply: one.name === 'dev' ? 'auto' : 'approval',
    })),
    reasons: new Map(stacksOf(plan).map(({ id }) => [id, reason])),
    ...rest,
  };
}

const allUnchanged = (plan: RunPlan) => stacksOf(plan).map((stack) => anOutcome(stack, unchanged));
const namesToApply = (plan: RunPlan): readonly string[] =>
  environmentsToApply(plan, allUnchanged(plan), undefined).map(({ name }) => name);

describe('where a commit touches stacks whose plan is empty', () => {
  it('notes that without asking anybody for an approval', async () => {
    const plan = await touching();
    expect(namesToApply(plan)).toEqual(['dev']);
    expect(environmentsUpToDate(plan, allUnchanged(plan))).toEqual(['dev', 'production']);
  });

  it('asks where the gates will be others', async () => {
    const difference = { setting: 'max-destroys', base: '20', head: '5' } as const;
    const of = (environment: string | undefined) =>
      touching({ policyDifferences: [{ ...difference, environment }] });
    expect(namesToApply(await of('production'))).toEqual(['dev', 'production']);
    expect(namesToApply(await of(undefined))).toEqual(['dev']);
  });

  it('asks where a state is to be moved', async () => {
    const { workspace } = await touching();
    const to = workspace.stacks.find(({ environment }) => environment === 'production');
    if (to === undefined) throw new Error('no stack');
    const fate = { kind: 'other-state', from: to, to, declared: true } as const;
    const problem = { code: 'state-moves', message: 'it moves' };
    const plan = await touching({ findings: [{ severity: 'notice', problem, fate }] });
    expect(namesToApply(plan)).toEqual(['dev', 'production']);
    expect(environmentsUpToDate(plan, allUnchanged(plan))).toEqual(['dev']);
  });

  it('starts nothing where no note can lie beside the state', async () => {
    const plan = await touching();
    const stages = plan.stages.map((stage) => ({
      ...stage,
      stacks: stage.stacks.map((task) => ({
        ...task,
        stack: { ...task.stack, backend: { ...task.stack.backend, type: 'gcs' as const } },
      })),
    }));
    expect(namesToApply({ ...plan, stages })).toEqual([]);
  });
});

it('takes no environment for up to date that it has seen in part, or not at all', async () => {
  const plan = await touching();
  const [first, ...others] = allUnchanged(plan);
  if (first === undefined) throw new Error('no stack');
  expect(environmentsUpToDate(plan, others)).not.toContain(first.stack.environment);
  expect(environmentsUpToDate(plan, [])).toEqual([]);
  const byGlob = new Map([[first.stack.id, { kind: 'glob', glob: '*' } as const]]);
  expect(environmentsUpToDate({ ...plan, reasons: byGlob }, allUnchanged(plan))).toEqual([]);
  // One that comes before was looked at as a whole.
  const after = { ...plan, reasons: byGlob, earlierUpToDate: ['staging'] };
  expect(environmentsUpToDate(after, allUnchanged(plan))).toEqual(['staging']);
});
