import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponse } from './server.js';

/** The form of Azurite's addresses, account and container first, as the client takes an IP apart. */
const prefix = '/results/artifacts/';

interface Blob {
  readonly signature: string;
  readonly blocks: Map<string, Buffer>;
  bytes: Buffer | undefined;
  /** Of what is there to be fetched. */
  readonly mimeType?: string;
  readonly name?: string;
}

const written = (): HttpResponse => ({
  status: 201,
  bytes: Buffer.alloc(0),
  headers: {
    'x-ms-request-id': randomBytes(8).toString('hex'),
    'x-ms-version': '2025-05-05',
    etag: `"0x${randomBytes(8).toString('hex').toUpperCase()}"`,
    'last-modified': new Date().toUTCString(),
    date: new Date().toUTCString(),
  },
});

function refused(status: number, code: string): HttpResponse {
  return {
    status,
    bytes: Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`),
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
  };
}

/**
 * Blobs behind signed addresses, for what `@azure/storage-blob` calls to upload a stream ("Put
 * Block", "Put Block List", "Put Blob" of the Blob service REST API) and to read ("Get Blob").
 */
export class BlobStore {
  private readonly blobs = new Map<string, Blob>();

  serves(url: URL): boolean {
    return url.pathname.startsWith(prefix);
  }

  uploadUrl(origin: string): { readonly key: string; readonly url: string } {
    return this.add(origin, { bytes: undefined });
  }

  downloadUrl(
    origin: string,
    content: { readonly bytes: Buffer; readonly mimeType: string; readonly name: string },
  ): string {
    return this.add(origin, content).url;
  }

  /** What was uploaded under a key, once; undefined where nothing was committed. */
  take(key: string): Buffer | undefined {
    const bytes = this.blobs.get(key)?.bytes;
    this.blobs.delete(key);
    return bytes;
  }

  answer({ method, url, headers, bytes, body }: HttpRequest): HttpResponse {
    const blob = this.blobs.get(url.pathname.slice(prefix.length));
    if (blob === undefined) return refused(404, 'BlobNotFound');
    if (url.searchParams.get('sig') !== blob.signature) return refused(403, 'AuthenticationFailed');
    if (method === 'GET') return read(blob, headers);
    if (method !== 'PUT') return refused(405, 'UnsupportedHttpVerb');
    switch (url.searchParams.get('comp')) {
      case 'block':
        blob.blocks.set(url.searchParams.get('blockid') ?? '', bytes);
        return written();
      case 'blocklist': {
        const ids = [...body.matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)].map(
          ([, id = '']) => id,
        );
        const parts = ids.map((id) => blob.blocks.get(id));
        if (parts.includes(undefined)) return refused(400, 'InvalidBlockList');
        blob.bytes = Buffer.concat(parts.filter((part) => part !== undefined));
        return written();
      }
      case null:
        blob.bytes = bytes;
        return written();
      default:
        return refused(400, 'InvalidQueryParameterValue');
    }
  }

  clear(): void {
    this.blobs.clear();
  }

  private add(
    origin: string,
    content: Partial<Omit<Blob, 'signature' | 'blocks'>>,
  ): { readonly key: string; readonly url: string } {
    const key = randomBytes(12).toString('hex');
    const signature = randomBytes(16).toString('hex');
    this.blobs.set(key, { bytes: undefined, ...content, signature, blocks: new Map() });
    return { key, url: `${origin}${prefix}${key}?sig=${signature}` };
  }
}

function read(blob: Blob, headers: HttpRequest['headers']): HttpResponse {
  if (blob.bytes === undefined) return refused(404, 'BlobNotFound');
  const total = blob.bytes.length;
  const common = {
    'content-type': blob.mimeType ?? 'application/octet-stream',
    'content-disposition': `attachment; filename="${encodeURIComponent(blob.name ?? 'artifact')}${blob.mimeType === 'application/zip' ? '.zip' : ''}"`,
  };
  const asked = headers['x-ms-range'] ?? headers['range'];
  const range = /^bytes=(\d+)-(\d*)$/.exec(typeof asked === 'string' ? asked : '');
  if (range === null) return { status: 200, bytes: blob.bytes, headers: common };
  const start = Number(range[1]);
  const end = range[2] === '' ? total - 1 : Math.min(Number(range[2]), total - 1);
  if (start > end) return refused(416, 'InvalidRange');
  return {
    status: 206,
    bytes: blob.bytes.subarray(start, end + 1),
    headers: { ...common, 'content-range': `bytes ${start}-${end}/${total}` },
  };
}
