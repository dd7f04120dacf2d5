import { firstPart } from '../http.js';
import { mayAsk } from './challenge.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Get = (url: URL, headers: Record<string, string>) => Promise<Answer>;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 3;

/**
 * Reads addresses of a registry. Registries send readers of blobs to a store elsewhere, so redirects
 * are followed, three at most, and only to where `mayAsk` allows; a token stays with the origin that
 * it was for (Fetch standard, "HTTP-redirect fetch").
 *
 * @returns a function that gives the last answer, a redirect too where it is not followed
 */
export function openGet({
  fetch,
  signal,
  isLocal,
}: {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  /** The registry itself is on this machine. */
  readonly isLocal: boolean;
}): Get {
  return async (first, given) => {
    let url = first;
    let headers = given;
    for (let followed = 0; ; followed += 1) {
      const answer = await fetch(url, { headers, signal, redirect: 'manual' });
      const next = redirects.has(answer.status)
        ? targetOf(answer.headers.get('location'), url)
        : undefined;
      if (next === undefined || followed === mostRedirects || !mayAsk(next, isLocal)) {
        return { status: answer.status, headers: answer.headers, text: await firstPart(answer) };
      }
      await answer.body?.cancel();
      if (next.origin !== url.origin) headers = withoutToken(headers);
      url = next;
    }
  };
}

function targetOf(location: string | null, base: URL): URL | undefined {
  return location !== null && URL.canParse(location, base) ? new URL(location, base) : undefined;
}

function withoutToken({ authorization: _, ...others }: Record<string, string>) {
  return others;
}
