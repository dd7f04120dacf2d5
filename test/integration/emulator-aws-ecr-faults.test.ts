import {
  type ECRClient,
  GetDownloadUrlForLayerCommand,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { sha256 } from '../support/digest.js';
import type { PushableImage, RegistryClient } from '../support/ecr-registry.js';
import { createRepository, ecrOf, pushableImage, registryClient } from '../support/ecr-registry.js';
import type { TestEmulator } from '../support/emulator.js';
import { startTestEmulator } from '../support/emulator.js';

const repositoryName = 'shop/app';

let emulator: TestEmulator;
let ecr: ECRClient;
let registry: RegistryClient;
let image: PushableImage;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  ecr = ecrOf(emulator);
  await createRepository(ecr, repositoryName);
  registry = await registryClient(ecr, emulator.registryHost);
  image = pushableImage();
});

async function images(): Promise<number> {
  const answer = await ecr.send(new ListImagesCommand({ repositoryName }));
  return (answer.imageIds ?? []).length;
}

describe('a fault after the call', () => {
  it.each(['reset', 'error', 'throttle'] as const)(
    'of kind %s loses the answer of a push that has been done',
    async (kind) => {
      for (const blob of image.blobs) await registry.pushBlob(repositoryName, blob);
      await emulator.addFaults({ operation: 'PutManifest', kind, when: 'after', times: 1 });
      const outcome = await registry.pushManifest(repositoryName, 'v1', image).then(
        ({ status }) => status,
        () => 'broken',
      );
      expect(outcome).toBe({ reset: 'broken', error: 500, throttle: 429 }[kind]);
      expect(await images()).toBe(1);
    },
  );

  it('of kind timeout stays silent after the push', async () => {
    for (const blob of image.blobs) await registry.pushBlob(repositoryName, blob);
    await emulator.addFaults({ operation: 'PutManifest', kind: 'timeout', when: 'after' });
    const silent = registry.send('PUT', `${repositoryName}/manifests/v1`, {
      body: image.manifest,
      headers: { 'content-type': image.mediaType },
      signal: AbortSignal.timeout(500),
    });
    await expect(silent).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await images()).toBe(1);
  });

  it('loses answers of the API and of calls that are passed on', async () => {
    for (const blob of image.blobs) await registry.pushBlob(repositoryName, blob);
    await emulator.addFaults(
      { operation: 'PutImage', kind: 'reset', when: 'after', times: 1 },
      { operation: 'CreateRepository', kind: 'error', when: 'after', times: 1 },
    );
    const put = new PutImageCommand({ repositoryName, imageManifest: image.manifest });
    await expect(ecr.send(put)).rejects.toThrow('ECONNRESET');
    await expect(ecr.send(put)).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await expect(createRepository(ecr, 'shop/new')).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
    });
    await expect(createRepository(ecr, 'shop/new')).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
    });
  });
});

describe('a reset within a body', () => {
  const big = Buffer.alloc(4 * 1024 * 1024, 'x');

  it('breaks an upload off, and leaves nothing of it', async () => {
    await emulator.addFaults({
      ...{ operation: 'UploadChunk', kind: 'reset', afterBytes: 100_000, times: 1 },
    });
    await expect(registry.pushBlob(repositoryName, big)).rejects.toThrow();
    const head = () => registry.send('HEAD', `${repositoryName}/blobs/${sha256(big)}`);
    expect((await head()).status).toBe(404);
    expect((await registry.pushBlob(repositoryName, big)).status).toBe(201);
    expect((await head()).status).toBe(200);
  });

  it('breaks the answer off', async () => {
    await registry.pushBlob(repositoryName, big);
    await emulator.addFaults({
      ...{ operation: 'GetBlob', kind: 'reset', when: 'after', afterBytes: 1_000_000, times: 1 },
    });
    const path = `${repositoryName}/blobs/${sha256(big)}`;
    const cut = await received(await registry.send('GET', path));
    expect(cut.whole).toBe(false);
    expect(cut.bytes).toBeLessThanOrEqual(1_000_000);
    expect(await received(await registry.send('GET', path))).toEqual({
      whole: true,
      bytes: big.length,
    });
  });

  it('is refused for a kind that breaks nothing', async () => {
    const rule = { kind: 'error', afterBytes: 5 };
    expect(await emulator.control('POST', 'faults', rule)).toMatchObject({
      code: 'ValidationException',
    });
  });
});

async function received(answer: Response): Promise<{ whole: boolean; bytes: number }> {
  let bytes = 0;
  if (!answer.body) return { whole: true, bytes };
  const reader = answer.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { whole: true, bytes };
      bytes += (value as Uint8Array).length;
    }
  } catch {
    return { whole: false, bytes };
  }
}

describe('downloads of layers', () => {
  async function downloadUrl(): Promise<string> {
    await registry.push(repositoryName, 'v1', image);
    const layerDigest = sha256(image.layer);
    const answer = await ecr.send(
      new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
    );
    return answer.downloadUrl ?? '';
  }

  it('are counted, and give ranges', async () => {
    const url = await downloadUrl();
    const part = await fetch(url, { headers: { range: 'bytes=5-9' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 5-9/${image.layer.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(image.layer.subarray(5, 10));
    const past = await fetch(url, { headers: { range: `bytes=${image.layer.length}-` } });
    expect(past.status).toBe(416);
    expect((await emulator.calls())['registry.DownloadLayer']).toBe(2);
  });

  it('fail by rule, in the words of S3', async () => {
    const url = await downloadUrl();
    await emulator.addFaults(
      { operation: 'DownloadLayer', kind: 'throttle', times: 1 },
      { operation: 'DownloadLayer', kind: 'reset', when: 'after', afterBytes: 10, times: 1 },
    );
    const slow = await fetch(url);
    expect(slow.status).toBe(503);
    expect(await slow.text()).toContain('<Code>SlowDown</Code>');
    expect((await received(await fetch(url))).whole).toBe(false);
    expect(await received(await fetch(url))).toEqual({ whole: true, bytes: image.layer.length });
  });
});
