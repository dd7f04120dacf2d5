import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import { createStateBucket, rootModule, type LayerStep } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

beforeAll(async () => {
  emulator = await startTestEmulator();
  await createStateBucket(emulator);
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

/** What keeps a gate from standing, as far as errors name it. */
function problems({ step }: LayerStep): readonly string[] {
  const errors = step.annotations.filter(({ level }) => level === 'error');
  const text = errors.map(({ message }) => message).join('\n');
  const known = ['no environment "dev"', 'no required reviewers', 'admits every branch'];
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
