import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub, type OpenPull } from '../support/infra-on-github.js';
import { place, rootModule } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;
let pull: OpenPull;

const base =
  'resource "terraform_data" "base" {}\noutput "id" {\n  value = terraform_data.base.id\n}\n';
/** How many there are is known only once the base is there: it cannot be planned before. */
const app =
  'resource "terraform_data" "app" {\n' +
  '  for_each = toset([data.terraform_remote_state.base.outputs.id])\n}\n';

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  production: { apply: approval, unreviewed: stop }\n',
  });
  await infra.protect({ name: 'production', reviewers: ['hubot'], branches: ['main'] });
});
afterAll(() => emulator.stop());

// In order: a new environment behind an approval, wave by wave.
it('the plan of a pull request shows the first wave, and what waits for it', async () => {
  pull = await infra.open({
    [place('01-base', 'production')]: rootModule('production', 'base', [], base),
    [place('02-app', 'production')]: rootModule('production', 'app', ['base'], app),
  });
  const plan = await infra.plan(pull);
  expect(plan.step.conclusion).toBe('success');
  expect(plan.statuses).toEqual({
    '01-base/production': 'changes',
    '02-app/production': 'waiting',
  });
});

it('one approval applies the wave that was reviewed, and not what nobody has seen', async () => {
  await infra.merge(pull);
  expect((await infra.planOfApply()).step.outputs['environments-to-apply']).toBe('["production"]');
  const applied = await infra.apply({ environment: 'production' });
  expect(applied.step.conclusion).toBe('failure');
  expect(applied.statuses).toEqual({
    '01-base/production': 'applied',
    '02-app/production': 'stopped',
  });
  expect(applied.step.summary).toMatch(/waited for `.*01-base.*`apply-again`/);
  const told = (await infra.comments(pull)).join();
  expect(told).toMatch(/Applied in part.*`apply-again`/);
});

it('the next wave is planned and approved in a run that a person starts', async () => {
  const { plan, apply } = await infra.applyByHand({
    ...{ environment: 'production', 'apply-again': String(pull.number) },
  });
  expect(plan.statuses).toMatchObject({ '02-app/production': 'changes' });
  expect(apply.step.conclusion).toBe('success');
  expect(apply.statuses).toMatchObject({ '02-app/production': 'applied' });
  expect((await infra.comments(pull)).join()).not.toContain('Applied in part');
});
