import { setByHand } from '../support/by-hand.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import {
  fortyStacks,
  foundation,
  moduleUser,
  moduleUsers,
  serviceModule,
  stackDirectory,
} from '../support/forty-stacks.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import type { LayerStep } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

/** Display ids of the twelve that use the module and of the four that read four of them. */
const reached = [
  ...moduleUsers.map((name) => `${name}/dev`),
  ...[1, 2, 3, 4].map((number) => `edge-${number}/dev`),
].sort();

function verdicts({ step }: LayerStep): Readonly<Record<string, string>> {
  const review = JSON.parse(step.outputs['review'] ?? '[]') as {
    readonly id: string;
    readonly verdict: string;
  }[];
  return Object.fromEntries(review.map(({ id, verdict }) => [id, verdict]));
}

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto, unreviewed: stop }\n',
  });
});
afterAll(() => emulator.stop());

// In order, as the life of one repository.
it('a whole new environment is planned as it will be, and applied as it was reviewed', async () => {
  const pull = await infra.open(fortyStacks());
  const plan = await infra.plan(pull);
  expect(plan.step.conclusion).toBe('success');
  expect(plan.step.outputs['waves']).toContain('edge-1');
  expect(Object.values(plan.statuses).filter((status) => status === 'changes')).toHaveLength(40);
  expect(plan.log).toContain('Review record of 40 stacks');

  await infra.merge(pull);
  const applied = await infra.apply();
  expect(applied.step.conclusion).toBe('success');
  expect(new Set(Object.values(applied.statuses))).toEqual(new Set(['applied']));
  expect(new Set(Object.values(verdicts(applied)))).toEqual(new Set(['equivalent']));
});

it('a change of a module is planned where it is used, and applied as it was reviewed', async () => {
  const pull = await infra.open({ 'modules/service/main.tf': serviceModule(2) });
  const plan = await infra.plan(pull);
  expect(plan.step.conclusion).toBe('success');
  expect(Object.keys(plan.statuses).sort()).toEqual(reached);
  expect(plan.log).toContain('Review record of 16 stacks');
  expect((await infra.comments(pull)).join('\n')).toContain('version=2');

  await infra.merge(pull);
  const applied = await infra.apply();
  expect(applied.step.conclusion).toBe('success');
  expect(Object.keys(applied.statuses).sort()).toEqual(reached);
  for (const name of moduleUsers) {
    expect(applied.statuses[`${name}/dev`]).toBe('applied');
    expect(verdicts(applied)[stackDirectory('04-applications', name)]).toBe('equivalent');
  }
  expect((await infra.comments(pull)).join('\n')).toContain('Terraform apply');
  // Nothing is left to be done, and that is known without a plan.
  const again = await infra.apply();
  expect(again.statuses).toEqual({});
});

it('what the world has changed between review and merge stops that stack, and is named', async () => {
  const [blue, green] = ['service-01', 'service-02'];
  const file = (name: string): string => `${stackDirectory('04-applications', name)}/main.tf`;
  const pull = await infra.open({
    [file(blue)]: moduleUser(blue, '"blue"'),
    [file(green)]: moduleUser(green, '"green"'),
  });
  expect((await infra.plan(pull)).step.conclusion).toBe('success');
  await infra.merge(pull);
  await setByHand(emulator, `/dev/${blue}`, 'by hand');

  const stopped = await infra.apply();
  expect(stopped.step.conclusion).toBe('failure');
  expect(stopped.statuses).toEqual({
    'service-01/dev': 'stopped',
    'service-02/dev': 'applied',
    'edge-1/dev': 'not-started',
    'edge-2/dev': 'unchanged',
  });
  expect(verdicts(stopped)).toMatchObject({
    [stackDirectory('04-applications', blue)]: 'different',
    [stackDirectory('04-applications', green)]: 'equivalent',
  });
  expect(stopped.step.summary).toMatch(/aws_ssm_parameter\.config.*`insecure_value`/);
  expect(stopped.step.outputs['review']).not.toContain('by hand');
  expect((await infra.comments(pull)).join('\n')).toContain('stopped');

  // A person looks at what the world has become, and starts it again.
  const { plan, apply } = await infra.applyByHand({ 'apply-again': String(pull.number) });
  expect(plan.statuses[`${blue}/dev`]).toBe('changes');
  expect(apply.step.conclusion).toBe('success');
  expect(apply.statuses[`${blue}/dev`]).toBe('applied');
});

it('a change of an output is shown on the stacks that read it, and applied through', async () => {
  const pull = await infra.open({
    'layers/01-foundation/environments/dev/main.tf': foundation('10.9.0.0/16'),
  });
  const plan = await infra.plan(pull);
  expect(plan.statuses).toMatchObject({
    '01-foundation/dev': 'changes',
    'platform-b/dev': 'changes',
    'platform-c/dev': 'changes',
    'service-13/dev': 'unchanged',
  });
  expect(plan.statuses).not.toHaveProperty('platform-a/dev');
  const told = (await infra.comments(pull)).join('\n');
  expect(told).toContain('cluster-b in 10.9.0.0/16');
  expect(told).toMatch(/planned against the outputs of `01-foundation\/dev`: `network`/);

  await infra.merge(pull);
  const applied = await infra.apply();
  expect(applied.step.conclusion).toBe('success');
  expect(applied.statuses).toMatchObject({
    '01-foundation/dev': 'applied',
    'platform-b/dev': 'applied',
  });
  expect(verdicts(applied)[stackDirectory('02-platform', 'platform-b')]).toBe('equivalent');
});

it('a change that was pushed past every review is not applied', async () => {
  infra.git('checkout', '--quiet', 'main');
  await infra.push({ 'layers/01-foundation/environments/dev/main.tf': foundation('10.7.0.0/16') });
  const stopped = await infra.apply();
  expect(stopped.step.conclusion).toBe('failure');
  expect(stopped.statuses).toMatchObject({
    '01-foundation/dev': 'stopped',
    'platform-b/dev': 'not-started',
  });
  expect(verdicts(stopped)['layers/01-foundation/environments/dev']).toBe('unreviewed');
});
