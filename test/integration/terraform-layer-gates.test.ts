import { errors, said } from '../support/annotations.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import { lockText } from '../support/sidecars.js';
import {
  readState,
  rootModule,
  writeObject,
  type LayerStep,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml':
      'version: 1\nenvironments:\n' +
      '  dev: { apply: approval, unreviewed: allow }\n' +
      '  production: { apply: approval, gate: dispatch, unreviewed: allow, after: [dev] }\n',
    ...stack('dev', 'one'),
    ...stack('production', 'one'),
  });
});
afterAll(() => emulator.stop());

function stack(environment: string, value: string): Record<string, string> {
  return {
    [`layers/01-foundation/environments/${environment}/main.tf`]: rootModule(
      environment,
      'foundation',
      [],
      `resource "terraform_data" "value" {\n  input = "${value}"\n}`,
    ),
  };
}

const lockKey = 'production/foundation.tfstate.tflock';
const lockId = '11111111-2222-3333-4444-555555555555';

/** Whether the state of production holds its one resource. */
async function isStillThere(): Promise<boolean> {
  const state = (await readState(emulator, 'production/foundation.tfstate')) as {
    readonly resources: readonly unknown[];
  };
  return state.resources.length > 0;
}

/** What keeps a gate from standing, as far as errors name it. */
function problems({ step }: LayerStep): readonly string[] {
  const text = errors(step);
  const known = [
    ...['no environment "dev"', 'no required reviewers', 'admits every branch'],
    ...['by a run that a person starts', 'from the default branch only'],
    ...['once its name was typed as confirmation'],
  ];
  return known.filter((part) => text.includes(part));
}

function next({ step }: LayerStep): unknown {
  return JSON.parse(step.outputs['environments-to-apply'] ?? 'null');
}

// In order, as somebody sets a repository up.
it('an environment that is missing on GitHub is named before a job would create it', async () => {
  const plan = await infra.planOfApply();
  expect(plan.step.conclusion).toBe('failure');
  expect(problems(plan)).toEqual(['no environment "dev"']);
  // Whoever reads the summary sees the plan all the same.
  expect(plan.statuses).toMatchObject({ '01-foundation/dev': 'changes' });
  const apply = await infra.apply();
  expect(apply.step.conclusion).toBe('failure');
  expect(problems(apply)).toEqual(['no environment "dev"']);
  expect(apply.statuses).toEqual({});
});

it('one without reviewers, or open to every branch, is as good as none', async () => {
  await infra.protect({ name: 'dev' });
  expect(problems(await infra.planOfApply())).toEqual([
    'no required reviewers',
    'admits every branch',
  ]);
});

it('a protected one is applied; one that waits for a typed name is not asked for', async () => {
  await infra.protect({ name: 'dev', reviewers: ['hubot'], branches: ['main'] });
  const plan = await infra.planOfApply();
  expect(plan.step.conclusion).toBe('success');
  expect(next(plan)).toEqual(['dev']);
  expect(next(await infra.planOfApply({ confirm: 'production' }))).toEqual(['dev', 'production']);
  expect((await infra.apply()).statuses).toEqual({ '01-foundation/dev': 'applied' });
});

it('nobody is asked to approve an environment in which nothing changes', async () => {
  await infra.push(stack('production', 'two'));
  const plan = await infra.planOfApply({ confirm: 'production' });
  expect(plan.step.conclusion).toBe('success');
  expect(next(plan)).toEqual(['production']);
});

it('a typed name counts only in a run that a person has started', async () => {
  const pushed = await infra.apply({ environment: 'production', confirm: 'production' });
  expect(pushed.step.conclusion).toBe('failure');
  expect(pushed.statuses).toEqual({});
  const { apply } = await infra.applyByHand({ environment: 'production', confirm: 'production' });
  expect(apply.statuses).toEqual({ '01-foundation/production': 'applied' });
});

describe('without a change of code to review', () => {
  const production = { environment: 'production', layers: '01-foundation/production' };
  const operations = { 'state-operations': 'rm terraform_data.value' };

  it.each([
    ['state', operations],
    ['destroy', { confirm: 'production' }],
  ])('%s asks for the gate, before anything is touched', async (command, inputs) => {
    const pushed = await infra.once({ command, ...production, ...inputs });
    expect(pushed.step.conclusion).toBe('failure');
    expect(problems(pushed)).toEqual(['by a run that a person starts']);
    expect(await isStillThere()).toBe(true);
  });

  it('a branch cannot open it: what was applied decides', async () => {
    infra.git('checkout', '--quiet', '-b', 'weak', 'main');
    try {
      await infra.change({
        'infra.yml': 'version: 1\nenvironments:\n  dev: {}\n  production: { apply: auto }\n',
      });
      const typed = { command: 'state', ...production, ...operations, confirm: 'production' };
      const started = await infra.once(typed, 'by-hand');
      expect(started.step.conclusion).toBe('failure');
      expect(problems(started)).toEqual(['from the default branch only']);
      expect(await isStillThere()).toBe(true);
    } finally {
      infra.git('checkout', '--quiet', 'main');
    }
  });

  it('a lock is shown to everybody, and released behind the gate alone', async () => {
    await writeObject(emulator, lockKey, lockText(lockId));
    const unlock = { command: 'unlock', ...production };
    expect((await infra.once(unlock)).step.conclusion).toBe('success');
    const pushed = await infra.once({ ...unlock, 'lock-id': lockId });
    expect(problems(pushed)).toEqual(['by a run that a person starts']);
    expect(await readState(emulator, lockKey)).toMatchObject({ ID: lockId });
    const typed = { ...unlock, 'lock-id': lockId, confirm: 'production' };
    expect((await infra.once(typed, 'by-hand')).step.conclusion).toBe('success');
    await expect(readState(emulator, lockKey)).rejects.toThrow();
  });

  it('a person who types the name may go on', async () => {
    const untyped = await infra.once({ command: 'state', ...production, ...operations }, 'by-hand');
    expect(problems(untyped)).toEqual(['once its name was typed as confirmation']);
    const typed = { command: 'state', ...production, ...operations, confirm: 'production' };
    expect((await infra.once(typed, 'by-hand')).step.conclusion).toBe('success');
    expect(await isStillThere()).toBe(false);
  });
});

it('an environment is not given what the one before it has not got', async () => {
  await infra.push({ ...stack('dev', 'three'), ...stack('production', 'three') });
  const production = { environment: 'production', confirm: 'production' };
  const early = await infra.once({ command: 'apply', layers: 'changed', ...production }, 'by-hand');
  expect(early.step.conclusion).toBe('failure');
  expect(said(early.step)).toContain('01-foundation/dev (it is at');
  expect((await infra.apply()).statuses).toEqual({ '01-foundation/dev': 'applied' });
  const then = await infra.once({ command: 'apply', layers: 'changed', ...production }, 'by-hand');
  expect(then.statuses).toEqual({ '01-foundation/production': 'applied' });
});
