import type { IncomingMessage } from 'node:http';

/** Where a request wants to go, the bucket of a virtual-hosted S3 request in front of its path. */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they are passed on. */
  readonly raw: string;
}

/** `bucket.s3.eu-west-1.amazonaws.com`, `bucket.s3.localhost:4566` ("Virtual hosting of buckets"). */
const VIRTUAL_HOST = /^(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-]/;

/**
 * Reads a request's target. Takes the absolute form too, which clients send to a proxy (RFC 9112,
 * section 3.2.2).
 */
export function requestTarget(request: Pick<IncomingMessage, 'url' | 'headers'>): RequestTarget {
  let raw = request.url ?? '/';
  let host = request.headers.host ?? '';
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(raw);
  if (absolute) {
    host = absolute[1] ?? '';
    raw = absolute[2] ?? '';
    if (!raw.startsWith('/')) raw = `/${raw}`;
  }
  const bucket = VIRTUAL_HOST.exec(host)?.groups?.['bucket'];
  if (bucket !== undefined) raw = `/${bucket}${raw}`;
  const at = raw.indexOf('?');
  const path = at === -1 ? raw : raw.slice(0, at);
  return { path, query: new URLSearchParams(at === -1 ? '' : raw.slice(at + 1)), raw };
}
