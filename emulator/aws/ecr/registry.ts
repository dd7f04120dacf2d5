import type { Backend, BackendResponse } from '../backends/process.js';
import type { Scope } from './scope.js';
import { ecrHost } from './scope.js';

/** A manifest as the registry holds it. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly body: Buffer;
}

/** A refusal of the registry: HTTP status and the code of the distribution specification. */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'RegistryError';
    this.status = status;
    this.code = code;
  }
}

/** The OCI distribution API of the registry, as far as the emulator uses it itself. */
export interface Registry {
  manifest(repository: string, reference: string): Promise<Manifest | undefined>;
  /** Throws RegistryError `TAG_INVALID` for an immutable tag that stands on another digest. */
  putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    body: Buffer,
  ): Promise<void>;
  deleteManifest(repository: string, digest: string): Promise<void>;
  blobSize(repository: string, digest: string): Promise<number | undefined>;
  blob(repository: string, digest: string): Promise<Buffer | undefined>;
  startUpload(repository: string): Promise<string>;
  appendUpload(repository: string, uploadId: string, chunk: Buffer): Promise<void>;
  /** Throws RegistryError `DIGEST_INVALID` when the content has another digest. */
  finishUpload(repository: string, uploadId: string, digest: string): Promise<void>;
}

/**
 * Talks to one registry of a backend, past the front's authorization. The backend tells registries
 * apart by their hosts at AWS.
 */
export function createRegistry(backend: Backend, scope: Scope): Registry {
  const host = ecrHost(scope);

  async function call(
    method: string,
    path: string,
    body?: Buffer,
    headers: Record<string, string> = {},
  ): Promise<BackendResponse> {
    const response = await backend.send({
      method,
      path: `/v2/${path}`,
      headers: { ...headers, host },
      ...(body ? { body } : {}),
    });
    if (response.status < 400 || response.status === 404) return response;
    throw toError(response);
  }

  return {
    async manifest(repository, reference) {
      const response = await call('GET', `${repository}/manifests/${reference}`);
      if (response.status === 404) return undefined;
      return {
        digest: String(response.headers['docker-content-digest']),
        mediaType: String(response.headers['content-type']),
        body: response.body,
      };
    },
    async putManifest(repository, reference, mediaType, body) {
      const path = `${repository}/manifests/${reference}`;
      const response = await call('PUT', path, body, { 'content-type': mediaType });
      if (response.status === 404) throw toError(response);
    },
    async deleteManifest(repository, digest) {
      await call('DELETE', `${repository}/manifests/${digest}`);
    },
    async blobSize(repository, digest) {
      const response = await call('HEAD', `${repository}/blobs/${digest}`);
      return response.status === 404 ? undefined : Number(response.headers['content-length']);
    },
    async blob(repository, digest) {
      const response = await call('GET', `${repository}/blobs/${digest}`);
      return response.status === 404 ? undefined : response.body;
    },
    async startUpload(repository) {
      const response = await call('POST', `${repository}/blobs/uploads/`, Buffer.alloc(0));
      if (response.status === 404) throw toError(response);
      return String(response.headers['docker-upload-uuid']);
    },
    async appendUpload(repository, uploadId, chunk) {
      const path = `${repository}/blobs/uploads/${uploadId}`;
      const type = { 'content-type': 'application/octet-stream' };
      const response = await call('PATCH', path, chunk, type);
      if (response.status === 404) throw toError(response);
    },
    async finishUpload(repository, uploadId, digest) {
      const path = `${repository}/blobs/uploads/${uploadId}?digest=${encodeURIComponent(digest)}`;
      const response = await call('PUT', path, Buffer.alloc(0));
      if (response.status === 404) throw toError(response);
    },
  };
}

function toError(response: BackendResponse): RegistryError {
  let code = 'UNKNOWN';
  let message = `the registry answered ${response.status}`;
  try {
    const parsed = JSON.parse(response.body.toString('utf8')) as {
      errors?: { code?: string; message?: string }[];
    };
    code = parsed.errors?.[0]?.code ?? code;
    message = parsed.errors?.[0]?.message ?? message;
  } catch {
    // A HEAD's answer has no body; the status says enough.
  }
  return new RegistryError(response.status, code, message);
}
