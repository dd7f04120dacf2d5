import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { said } from '../support/annotations.js';
import { makeRepositoryAndLogs } from '../support/codedeploy-service.js';
import { createRepository, ecrOf } from '../support/ecr-registry.js';
import { runPush } from '../support/ecr-push.js';
import { ecsClient, names, pushServiceImage, runDeploy } from '../support/ecs-deploy.js';
import { createServices } from '../support/ecs-services.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';
import { givenAway, slackAnswers, toldSlack } from '../support/slack.js';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 30 });
  await makeRepositoryAndLogs(emulator);
  await ecsClient(emulator).send(new CreateClusterCommand({ clusterName: names.cluster }));
  const { reference } = await pushServiceImage(emulator, 'v1');
  await createServices(emulator, reference, { told: {}, failing: {}, deaf: {} });
  await emulator.advance(600);
}, 60_000);
afterAll(() => emulator.stop());

/** Rolls a new image out, and tells the emulated webhook. */
async function deploy(
  service: string,
  tag: string,
  env: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
): Promise<RunStepResult> {
  const { reference } = await pushServiceImage(emulator, tag, env);
  return runDeploy(emulator, {
    inputs: {
      ...{ cluster: names.cluster, 'service-name': service, image: reference },
      ...{ 'slack-webhook': emulator.slackWebhookUrl, ...inputs },
    },
  });
}

describe('a deploy, with the built action,', () => {
  it('tells when it begins and when it is done, and never names the webhook', async () => {
    await slackAnswers(emulator);
    const step = await deploy('told', 'good');
    expect(step.outputs['outcome']).toBe('succeeded');
    const [started, done, ...more] = await toldSlack(emulator);
    expect(more).toEqual([]);
    expect(started).toContain('started');
    expect(done).toContain('done');
    expect(done).toContain(step.outputs['reason']);
    expect(givenAway(step, emulator)).toEqual([]);
  }, 60_000);

  it('with nothing to do tells nothing', async () => {
    await slackAnswers(emulator);
    const step = await deploy('told', 'good');
    expect(step.outputs['outcome']).toBe('no-op');
    expect(await toldSlack(emulator)).toEqual([]);
  }, 60_000);

  it('that fails tells the cause, with what others wrote as plain text', async () => {
    await slackAnswers(emulator);
    const log = '<!channel> no such table: orders';
    const step = await deploy('failing', 'bad', { EMULATOR_FATE: 'crash:3', EMULATOR_LOG: log });
    expect(step.outputs['outcome']).toBe('rolled-back');
    const last = (await toldSlack(emulator)).at(-1) ?? '';
    expect(last).toContain('rolled back');
    expect(last).toContain('no such table: orders');
    expect(last).not.toContain('<!channel>');
    expect(givenAway(step, emulator)).toEqual([]);
  }, 60_000);

  it('tells failures alone where it is asked to', async () => {
    await slackAnswers(emulator);
    await deploy('told', 'better', {}, { 'notify-on': 'failures' });
    expect(await toldSlack(emulator)).toEqual([]);
    const gone = await deploy('missing', 'better', {}, { 'notify-on': 'failures' });
    expect(gone.conclusion).toBe('failure');
    expect(await toldSlack(emulator)).toEqual([expect.stringContaining('missing')]);
  }, 60_000);

  it.each([
    ['answers HTTP 500', { status: 500, body: 'rollup_error' }, 'webhook-unreachable'],
    ['is gone', { status: 404, body: 'no_service' }, 'webhook-refused'],
    ['does not take the message', { status: 400, body: 'invalid_payload' }, 'webhook-refused'],
    ['does not answer', { status: 200, body: 'ok', delaySeconds: 60 }, 'webhook-unreachable'],
  ])(
    'is as good with a webhook that %s',
    async (what, answer, code) => {
      await slackAnswers(emulator, ...Array.from({ length: 6 }, () => answer));
      const step = await deploy('deaf', what.replaceAll(/\W/g, '-'));
      expect(step.outputs['outcome']).toBe('succeeded');
      expect(step.conclusion).toBe('success');
      expect(said(step, 'warning')).toContain(code);
      expect(givenAway(step, emulator)).toEqual([]);
    },
    60_000,
  );

  it('is as good with an address that messages may not go to', async () => {
    const webhook = 'https://evil.example/services/T0/B0/anotherTokenAltogether';
    const step = await deploy('deaf', 'elsewhere', {}, { 'slack-webhook': webhook });
    expect(step.conclusion).toBe('success');
    expect(said(step, 'warning')).toContain('webhook-not-allowed');
    expect(step.log.join('\n')).not.toContain('anotherTokenAltogether');
  }, 60_000);
});

it('a scaling tells from where to where, and why', async () => {
  await slackAnswers(emulator);
  const step = await runDeploy(emulator, {
    inputs: {
      ...{ command: 'scale', cluster: names.cluster, 'service-name': 'told' },
      ...{ 'desired-count': '3', reason: 'load test', 'slack-webhook': emulator.slackWebhookUrl },
    },
  });
  expect(step.conclusion).toBe('success');
  const message = JSON.stringify(await emulator.slackControl('GET', 'messages'));
  expect(message).toContain('1 → 3');
  expect(message).toContain('load test');
}, 60_000);

it('a push that fails tells its cause, with the built action', async () => {
  await slackAnswers(emulator);
  await createRepository(ecrOf(emulator), 'shop/told');
  const { step } = await runPush(emulator, {
    workspace: emulator.directory,
    inputs: {
      ...{ command: 'promote', repository: 'shop/told', tags: 'v1' },
      ...{ source: 'shop/told:gone' },
      'slack-webhook': emulator.slackWebhookUrl,
    },
  });
  expect(step.conclusion).toBe('failure');
  const [message, ...more] = await toldSlack(emulator);
  expect(more).toEqual([]);
  expect(message).toContain('Promotion of shop/told');
  expect(givenAway(step, emulator)).toEqual([]);
}, 60_000);
