import { createSecrets } from '../../../../actions/shared/secrets.js';
import { systemClock, type Clock } from '../../../../actions/shared/clock.js';
import type { NotifyInputs } from '../../../../actions/shared/notify/notify-inputs.js';
import type { Notice } from '../../../../actions/shared/notify/notice.js';
import { openNotifier } from '../../../../actions/shared/notify/notifier.js';
import { startSlack, type SlackEmulator } from '../../../../emulator/slack/index.js';
import { notices, whereItRuns } from '../../../support/notices.js';

let slack: SlackEmulator;
let warnings: string[];

beforeAll(async () => {
  slack = await startSlack();
});
afterAll(() => slack.close());
beforeEach(() => {
  slack.reset();
  warnings = [];
});

function open(
  inputs: Partial<NotifyInputs> = {},
  ports: {
    readonly clock?: Clock;
    readonly signal?: AbortSignal;
    readonly fetch?: typeof fetch;
  } = {},
) {
  const secrets = createSecrets(() => undefined);
  secrets.add('hunter2-the-password');
  const notifier = openNotifier(
    { webhook: slack.webhookUrl, hosts: [], on: 'all', ...inputs },
    {
      ...{ fetch, clock: systemClock, secrets, github: whereItRuns },
      signal: new AbortController().signal,
      log: { warning: (message: string) => warnings.push(message) },
      ...ports,
    },
  );
  return { notifier, secrets };
}

const started: Notice = { kind: 'started', subject: 'deploy of web' };
const done: Notice = { kind: 'done', subject: 'deploy of web', sentence: 'web runs web:8' };

/** A clock whose waits are noted and take no time, but for that of `settled`. */
function hurryingClock(): { readonly clock: Clock; readonly waits: number[] } {
  const waits: number[] = [];
  const sleep: Clock['sleep'] = async (milliseconds, signal) => {
    if (milliseconds === 5000) return systemClock.sleep(milliseconds, signal);
    waits.push(milliseconds);
  };
  return { clock: { now: () => Date.now(), sleep }, waits };
}

const sent = (): readonly string[] => slack.messages().map(({ text }) => text ?? '');

describe('a notifier', () => {
  it('sends in the background, one after the other, and is settled when all are there', async () => {
    const { notifier } = open();
    notifier.tell(started);
    notifier.tell(done);
    expect(slack.messages()).toHaveLength(0);
    await notifier.settled();
    expect(sent().map((text) => text.split('\n')[0])).toEqual([
      expect.stringContaining('started'),
      expect.stringContaining('done'),
    ]);
    expect(warnings).toEqual([]);
  });

  it('without a webhook asks nobody', async () => {
    const refuse: typeof fetch = () => Promise.reject(new Error('nobody is to be asked'));
    const { notifier } = open({ webhook: undefined }, { fetch: refuse });
    notifier.tell(started);
    await notifier.settled();
    expect(warnings).toEqual([]);
  });

  it.each([
    ['all', notices.map(({ kind }) => kind)],
    [
      'attention',
      ['waiting-for-approval', 'paused', 'failed', 'rolled-back', 'cancelled', 'drift-found'],
    ],
    ['failures', ['failed', 'rolled-back', 'cancelled']],
  ] as const)('told %s tells these kinds alone', async (on, kinds) => {
    const { notifier } = open({ on });
    for (const notice of notices) notifier.tell(notice);
    await notifier.settled();
    expect(slack.messages()).toHaveLength(kinds.length);
  });

  it('takes secrets out before it sends', async () => {
    const { notifier } = open();
    notifier.tell({
      kind: 'failed',
      subject: 'deploy',
      cause: 'the log says hunter2-the-password',
    });
    await notifier.settled();
    expect(JSON.stringify(slack.messages())).not.toContain('hunter2');
  });

  it('tries again after HTTP 429, with the patience that it is asked for', async () => {
    const { clock, waits } = hurryingClock();
    const { notifier } = open({}, { clock });
    slack.answerNext({ status: 429, body: '{"ok":false}', retryAfterSeconds: 7 });
    notifier.tell(done);
    await notifier.settled();
    expect(slack.messages()).toHaveLength(1);
    expect(waits).toEqual([7000]);
    expect(warnings).toEqual([]);
  });

  it('gives up after three faults of the server, with one warning and its code', async () => {
    const { clock, waits } = hurryingClock();
    const { notifier } = open({}, { clock });
    for (let count = 0; count < 3; count += 1)
      slack.answerNext({ status: 500, body: 'rollup_error' });
    notifier.tell(started);
    notifier.tell(done);
    await notifier.settled();
    expect(waits).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining('webhook-unreachable')]);
    // The next message has its own tries.
    expect(sent()).toEqual([expect.stringContaining('done')]);
  });

  it('asks a webhook no more that is gone', async () => {
    const { notifier } = open({ webhook: slack.webhookUrl.replace('B0', 'B1') });
    notifier.tell(started);
    notifier.tell(done);
    await notifier.settled();
    expect(warnings).toEqual([expect.stringMatching(/webhook-refused.*404 no_service/)]);
  });

  it('goes on after a message that alone is refused', async () => {
    const { notifier } = open();
    slack.answerNext({ status: 400, body: 'invalid_payload' });
    notifier.tell(started);
    notifier.tell(done);
    await notifier.settled();
    expect(warnings).toEqual([expect.stringMatching(/webhook-refused.*invalid_payload/)]);
    expect(slack.messages()).toHaveLength(1);
  });

  it('does not follow to another place', async () => {
    const { notifier } = open();
    slack.answerNext({ status: 307, body: '' });
    notifier.tell(done);
    await notifier.settled();
    expect(warnings).toEqual([expect.stringContaining('webhook-refused')]);
  });

  it.each([
    ['five seconds', new AbortController().signal, 5000],
    ['two seconds of a cancelled job', AbortSignal.abort(), 2000],
  ])('waits %s for a silent webhook, and no longer', async (_what, signal, patience) => {
    const hangs: typeof fetch = (_url, init) =>
      systemClock.sleep(60_000, init?.signal ?? undefined).then(() => Promise.reject(new Error()));
    const waits: number[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      sleep: (milliseconds) => {
        waits.push(milliseconds);
        return Promise.resolve();
      },
    };
    const { notifier } = open({}, { fetch: hangs, signal, clock });
    notifier.tell(started);
    notifier.tell(done);
    await notifier.settled();
    expect(waits).toEqual([patience]);
    expect(warnings).toHaveLength(2);
  });

  it('warns of an address that messages may not go to, and asks nobody', async () => {
    const webhook = 'https://evil.example/services/T0/B0/abcdefghijklmnopqrst';
    const asked: unknown[] = [];
    const { notifier } = open(
      { webhook },
      { fetch: (url) => (asked.push(url), Promise.reject(new Error('no'))) },
    );
    notifier.tell(done);
    await notifier.settled();
    expect(asked).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('webhook-not-allowed')]);
  });

  it('never names the webhook, whatever goes wrong', async () => {
    const talks: typeof fetch = (url) =>
      Promise.reject(new TypeError(`fetch of ${JSON.stringify(url)} failed`));
    const { clock } = hurryingClock();
    const { notifier, secrets } = open({}, { fetch: talks, clock });
    notifier.tell(done);
    await notifier.settled();
    slack.answerNext({ status: 403, body: slack.webhookUrl });
    const second = open().notifier;
    second.tell(done);
    await second.settled();
    expect(warnings).toHaveLength(2);
    for (const warning of warnings) expect(warning).not.toContain('services');
    expect(secrets.redact(new URL(slack.webhookUrl).pathname)).toBe('***');
  });
});
