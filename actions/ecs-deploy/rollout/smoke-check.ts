import { toError } from '../../shared/errors.js';
import type { DeployPorts } from '../ports.js';

/** A GET request; redirects are not followed, so that their status can be asked for. */
export interface Http {
  /** Rejects where no answer came within the time. */
  get(url: string, options: HttpOptions): Promise<HttpAnswer>;
}

interface HttpOptions {
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first megabyte. */
  readonly body: string;
}

export interface SmokeCheck {
  readonly url: string;
  /** Inclusive ranges. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  readonly body: BodyCheck | undefined;
  /** Of each attempt. */
  readonly timeoutSeconds: number;
  readonly attempts: number;
}

export type BodyCheck =
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: RegExp };

export interface SmokeResult {
  readonly outcome: 'passed' | 'failed' | 'cancelled';
  /** Without its query, which may hold a token. */
  readonly url: string;
  readonly attempts: number;
  /** What was wrong with the last attempt. */
  readonly problem: string | undefined;
}

/** Between two attempts: a load balancer needs a few seconds to send its traffic elsewhere. */
const pauseSeconds = 5;

/** Asks until an answer is as it must be, or the attempts are used up. */
export async function smokeCheck(
  ports: Pick<DeployPorts, 'http' | 'clock' | 'log' | 'redact' | 'signal'>,
  check: SmokeCheck,
): Promise<SmokeResult> {
  const { clock, log, signal } = ports;
  const { origin, pathname } = new URL(check.url);
  const url = `${origin}${pathname}`;
  const isCancelled = (): boolean => signal.aborted;
  let problem: string | undefined;
  for (let attempt = 1; attempt <= check.attempts; attempt += 1) {
    problem = await ask();
    if (problem === undefined) {
      log.info(`smoke check: ${url} answers as it must`);
      return { outcome: 'passed', url, attempts: attempt, problem: undefined };
    }
    if (isCancelled()) return { outcome: 'cancelled', url, attempts: attempt, problem };
    log.info(`smoke check, attempt ${attempt} of ${check.attempts}: ${url} ${problem}`);
    if (attempt === check.attempts) break;
    try {
      await clock.sleep(pauseSeconds * 1000, signal);
    } catch (thrown) {
      if (!isCancelled()) throw thrown;
      return { outcome: 'cancelled', url, attempts: attempt, problem };
    }
  }
  return { outcome: 'failed', url, attempts: check.attempts, problem };

  async function ask(): Promise<string | undefined> {
    try {
      const { timeoutSeconds } = check;
      return judgeAnswer(check, await ports.http.get(check.url, { timeoutSeconds, signal }));
    } catch (thrown) {
      return ports.redact(`did not answer: ${reasonOf(thrown).replaceAll(check.url, url)}`);
    }
  }
}

/** What is wrong with an answer; `undefined` where nothing is. The body itself is never shown. */
export function judgeAnswer(check: SmokeCheck, answer: HttpAnswer): string | undefined {
  const { status, body } = answer;
  if (!check.statuses.some(({ from, to }) => status >= from && status <= to)) {
    const wanted = check.statuses.map(({ from, to }) => (from === to ? from : `${from}-${to}`));
    return `answered ${status} instead of ${wanted.join(', ')}`;
  }
  switch (check.body?.kind) {
    case undefined:
      return undefined;
    case 'contains':
      return body.includes(check.body.text)
        ? undefined
        : `answered ${status}, but without ${JSON.stringify(check.body.text)}`;
    case 'matches':
      return check.body.pattern.test(body)
        ? undefined
        : `answered ${status}, but nothing matches ${String(check.body.pattern)}`;
  }
}

/** `fetch` says only "fetch failed"; the reason is its cause. */
function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
