import type { Http } from './rollout/smoke-check.js';

const keptBytes = 1_000_000;

/** HTTP by Node's own `fetch`. */
export const fetchHttp: Http = {
  async get(url, { timeoutSeconds, signal }) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { 'user-agent': 'infra-actions-ecs-deploy', accept: '*/*' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    return { status: answer.status, body: await firstPart(answer) };
  },
};

/** An endpoint that never ends its answer must not fill the memory. */
export async function firstPart(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  for (let length = 0; length < keptBytes;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).toString('utf8');
}
