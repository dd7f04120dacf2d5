import { gzipSync } from 'node:zlib';
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import { sha256 } from '../support/digest.js';
import { dockerRegistry, startDockerRegistry } from '../support/docker-registry.js';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { describeWhere } from '../support/requirement.js';

/** A registry as a client sees it. */
interface Registry {
  readonly host: string;
  readonly authorization: string | undefined;
}

/** What a client can tell two registries apart by. */
interface Answer {
  readonly status: number;
  readonly digest: string | null;
  /** Digest of the body, or the code of the first error. */
  readonly body: string;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

const layer = new Uint8Array(gzipSync(Buffer.alloc(4096, 'layer')));
const config = new TextEncoder().encode('{"os":"linux","architecture":"amd64","config":{}}');
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: manifestType,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: sha256(config),
    size: config.length,
  },
  layers: [
    {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: sha256(layer),
      size: layer.length,
    },
  ],
});

async function ask(registry: Registry, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await request(registry, `http://${registry.host}/v2/shop/app/${path}`, init);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    digest: response.headers.get('docker-content-digest'),
    body: response.ok ? sha256(bytes) : errorCode(bytes),
  };
}

function request(registry: Registry, url: string, init: RequestInit): Promise<Response> {
  const { authorization } = registry;
  return fetch(url, {
    ...init,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(init.headers as Record<string, string> | undefined),
    },
  });
}

function errorCode(bytes: Uint8Array): string {
  const parsed = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly errors?: readonly { readonly code: string }[];
  };
  return parsed.errors?.[0]?.code ?? '';
}

async function upload(registry: Registry, blob: Uint8Array, digest: string): Promise<number> {
  const base = `http://${registry.host}/v2/shop/app/blobs/uploads/`;
  const started = await request(registry, base, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', base);
  const sent = await request(registry, location.href, {
    method: 'PATCH',
    body: new Uint8Array(blob),
  });
  const next = new URL(sent.headers.get('location') ?? location.href, base);
  next.searchParams.set('digest', digest);
  return (await request(registry, next.href, { method: 'PUT' })).status;
}

const putManifest = (registry: Registry, reference: string): Promise<Answer> =>
  ask(registry, `manifests/${reference}`, {
    method: 'PUT',
    headers: { 'content-type': manifestType },
    body: manifest,
  });

const getManifest = (registry: Registry, reference: string): Promise<Answer> =>
  ask(registry, `manifests/${reference}`, { headers: { accept: manifestType } });

describeWhere(dockerRegistry, 'the registry of the emulator, beside the reference one', () => {
  let emulator: TestEmulator;
  let reference: Awaited<ReturnType<typeof startDockerRegistry>>;
  let registries: readonly Registry[];

  /** Asks both registries the same, and gives the two answers. */
  const both = <T>(body: (registry: Registry) => Promise<T>): Promise<T[]> =>
    Promise.all(registries.map(body));

  beforeAll(async () => {
    emulator = await startTestEmulator();
    reference = await startDockerRegistry(emulator.directory);
    const ecr = new ECRClient(sdkConfig(emulator));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'shop/app' }));
    const token = await ecr.send(new GetAuthorizationTokenCommand({}));
    registries = [
      {
        host: emulator.registryHost,
        authorization: `Basic ${token.authorizationData?.[0]?.authorizationToken ?? ''}`,
      },
      { host: reference.host, authorization: undefined },
    ];
  });

  afterAll(async () => {
    await reference.stop();
    await emulator.stop();
  });

  it('refuses a manifest whose blobs are missing', async () => {
    const answers = await both((registry) => putManifest(registry, 'incomplete'));
    expect(answers.map(({ body }) => body)).toEqual([
      'MANIFEST_BLOB_UNKNOWN',
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    expect(answers[0]?.status).toBe(answers[1]?.status);
    const tags = await both((registry) => getManifest(registry, 'incomplete'));
    expect(tags.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('refuses a blob whose digest is another', async () => {
    const [ours, theirs] = await both((registry) => upload(registry, layer, sha256('other')));
    expect(ours).toBe(theirs);
    expect(ours).toBe(400);
  });

  it('keeps blobs and a manifest, and gives them back byte for byte', async () => {
    const uploads = await both(async (registry) => [
      await upload(registry, layer, sha256(layer)),
      await upload(registry, config, sha256(config)),
      (await putManifest(registry, 'v1')).status,
    ]);
    expect(uploads).toEqual([
      [201, 201, 201],
      [201, 201, 201],
    ]);
    const expected = { status: 200, digest: sha256(manifest), body: sha256(manifest) };
    expect(await both((registry) => getManifest(registry, 'v1'))).toEqual([expected, expected]);
    expect(await both((registry) => getManifest(registry, sha256(manifest)))).toEqual([
      expected,
      expected,
    ]);
    const blobs = await both((registry) => ask(registry, `blobs/${sha256(layer)}`));
    expect(blobs.map(({ status, body }) => [status, body])).toEqual([
      [200, sha256(layer)],
      [200, sha256(layer)],
    ]);
  });

  it('names what it does not hold by the same codes', async () => {
    const answers = await both(async (registry) => [
      await getManifest(registry, 'v2'),
      await ask(registry, `blobs/${sha256('nothing')}`),
    ]);
    expect(answers.map((list) => list.map(({ status, body }) => [status, body]))).toEqual([
      [
        [404, 'MANIFEST_UNKNOWN'],
        [404, 'BLOB_UNKNOWN'],
      ],
      [
        [404, 'MANIFEST_UNKNOWN'],
        [404, 'BLOB_UNKNOWN'],
      ],
    ]);
  });
});
