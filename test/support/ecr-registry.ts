import { gzipSync } from 'node:zlib';
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  type CreateRepositoryCommandInput,
} from '@aws-sdk/client-ecr';
import { sha256 } from './digest.js';
import type { TestEmulator } from './emulator.js';
import { sdkConfig } from './emulator.js';

export const imageManifestType = 'application/vnd.oci.image.manifest.v1+json';
export const imageIndexType = 'application/vnd.oci.image.index.v1+json';

/** A manifest, and the blobs that it is made of. */
export interface PushableManifest {
  readonly blobs: readonly Buffer[];
  readonly manifest: string;
  readonly mediaType: string;
  readonly digest: string;
}

export interface PushableImage extends PushableManifest {
  readonly layer: Buffer;
  readonly config: Buffer;
}

export interface ArtifactOptions {
  /** What its layer holds; by default what sets its environment apart. */
  readonly content?: string;
  /** Its layers as they are sent; by default one, of `content`. */
  readonly layers?: readonly [Buffer, ...Buffer[]];
  readonly subject?: PushableManifest;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image; another `environment` makes it another one. */
export function pushableImage(
  environment: readonly string[] = [],
  options: ArtifactOptions = {},
): PushableImage {
  const { content = environment.join(), subject, artifactType, annotations } = options;
  const { layers = [gzipSync(Buffer.alloc(1024, content))] } = options;
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Env: environment } }),
  );
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: imageManifestType,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: descriptorOf('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) =>
      descriptorOf('application/vnd.oci.image.layer.v1.tar+gzip', layer),
    ),
    ...(subject ? { subject: descriptorOf(subject.mediaType, Buffer.from(subject.manifest)) } : {}),
    ...(annotations ? { annotations } : {}),
  });
  return {
    ...{ layer: layers[0], config, blobs: [...layers, config] },
    ...{ manifest, mediaType: imageManifestType, digest: sha256(manifest) },
  };
}

/** An index over images that have to be pushed before it. */
export function pushableIndex(...images: readonly PushableManifest[]): PushableManifest {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: imageIndexType,
    manifests: images.map((image, index): Record<string, unknown> => ({
      ...descriptorOf(image.mediaType, Buffer.from(image.manifest)),
      platform: { os: 'linux', architecture: index === 0 ? 'amd64' : 'arm64' },
    })),
  });
  return { blobs: [], manifest, mediaType: imageIndexType, digest: sha256(manifest) };
}

function descriptorOf(mediaType: string, content: Buffer): Record<string, unknown> {
  return { mediaType, digest: sha256(content), size: content.length };
}

export interface RegistryAccount {
  readonly accountId?: string;
  readonly region?: string;
}

/** ECR for the user `emulator` of an account, the emulator's own when none is named. */
export function ecrOf(emulator: TestEmulator, account: RegistryAccount = {}): ECRClient {
  const { accountId, region } = account;
  return new ECRClient({
    ...sdkConfig(emulator),
    ...(region === undefined ? {} : { region }),
    ...(accountId === undefined
      ? {}
      : { credentials: { accessKeyId: accountId, secretAccessKey: 'test' } }),
    maxAttempts: 1,
  });
}

/** Makes a repository and gives its URI. */
export async function createRepository(
  client: ECRClient,
  repositoryName: string,
  settings: Partial<CreateRepositoryCommandInput> = {},
): Promise<string> {
  const answer = await client.send(new CreateRepositoryCommand({ repositoryName, ...settings }));
  return answer.repository?.repositoryUri ?? '';
}

/** A client of the distribution API with a token of ECR. */
export interface RegistryClient {
  /** A request below `/v2/`. */
  send(method: string, path: string, init?: RequestInit): Promise<Response>;
  /** Uploads one blob as engines do, in one chunk. */
  pushBlob(repository: string, blob: Buffer): Promise<Response>;
  pushManifest(repository: string, reference: string, pushed: PushableManifest): Promise<Response>;
  /** Blobs first, then the manifest under its tag or digest. */
  push(repository: string, reference: string, pushed: PushableManifest): Promise<Response>;
}

/** Logs in as the client's caller to the registry at `host`. */
export async function registryClient(client: ECRClient, host: string): Promise<RegistryClient> {
  const answer = await client.send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${answer.authorizationData?.[0]?.authorizationToken ?? ''}`;
  const send: RegistryClient['send'] = (method, path, init = {}) =>
    fetch(new URL(path, `http://${host}/v2/`), {
      ...init,
      method,
      headers: { authorization, ...(init.headers as Record<string, string> | undefined) },
    });
  const registry: RegistryClient = {
    send,
    async pushBlob(repository, blob) {
      const started = await send('POST', `${repository}/blobs/uploads/`);
      const location = started.headers.get('location');
      if (location === null) return started;
      const body = new Uint8Array(blob);
      const chunk = await send('PATCH', location, { body });
      if (!chunk.ok) return chunk;
      return send('PUT', `${location}?digest=${encodeURIComponent(sha256(blob))}`);
    },
    pushManifest: (repository, reference, { manifest, mediaType }) =>
      send('PUT', `${repository}/manifests/${reference}`, {
        body: manifest,
        headers: { 'content-type': mediaType },
      }),
    async push(repository, reference, pushed) {
      for (const blob of pushed.blobs) {
        const uploaded = await registry.pushBlob(repository, blob);
        if (!uploaded.ok) return uploaded;
      }
      return registry.pushManifest(repository, reference, pushed);
    },
  };
  return registry;
}

/** The first error code of a refusal by the distribution API. */
export async function refusalCode(response: Response): Promise<string | undefined> {
  const body = (await response.json()) as { errors?: { code: string }[] };
  return body.errors?.[0]?.code;
}
