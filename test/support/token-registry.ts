import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from './digest.js';

/** A registry that gives everything to everybody, but for a token. */
export interface TokenRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  /** The headers `Authorization` and `Cookie` of everything that was asked. */
  readonly credentials: readonly string[];
  stop(): void;
}

/**
 * Starts one. Repositories named `private` get no token, those named `slow` no answer, `proxy` a 404
 * that is not the registry's own, `lies` a wrong digest.
 *
 * @param content by path below `/v2/acme/`
 */
export async function startTokenRegistry(
  content: Readonly<Record<string, string>>,
  {
    redirects = {},
    token = JSON.stringify({ token: 't0ken' }),
  }: {
    /** Addresses that a path below `/v2/acme/` redirects to. */
    readonly redirects?: Readonly<Record<string, string>>;
    /** What it answers where a token is asked for. */
    readonly token?: string;
  } = {},
): Promise<TokenRegistry> {
  const asked: string[] = [];
  const credentials: string[] = [];
  let host = '';
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${host}`);
    asked.push(`${url.pathname}${url.search}`);
    credentials.push(
      ...[request.headers.authorization, request.headers.cookie].flatMap((one) => one ?? []),
    );
    if (url.pathname === '/token') {
      const isOpen = !(url.searchParams.get('scope') ?? '').includes('private');
      response.writeHead(isOpen ? 200 : 401).end(token);
      return;
    }
    const name = url.pathname.replace('/v2/acme/', '');
    if (request.headers.authorization !== 'Bearer t0ken') {
      const scope = `repository:acme/${name.split('/')[0] ?? ''}:pull`;
      const challenge = `Bearer realm="http://${host}/token",service="registry",scope="${scope}"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    if (name.startsWith('slow/')) return;
    const location = redirects[name];
    if (location !== undefined) {
      response.writeHead(307, { location }).end();
      return;
    }
    const body = content[name];
    const missing = JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] });
    const digest = sha256(name.startsWith('lies/') ? 'other' : (body ?? ''));
    response.writeHead(body === undefined ? 404 : 200, { 'docker-content-digest': digest });
    response.end(body ?? (name.startsWith('proxy/') ? 'no such page' : missing));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    asked,
    credentials,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
