import pRetry from 'p-retry';
import type { Clock } from '../clock.js';
import { OperationError, toError } from '../errors.js';
import type { SlackMessage } from './slack-message.js';

export interface PostPorts {
  readonly fetch: typeof fetch;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Ends the sending. */
  readonly signal: AbortSignal;
  /** Of one try; default 3,000. */
  readonly timeoutMilliseconds?: number;
}

const retries = 2;
const firstDelayMilliseconds = 500;
/** A chat that asks for more patience than this is not told. */
const longestDelayMilliseconds = 30_000;

/** What the webhook answered to one try. */
class Answer extends Error {
  readonly status: number;
  /** One of Slack's words, such as `no_service`; anything else may hold anything. */
  readonly word: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: string, retryAfter: string | null) {
    super(`HTTP ${status}`);
    this.status = status;
    this.word = /^[a-z_]{1,60}$/.test(body.trim()) ? body.trim() : '';
    this.retryAfterSeconds =
      retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  }
}

/**
 * Sends a message to an incoming webhook. Tried again after 429, with the patience that
 * `Retry-After` asks for (Slack docs, "Rate limits"), after 5xx and where there was no answer; any
 * other answer is final ("Improving error conditions for Incoming Webhooks").
 *
 * @throws OperationError `webhook-refused` where no message will get there; `webhook-unreachable`
 */
export async function postWebhook(
  url: string,
  message: SlackMessage,
  ports: PostPorts,
): Promise<void> {
  try {
    await pRetry(() => post(url, message, ports), {
      retries,
      // The waiting is done below, by the clock that was given.
      minTimeout: 0,
      shouldRetry: ({ error }) => !ports.signal.aborted && mayPass(error),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (retriesLeft === 0 || !mayPass(error) || ports.signal.aborted) return;
        await ports.clock.sleep(delayAfter(error, attemptNumber), ports.signal);
      },
    });
  } catch (thrown) {
    throw explain(thrown);
  }
}

async function post(
  url: string,
  message: SlackMessage,
  { fetch, signal, timeoutMilliseconds = 3000 }: PostPorts,
): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(message),
    // A message goes where it was sent to, or nowhere.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
  }).catch((thrown: unknown) => {
    // pRetry takes a TypeError for a bug, but for words that differ between runtimes.
    throw new Error('there was no answer', { cause: thrown });
  });
  if (answer.ok) {
    await answer.body?.cancel();
    return;
  }
  const body = await answer.text().catch(() => '');
  throw new Answer(answer.status, body, answer.headers.get('retry-after'));
}

function mayPass(error: Error): boolean {
  if (!(error instanceof Answer)) return true;
  const { status, retryAfterSeconds } = error;
  if (status === 429) return (retryAfterSeconds ?? 0) * 1000 <= longestDelayMilliseconds;
  return status >= 500;
}

function delayAfter(error: Error, attempt: number): number {
  const asked = error instanceof Answer ? error.retryAfterSeconds : undefined;
  return asked === undefined
    ? firstDelayMilliseconds * 2 ** (attempt - 1)
    : Math.min(asked * 1000, longestDelayMilliseconds);
}

/** In words that do not hold the address: those of `fetch` may. */
function explain(thrown: unknown): OperationError {
  if (thrown instanceof Answer) {
    const { status, word } = thrown;
    const final = !mayPass(thrown) && status !== 429;
    return new OperationError(
      final ? 'webhook-refused' : 'webhook-unreachable',
      `the webhook answered HTTP ${status}${word === '' ? '' : ` ${word}`}`,
      { details: { status, word } },
    );
  }
  const { cause } = toError(thrown);
  const isSlow = cause instanceof Error && cause.name === 'TimeoutError';
  return new OperationError(
    'webhook-unreachable',
    isSlow ? 'the webhook did not answer in time' : 'the webhook cannot be reached',
  );
}
