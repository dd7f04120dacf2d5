import { errors, said } from '../support/annotations.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import { givenAway, slackAnswers, toldSlack } from '../support/slack.js';
import { killBelow, mainProcess, place, rootModule } from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;
let told: Readonly<Record<string, string>>;

function data(environment: string, body: string): Record<string, string> {
  return { [place('01-data', environment)]: rootModule(environment, 'data', [], body) };
}
const good = 'resource "terraform_data" "database" {}\n';

beforeAll(async () => {
  emulator = await startTestEmulator();
  told = { 'slack-webhook': emulator.slackWebhookUrl };
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml':
      'version: 1\nenvironments:\n' +
      '  dev: { apply: auto, unreviewed: allow }\n' +
      '  production: { apply: approval, unreviewed: allow, after: [dev] }\n',
    ...data('dev', good),
    ...data('production', good),
  });
  await infra.protect({ name: 'production', reviewers: ['octocat'], branches: ['main'] });
});
afterAll(() => emulator.stop());

// In order, as the life of one repository.
it('the plan of an apply tells what waits for approval', async () => {
  const { step } = await infra.planOfApply(told);
  expect(step.conclusion).toBe('success');
  const [message, ...more] = await toldSlack(emulator);
  expect(more).toEqual([]);
  expect(message).toContain('Terraform apply of production* waits for approval');
  expect(message).toContain('1 stack, +1, after dev');
  expect(givenAway(step, emulator)).toEqual([]);
});

it('an apply tells when it begins and what it has done', async () => {
  await slackAnswers(emulator);
  const { step, statuses } = await infra.apply(told);
  expect(statuses).toEqual({ '01-data/dev': 'applied' });
  const [started, done, ...more] = await toldSlack(emulator);
  expect(more).toEqual([]);
  expect(started).toContain('Terraform apply of dev* started');
  expect(done).toContain('1 added');
  expect(givenAway(step, emulator)).toEqual([]);
});

it('the plan of a pull request tells nothing', async () => {
  await slackAnswers(emulator);
  const pull = await infra.open(data('dev', `${good}resource "terraform_data" "other" {}\n`));
  await infra.plan(pull, told);
  expect(await toldSlack(emulator)).toEqual([]);
  await infra.merge(pull);
});

it('an apply that fails tells the stack and its error, and fails the same where it cannot', async () => {
  const broken = `${good}resource "terraform_data" "bad" {\n  provisioner "local-exec" {\n    command = "exit 3"\n  }\n}\n`;
  await infra.push(data('dev', broken));
  await slackAnswers(emulator);
  const { step, statuses } = await infra.apply(told);
  expect(statuses).toEqual({ '01-data/dev': 'failed' });
  expect((await toldSlack(emulator)).at(-1)).toContain('01-data/dev failed in apply: local-exec');
  expect(givenAway(step, emulator)).toEqual([]);

  const fault = { status: 500, body: 'rollup_error' };
  await slackAnswers(emulator, ...Array.from({ length: 6 }, () => fault));
  const again = await infra.apply(told);
  expect(again.statuses).toEqual(statuses);
  expect(errors(again.step)).toContain('01-data/dev');
  expect(said(again.step, 'warning')).toContain('webhook-unreachable');
});

it('an apply that is killed is told by its post step', async () => {
  await slackAnswers(emulator);
  const slow = `resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "sleep 4" }
  depends_on = [terraform_data.quick]
}
`;
  await infra.push(data('dev', slow));
  let killed = 0;
  const { step } = await infra.apply(told, (line) => {
    if (/quick: Creation complete/.test(line)) killed += killBelow(infra.root, mainProcess);
  });
  expect(killed).toBeGreaterThan(0);
  expect((await toldSlack(emulator)).at(-1)).toContain('ended in the middle of it');
  expect(givenAway(step, emulator)).toEqual([]);
});
