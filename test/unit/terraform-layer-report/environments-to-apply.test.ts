import type { EnvironmentConfig } from '../../../actions/terraform-layer/config/infra-config.js';
import { environmentsToApply } from '../../../actions/terraform-layer/report/environments-to-apply.js';
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
