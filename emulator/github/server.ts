import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request with its body read. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`; `headers` say what it is. */
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** GitHub refuses larger ones as well; and a test must not fill the memory. */
const maximumBodyBytes = 8 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBodyBytes) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function definedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

function send(response: ServerResponse, { status, body, bytes, headers }: HttpResponse): void {
  if (bytes !== undefined) {
    response.writeHead(status, { 'content-length': bytes.length, ...headers });
    response.end(bytes);
    return;
  }
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, {
    ...(text === undefined
      ? {}
      : {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(text),
        }),
    ...headers,
  });
  response.end(text);
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address to listen on');
  return address;
}

/**
 * Serves JSON over HTTP.
 *
 * @param handle gives the answer, or `connection-reset` to hang up without one.
 * @throws Error when the port is taken.
 */
export async function serveJson(
  options: { readonly host: string; readonly port: number },
  handle: (request: HttpRequest) => Promise<HttpResponse | 'connection-reset'>,
): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const bytes = await readBody(request);
      const outcome = await handle({
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', 'http://localhost'),
        headers: definedHeaders(request),
        body: bytes.toString('utf8'),
        bytes,
      });
      if (outcome === 'connection-reset') request.socket.destroy();
      else send(response, outcome);
    };
    answer().catch((error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (response.headersSent) request.socket.destroy();
      else send(response, { status: 500, body: { message: `emulator bug: ${message}` } });
    });
  });
  const { address, port, family } = await listen(server, options.host, options.port);
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
