import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Backend } from './backends/process.js';

/** RFC 9110, section 7.6.1: for one connection only; and `expect`, which is answered already. */
const HOP_BY_HOP = new Set([
  'expect',
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** Headers that may be passed on. */
export function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

/**
 * Streams a request to a backend and its answer back.
 *
 * `body` replaces the request's own when that has been read already. Rejects when the backend
 * cannot be reached before anything was answered.
 */
export function forwardStream(
  backend: Backend,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: { path: string; headers: Record<string, string | string[]>; body?: Buffer },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers };
    if (options.body) headers['content-length'] = String(options.body.length);
    const upstream = request(
      {
        host: '127.0.0.1',
        port: backend.port,
        agent: backend.agent,
        method: incoming.method,
        path: options.path,
        headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
        answer.on('close', resolve);
      },
    );
    upstream.on('error', (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      reject(error);
    });
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) upstream.destroy();
    });
    if (options.body) upstream.end(options.body);
    else incoming.pipe(upstream);
  });
}
