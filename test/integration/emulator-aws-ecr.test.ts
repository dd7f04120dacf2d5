import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { sha256 } from '../support/digest.js';
import {
  createRepository,
  type PushableManifest,
  pushableImage,
  registryClient,
} from '../support/ecr-registry.js';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

describe('ECR and its registry', () => {
  const ecr = (): ECRClient => new ECRClient(sdkConfig(emulator));

  async function push(
    repository: string,
    tag: string,
    pushed: PushableManifest,
  ): Promise<Response> {
    return (await registryClient(ecr(), emulator.registryHost)).push(repository, tag, pushed);
  }

  it('names repositories and the login endpoint by an address that engines can push to', async () => {
    const uri = await createRepository(ecr(), 'shop/app');
    const described = await ecr().send(new DescribeRepositoriesCommand({}));
    const token = await ecr().send(new GetAuthorizationTokenCommand({}));
    expect(uri).toBe(`${emulator.registryHost}/shop/app`);
    expect(described.repositories?.[0]?.repositoryUri).toBe(uri);
    expect(token.authorizationData?.[0]?.proxyEndpoint).toBe(`http://${emulator.registryHost}`);
  });

  it('refuses the registry to anyone without a token of ECR', async () => {
    await createRepository(ecr(), 'shop/app');
    const base = `http://${emulator.registryHost}/v2/`;
    const wrong = `Basic ${Buffer.from('AWS:guess').toString('base64')}`;
    const anonymous = await fetch(base);
    const guessed = await fetch(`${base}shop/app/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization: wrong },
    });
    const allowed = await (await registryClient(ecr(), emulator.registryHost)).send('GET', '');
    expect([anonymous.status, guessed.status, allowed.status]).toEqual([401, 401, 200]);
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
  });

  it('takes a push over HTTP and reports the true digest and size', async () => {
    await createRepository(ecr(), 'shop/app');
    const pushed = pushableImage();
    const answer = await push('shop/app', 'v1', pushed);
    const { imageDetails } = await ecr().send(
      new DescribeImagesCommand({ repositoryName: 'shop/app', imageIds: [{ imageTag: 'v1' }] }),
    );
    expect(answer.status).toBe(201);
    expect(imageDetails).toMatchObject([
      {
        imageDigest: pushed.digest,
        imageTags: ['v1'],
        imageSizeInBytes: pushed.layer.length + pushed.config.length,
      },
    ]);
  });

  it('refuses to move a tag of an immutable repository', async () => {
    await createRepository(ecr(), 'shop/app', { imageTagMutability: 'IMMUTABLE' });
    const first = await push('shop/app', 'v1', pushableImage());
    const second = await push('shop/app', 'v1', pushableImage(['A=1']));
    const other = pushableImage(['A=1']);
    const viaApi = ecr().send(
      new PutImageCommand({
        repositoryName: 'shop/app',
        imageTag: 'v1',
        imageManifest: other.manifest,
      }),
    );
    expect([first.status, second.status]).toEqual([201, 400]);
    await expect(viaApi).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });

  async function uploadLayer(repositoryName: string, blob: Buffer): Promise<void> {
    const { uploadId, partSize = 0 } = await ecr().send(
      new InitiateLayerUploadCommand({ repositoryName }),
    );
    for (let first = 0; first < blob.length; first += partSize) {
      const part = blob.subarray(first, first + partSize);
      await ecr().send(
        new UploadLayerPartCommand({
          repositoryName,
          uploadId,
          partFirstByte: first,
          partLastByte: first + part.length - 1,
          layerPartBlob: part,
        }),
      );
    }
    const layerDigests = [sha256(blob)];
    await ecr().send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }));
  }

  it('takes an image through the layer upload API, larger than a part, and gives it back', async () => {
    await createRepository(ecr(), 'shop/app');
    const big = Buffer.alloc(11 * 1024 * 1024, 'x');
    const { config } = pushableImage();
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { digest: sha256(config), size: config.length },
      layers: [{ digest: sha256(big), size: big.length }],
    });
    await uploadLayer('shop/app', big);
    await uploadLayer('shop/app', config);
    const put = await ecr().send(
      new PutImageCommand({
        repositoryName: 'shop/app',
        imageManifest: manifest,
        imageTag: 'v1',
      }),
    );
    const availability = await ecr().send(
      new BatchCheckLayerAvailabilityCommand({
        repositoryName: 'shop/app',
        layerDigests: [sha256(big), sha256('nothing')],
      }),
    );
    const got = await ecr().send(
      new BatchGetImageCommand({ repositoryName: 'shop/app', imageIds: [{ imageTag: 'v1' }] }),
    );
    const { downloadUrl = '' } = await ecr().send(
      new GetDownloadUrlForLayerCommand({
        repositoryName: 'shop/app',
        layerDigest: sha256(big),
      }),
    );
    const downloaded = Buffer.from(await (await fetch(downloadUrl)).arrayBuffer());

    expect(put.image?.imageId).toEqual({ imageDigest: sha256(manifest), imageTag: 'v1' });
    expect(availability.layers).toMatchObject([
      { layerDigest: sha256(big), layerAvailability: 'AVAILABLE', layerSize: big.length },
    ]);
    expect(availability.failures).toMatchObject([{ layerDigest: sha256('nothing') }]);
    expect(got.images?.[0]?.imageManifest).toBe(manifest);
    expect(sha256(downloaded)).toBe(sha256(big));
  });

  it('refuses a layer with another digest, a manifest whose layers are missing, and a second copy', async () => {
    await createRepository(ecr(), 'shop/app');
    const pushed = pushableImage();
    const repositoryName = 'shop/app';
    const { uploadId } = await ecr().send(new InitiateLayerUploadCommand({ repositoryName }));
    await ecr().send(
      new UploadLayerPartCommand({
        ...{ repositoryName, uploadId, partFirstByte: 0, partLastByte: 0 },
        layerPartBlob: Buffer.from('x'),
      }),
    );
    const wrong = ecr().send(
      new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256('y')] }),
    );
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidLayerException' });
    const put = { repositoryName, imageManifest: pushed.manifest, imageTag: 'v1' };
    await expect(ecr().send(new PutImageCommand(put))).rejects.toMatchObject({
      name: 'LayersNotFoundException',
    });
    await uploadLayer(repositoryName, pushed.layer);
    await uploadLayer(repositoryName, pushed.config);
    await ecr().send(new PutImageCommand(put));
    await expect(ecr().send(new PutImageCommand(put))).rejects.toMatchObject({
      name: 'ImageAlreadyExistsException',
    });
    await expect(uploadLayer(repositoryName, pushed.layer)).rejects.toMatchObject({
      name: 'LayerAlreadyExistsException',
    });
    await expect(
      ecr().send(new PutImageCommand({ ...put, repositoryName: 'shop/none' })),
    ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  it('deletes one tag of several without its image, and the image with its last tag', async () => {
    await createRepository(ecr(), 'shop/app');
    const pushed = pushableImage();
    await push('shop/app', 'v1', pushed);
    await push('shop/app', 'v2', pushed);
    const remove = (imageTag: string) =>
      ecr().send(
        new BatchDeleteImageCommand({ repositoryName: 'shop/app', imageIds: [{ imageTag }] }),
      );
    await remove('v1');
    const list = () => ecr().send(new ListImagesCommand({ repositoryName: 'shop/app' }));
    expect((await list()).imageIds).toEqual([{ imageDigest: pushed.digest, imageTag: 'v2' }]);
    await remove('v2');
    expect((await list()).imageIds).toEqual([]);
  });
});
