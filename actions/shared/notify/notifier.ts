import type { Clock } from '../clock.js';
import { OperationError } from '../errors.js';
import type { GithubContext } from '../github-context.js';
import type { Logger } from '../log.js';
import type { Secrets } from '../secrets.js';
import { isTold, type Notice } from './notice.js';
import type { NotifyInputs } from './notify-inputs.js';
import { postWebhook } from './post-webhook.js';
import { slackMessage } from './slack-message.js';
import { maskWebhook, webhookAddress } from './webhook-address.js';

/** Tells a chat what becomes of a run. What cannot be told fails nothing. */
export interface Notifier {
  /** Begins to send, and returns at once. Never throws. */
  tell(notice: Notice): void;
  /** Waits for what is on its way, for a few seconds at most. Never throws. */
  settled(): Promise<void>;
}

/** For runs that tell nobody. */
export const silentNotifier: Notifier = {
  tell: () => undefined,
  settled: () => Promise.resolve(),
};

export interface NotifierPorts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warning'>;
  readonly secrets: Secrets;
  readonly github: GithubContext | undefined;
  /** Aborted when the job is cancelled: the runner leaves seconds then. */
  readonly signal: AbortSignal;
}

const patienceMilliseconds = 5000;
const patienceOfCancelledMilliseconds = 2000;

/**
 * A notifier that sends to the webhook of the inputs, one message after the other; silent without
 * one. The webhook is masked. One that messages may not be sent to is a warning
 * (`webhook-not-allowed`), and nobody is told.
 */
export function openNotifier(inputs: NotifyInputs, ports: NotifierPorts): Notifier {
  const { log, secrets, github, fetch, clock, signal } = ports;
  if (inputs.webhook === undefined) return silentNotifier;
  maskWebhook(inputs.webhook, secrets);
  const address = webhookAddress(inputs.webhook, inputs.hosts);
  if (address.kind === 'refused') {
    log.warning(
      `nobody is notified (webhook-not-allowed): the address in slack-webhook ${address.why}`,
    );
    return silentNotifier;
  }
  const { url } = address;
  const sending = new AbortController();
  let gone = false;
  let queue = Promise.resolve();

  async function send(notice: Notice): Promise<void> {
    if (gone) return;
    try {
      const message = slackMessage(redacted(notice, secrets), github);
      await postWebhook(url, message, { fetch, clock, signal: sending.signal });
    } catch (thrown) {
      const known = thrown instanceof OperationError ? thrown : undefined;
      const code = known?.code ?? 'webhook-unreachable';
      // HTTP 400 is about this message; anything else that is final, about the webhook.
      gone = code === 'webhook-refused' && known?.details['status'] !== 400;
      const why = known?.message ?? 'it could not be sent';
      log.warning(secrets.redact(`"${notice.kind}" is not notified (${code}): ${why}`));
    }
  }

  return {
    tell(notice) {
      if (!isTold(notice.kind, inputs.on)) return;
      queue = queue.then(() => send(notice));
    },
    async settled() {
      const waiting = new AbortController();
      const patience = signal.aborted ? patienceOfCancelledMilliseconds : patienceMilliseconds;
      const overdue = clock.sleep(patience, waiting.signal).then(
        () => sending.abort(new Error('there is no more time for it')),
        () => undefined,
      );
      await Promise.race([queue, overdue]);
      waiting.abort();
      // What was aborted ends at once, with its warning.
      await queue;
    },
  };
}

/** Secrets go before anything is cut or escaped, while they can still be found. */
function redacted(notice: Notice, secrets: Pick<Secrets, 'redact'>): Notice {
  const common = {
    subject: secrets.redact(notice.subject),
    facts: (notice.facts ?? []).map(({ name, value }) => ({ name, value: secrets.redact(value) })),
  };
  if (notice.kind === 'started') return { ...notice, ...common };
  return 'cause' in notice
    ? { ...notice, ...common, cause: secrets.redact(notice.cause) }
    : { ...notice, ...common, sentence: secrets.redact(notice.sentence) };
}
