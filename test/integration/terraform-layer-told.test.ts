import { errors } from '../support/annotations.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub, type OpenPull } from '../support/infra-on-github.js';
import { killBelow, mainProcess, place, rootModule } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

const guarded = 'terraform_data.database';
const label = `allow-destroy: ${guarded}`;

/** A change of `engine` replaces what the guard protects. */
function database(engine: string, more = ''): Record<string, string> {
  const body = `resource "terraform_data" "database" {\n  triggers_replace = "${engine}"\n}\n${more}`;
  return { [place('01-data', 'dev')]: rootModule('dev', 'data', [], body) };
}

/** What the pull request is told last about an apply. */
async function toldOf(pull: OpenPull): Promise<string> {
  return (await infra.comments(pull)).filter((body) => body.includes('Terraform apply')).join();
}

beforeAll(async () => {
  emulator = await startTestEmulator();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml':
      'version: 1\nenvironments:\n' +
      `  dev: { apply: auto, unreviewed: allow, guards: { prevent-destroy: ['${guarded}'] } }\n` +
      '  production: { apply: approval, unreviewed: allow, after: [dev] }\n',
    ...database('one'),
  });
});
afterAll(() => emulator.stop());

// In order, as the life of one repository.
it('an apply whose job names no environment has a deployment on GitHub', async () => {
  expect((await infra.apply()).statuses).toEqual({ '01-data/dev': 'applied' });
  expect(await infra.deployments()).toEqual([['in_progress', 'success']]);
});

let first: OpenPull;

it('a plan that a guard will stop says what allows it, and fails', async () => {
  first = await infra.open(database('two'));
  const plan = await infra.plan(first);
  expect(plan.step.conclusion).toBe('failure');
  expect(plan.statuses).toEqual({ '01-data/dev': 'changes' });
  for (const page of [(await infra.comments(first)).join(), plan.step.summary]) {
    expect(page).toContain('a guard will stop it');
    expect(page).toContain(label);
  }
  expect(errors(plan.step)).toContain(label);
});

it('merged all the same, its apply is stopped, and lets it through with the label', async () => {
  await infra.merge(first);
  const stopped = await infra.apply();
  expect(stopped.statuses).toEqual({ '01-data/dev': 'stopped' });
  expect(await toldOf(first)).toContain('stopped');
  expect((await infra.deployments()).at(-1)).toEqual(['in_progress', 'failure']);

  // Whoever opened it cannot allow it.
  await infra.label(first, label, 'octocat');
  expect((await infra.apply()).statuses).toEqual({ '01-data/dev': 'stopped' });
  await infra.label(first, label, 'hubot');
  expect((await infra.apply()).statuses).toEqual({ '01-data/dev': 'applied' });
  expect(await toldOf(first)).toContain('applied');
});

it('a plan passes once the label is there, and its apply goes through', async () => {
  const pull = await infra.open(database('three'));
  expect((await infra.plan(pull)).step.conclusion).toBe('failure');
  await infra.label(pull, label, 'hubot');
  const again = await infra.plan(pull);
  expect(again.step.conclusion).toBe('success');
  expect((await infra.comments(pull)).join()).not.toContain('a guard will stop it');
  await infra.merge(pull);
  expect((await infra.apply()).statuses).toEqual({ '01-data/dev': 'applied' });
});

it('an apply whose gate does not hold tells the pull request why', async () => {
  const pull = await infra.open({ [place('01-data', 'production')]: '# not yet\n' });
  await infra.merge(pull);
  const before = (await infra.deployments()).length;
  const refused = await infra.apply({ environment: 'production' });
  expect(refused.step.conclusion).toBe('failure');
  const told = await toldOf(pull);
  expect(told).toContain('`production`');
  expect(told).toContain('there is no environment "production" on GitHub');
  expect(await infra.deployments()).toHaveLength(before);
});

it('a stack that is gone and has a state is told as well', async () => {
  const pull = await infra.open({
    [place('02-other', 'dev')]: rootModule('dev', 'other', [], 'resource "terraform_data" "x" {}'),
  });
  await infra.merge(pull);
  expect((await infra.apply()).step.conclusion).toBe('success');
  infra.git('rm', '-r', '--quiet', 'layers/02-other');
  const gone = await infra.open({});
  await infra.merge(gone);
  expect((await infra.apply()).step.conclusion).toBe('failure');
  expect(await toldOf(gone)).toMatch(/02-other.*destroy/);
  // It comes back.
  const back = await infra.open({
    [place('02-other', 'dev')]: rootModule('dev', 'other', [], 'resource "terraform_data" "x" {}'),
  });
  await infra.merge(back);
  expect((await infra.apply()).step.conclusion).toBe('success');
});

it('an older commit is told that it came too late, and what the newer told stays', async () => {
  const pull = await infra.open(database('three', 'resource "terraform_data" "new" {}\n'));
  const older = await infra.merge(pull);
  const newer = await infra.push(database('three', 'resource "terraform_data" "newer" {}\n'));
  expect((await infra.apply()).step.conclusion).toBe('success');
  infra.git('checkout', '--quiet', '--detach', older);
  expect((await infra.apply()).step.conclusion).toBe('failure');
  const told = await toldOf(pull);
  expect(told).toContain('came after a newer commit');
  expect(told).toContain('applied');
  infra.git('checkout', '--quiet', '-B', 'main', newer);
});

it('an apply that is killed is ended on GitHub by its post step, and told', async () => {
  const slow = `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "sleep 6" }
  depends_on = [terraform_data.quick]
}
`;
  const pull = await infra.open(database('three', slow));
  await infra.merge(pull);
  let killed = 0;
  const { step } = await infra.apply({}, (line) => {
    if (/quick: Creation complete/.test(line)) killed += killBelow(infra.root, mainProcess);
  });
  expect(killed).toBeGreaterThan(0);
  expect(step.main?.exitCode).toBeNull();
  expect((await infra.deployments()).at(-1)).toEqual(['in_progress', 'error']);
  expect(await toldOf(pull)).toContain('broke off');
  expect((await infra.apply()).step.conclusion).toBe('success');
  expect(await toldOf(pull)).not.toContain('broke off');
});
