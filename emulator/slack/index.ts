import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { serveJson, type HttpRequest, type HttpResponse } from '../github/server.js';
import { judgeMessage, type SentMessage } from './message-schema.js';

/** An incoming webhook of Slack, which keeps what it was sent. */
export interface SlackEmulator {
  /** The whole address, a secret in real life. */
  readonly webhookUrl: string;
  /** Those that were taken, oldest first. */
  messages(): readonly SentMessage[];
  /** What the next posts are answered with, one each, whatever they hold. */
  answerNext(...answers: readonly SlackAnswer[]): void;
  reset(): void;
  close(): Promise<void>;
}

/** An answer in place of Slack's own; it comes after `delaySeconds`. */
export type SlackAnswer = z.infer<typeof answerSchema>;

const answerSchema = z.strictObject({
  status: z.number().int().min(200).max(599),
  body: z.string(),
  retryAfterSeconds: z.number().int().min(0).optional(),
  delaySeconds: z.number().min(0).max(60).optional(),
});

const webhookPath = '/services/T0EMULATOR/B0EMULATOR/tokenOfTheEmulatedWebhook';

/**
 * Starts a webhook on a free port. Its answers are Slack's: `ok`, or one word with an HTTP status (Slack docs,
 * "Sending messages using incoming webhooks"). Controlled at `/_emulator/messages`, `answers`
 * and `reset`.
 */
export async function startSlack(): Promise<SlackEmulator> {
  const taken: SentMessage[] = [];
  const planned: SlackAnswer[] = [];

  async function handle(request: HttpRequest): Promise<HttpResponse> {
    const { pathname } = request.url;
    if (pathname.startsWith('/_emulator/')) return control(request);
    if (pathname !== webhookPath) return word(404, 'no_service');
    if (request.method !== 'POST') return word(405, 'method_not_allowed');
    const next = planned.shift();
    if (next !== undefined) {
      await delay((next.delaySeconds ?? 0) * 1000, undefined, { ref: false });
      const { retryAfterSeconds: seconds } = next;
      const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) };
      return word(next.status, next.body, headers);
    }
    const judged = judgeMessage(request.body);
    if (judged.kind === 'refused') return word(400, judged.word);
    taken.push(judged.message);
    return word(200, 'ok');
  }

  function control({ method, url, body }: HttpRequest): HttpResponse {
    switch (`${method} ${url.pathname}`) {
      case 'GET /_emulator/messages':
        return { status: 200, body: taken };
      case 'POST /_emulator/answers':
        planned.push(...z.array(answerSchema).parse(JSON.parse(body)));
        return { status: 204 };
      case 'POST /_emulator/reset':
        reset();
        return { status: 204 };
      default:
        return { status: 404, body: { message: 'no such control' } };
    }
  }

  function reset(): void {
    taken.length = 0;
    planned.length = 0;
  }

  const server = await serveJson({ host: '127.0.0.1', port: 0 }, handle);
  return {
    webhookUrl: `${server.url}${webhookPath}`,
    messages: () => taken,
    answerNext: (...answers) => planned.push(...answers),
    reset,
    close: () => server.close(),
  };
}

function word(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    bytes: Buffer.from(body),
    headers: { 'content-type': 'text/html', ...headers },
  };
}
