import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  ListImageReferrersCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr';
import { sha256 } from '../support/digest.js';
import type { PushableManifest, RegistryClient } from '../support/ecr-registry.js';
import {
  createRepository,
  ecrOf,
  imageIndexType,
  pushableImage,
  pushableIndex,
  refusalCode,
  registryClient,
} from '../support/ecr-registry.js';
import type { TestEmulator } from '../support/emulator.js';
import { startTestEmulator } from '../support/emulator.js';

const repositoryName = 'shop/app';

let emulator: TestEmulator;
let ecr: ECRClient;
let registry: RegistryClient;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  ecr = ecrOf(emulator);
  registry = await registryClient(ecr, emulator.registryHost);
});

async function tags(): Promise<readonly string[]> {
  const answer = await ecr.send(new ListImagesCommand({ repositoryName }));
  return (answer.imageIds ?? []).map(({ imageTag = 'untagged' }) => imageTag);
}

describe('a manifest whose parts are missing', () => {
  beforeEach(() => createRepository(ecr, repositoryName));

  it('is refused by the registry, and its tag stays away', async () => {
    const pushed = pushableImage();
    await registry.pushBlob(repositoryName, pushed.config);
    const answer = await registry.pushManifest(repositoryName, 'v1', pushed);
    expect([answer.status, await refusalCode(answer)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(await tags()).toEqual([]);
    await registry.pushBlob(repositoryName, pushed.layer);
    expect((await registry.pushManifest(repositoryName, 'v1', pushed)).status).toBe(201);
  });

  it('is refused when another repository has them', async () => {
    await createRepository(ecr, 'shop/other');
    const pushed = pushableImage();
    await registry.push('shop/other', 'v1', pushed);
    const answer = await registry.pushManifest(repositoryName, 'v1', pushed);
    expect(await refusalCode(answer)).toBe('MANIFEST_BLOB_UNKNOWN');
  });

  it('is refused as an index before its images are there', async () => {
    const [one, two] = [pushableImage(['A=1']), pushableImage(['A=2'])];
    const index = pushableIndex(one, two);
    await registry.push(repositoryName, one.digest, one);
    const answer = await registry.push(repositoryName, 'v1', index);
    expect([answer.status, await refusalCode(answer)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    const put = ecr.send(new PutImageCommand({ repositoryName, imageManifest: index.manifest }));
    await expect(put).rejects.toMatchObject({ name: 'ReferencedImagesNotFoundException' });
    await registry.push(repositoryName, two.digest, two);
    expect((await registry.push(repositoryName, 'v1', index)).status).toBe(201);
  });

  it('is taken when it says that a layer lies elsewhere', async () => {
    const { config, layer } = pushableImage();
    const manifest = JSON.stringify({
      schemaVersion: 2,
      config: { digest: sha256(config), size: config.length },
      layers: [{ digest: sha256(layer), size: 1, urls: ['https://example.com/layer'] }],
    });
    await registry.pushBlob(repositoryName, config);
    const foreign = { ...pushableImage(), manifest };
    expect((await registry.pushManifest(repositoryName, 'v1', foreign)).status).toBe(201);
  });

  it('is refused when it is none, or has another digest than its name', async () => {
    const pushed = pushableImage();
    await registry.push(repositoryName, 'v1', pushed);
    const broken = await registry.pushManifest(repositoryName, 'v2', { ...pushed, manifest: '{' });
    const other = await registry.pushManifest(repositoryName, sha256('other'), pushed);
    const codes = await Promise.all([broken, other].map(refusalCode));
    expect(codes).toEqual(['MANIFEST_INVALID', 'MANIFEST_INVALID']);
  });

  it('is refused in a repository that is not there', async () => {
    const answer = await registry.pushManifest('shop/none', 'v1', pushableImage());
    expect([answer.status, await refusalCode(answer)]).toEqual([404, 'NAME_UNKNOWN']);
  });
});

describe('tags that cannot be moved', () => {
  async function move(tag: string): Promise<number> {
    await registry.push(repositoryName, tag, pushableImage());
    return (await registry.push(repositoryName, tag, pushableImage(['A=2']))).status;
  }

  it('leave out those that a filter names', async () => {
    const imageTagMutabilityExclusionFilters = [
      { filterType: 'WILDCARD' as const, filter: 'latest' },
      { filterType: 'WILDCARD' as const, filter: 'env-*' },
    ];
    await createRepository(ecr, repositoryName, {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters,
    });
    expect(await move('v1')).toBe(400);
    expect(await move('latest')).toBe(201);
    expect(await move('env-production')).toBe(201);
    expect(await move('latest2')).toBe(400);
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toMatchObject([{ imageTagMutabilityExclusionFilters }]);
  });

  it('are the named ones alone where all others move', async () => {
    await createRepository(ecr, repositoryName);
    await ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName,
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'v*' }],
      }),
    );
    expect(await move('v1')).toBe(400);
    expect(await move('main')).toBe(201);
  });

  it('forget the filters with the repository', async () => {
    const name = { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const };
    const filter = { filterType: 'WILDCARD' as const, filter: 'latest' };
    await createRepository(ecr, repositoryName, {
      ...name,
      imageTagMutabilityExclusionFilters: [filter],
    });
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    await createRepository(ecr, repositoryName, { imageTagMutability: 'IMMUTABLE' });
    expect(await move('latest')).toBe(400);
  });

  it('go to one of several pushes at once', async () => {
    await createRepository(ecr, repositoryName, { imageTagMutability: 'IMMUTABLE' });
    const images = ['1', '2', '3', '4'].map((value) => pushableImage([`A=${value}`]));
    for (const { digest, ...image } of images) {
      await registry.push(repositoryName, digest, { ...image, digest });
    }
    const answers = await Promise.all(
      images.map((image) => registry.pushManifest(repositoryName, 'v1', image)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400]);
  });
});

describe('what is told of images', () => {
  beforeEach(() => createRepository(ecr, repositoryName));

  it('names an image that is not there', async () => {
    await registry.push(repositoryName, 'v1', pushableImage());
    for (const imageId of [{ imageTag: 'v2' }, { imageDigest: sha256('none') }]) {
      const asked = ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [imageId] }));
      await expect(asked).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    }
    const missing = ecr.send(new DescribeImagesCommand({ repositoryName: 'shop/none' }));
    await expect(missing).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  it('gives an index the size of its largest image', async () => {
    const images = [pushableImage(), pushableImage(['A='.padEnd(500, 'random 123')])];
    for (const image of images) await registry.push(repositoryName, image.digest, image);
    await registry.push(repositoryName, 'v1', pushableIndex(...images));
    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }),
    );
    const sizes = images.map(({ layer, config }) => layer.length + config.length);
    expect(imageDetails).toMatchObject([
      { imageSizeInBytes: Math.max(...sizes), imageManifestMediaType: imageIndexType },
    ]);
  });

  it('comes in pages', async () => {
    for (const tag of ['a', 'b', 'c']) {
      await registry.push(repositoryName, tag, pushableImage([`TAG=${tag}`]));
    }
    const first = await ecr.send(new ListImagesCommand({ repositoryName, maxResults: 2 }));
    const { nextToken } = first;
    const rest = await ecr.send(
      new ListImagesCommand({ repositoryName, maxResults: 2, nextToken }),
    );
    const seen = [...(first.imageIds ?? []), ...(rest.imageIds ?? [])];
    expect(seen.map(({ imageTag }) => imageTag)).toEqual(['a', 'b', 'c']);
    expect(rest.nextToken).toBeUndefined();
  });

  it('keeps an image that an index refers to', async () => {
    const image = pushableImage();
    await registry.push(repositoryName, image.digest, image);
    await registry.push(repositoryName, 'v1', pushableIndex(image));
    const { failures } = await ecr.send(
      new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }),
    );
    expect(failures).toMatchObject([{ failureCode: 'ImageReferencedByManifestList' }]);
  });
});

describe('referrers', () => {
  const signature = 'application/vnd.example.signature';
  let image: PushableManifest;

  beforeEach(async () => {
    await createRepository(ecr, repositoryName);
    image = pushableImage();
    await registry.push(repositoryName, 'v1', image);
  });

  async function attach(artifactType: string | undefined, name: string): Promise<Response> {
    const artifact = pushableImage([`NAME=${name}`], {
      subject: image,
      ...(artifactType === undefined ? {} : { artifactType }),
      annotations: { name },
    });
    return registry.push(repositoryName, artifact.digest, artifact);
  }

  async function names(query = ''): Promise<{ names: string[]; applied: string | null }> {
    const answer = await registry.send(
      'GET',
      `${repositoryName}/referrers/${image.digest}${query}`,
    );
    expect(answer.headers.get('content-type')).toBe(imageIndexType);
    const body = (await answer.json()) as { manifests: { annotations: { name: string } }[] };
    return {
      names: body.manifests.map(({ annotations }) => annotations.name),
      applied: answer.headers.get('oci-filters-applied'),
    };
  }

  it('are those manifests that name the image as their subject', async () => {
    expect(await names()).toEqual({ names: [], applied: null });
    const answer = await attach(signature, 'signature');
    expect(answer.headers.get('oci-subject')).toBe(image.digest);
    await attach(undefined, 'plain');
    expect(await names()).toEqual({ names: ['signature', 'plain'], applied: null });
    const wanted = encodeURIComponent(signature);
    expect(await names(`?artifactType=${wanted}`)).toEqual({
      names: ['signature'],
      applied: 'artifactType',
    });
  });

  it('of a repository that is not there are refused', async () => {
    const answer = await registry.send('GET', `shop/none/referrers/${image.digest}`);
    expect([answer.status, await refusalCode(answer)]).toEqual([404, 'NAME_UNKNOWN']);
  });

  it('come by the API in pages of at most 50', async () => {
    await attach(signature, 'one');
    await attach(signature, 'two');
    await attach(undefined, 'three');
    const list = (extra: object) =>
      ecr.send(
        new ListImageReferrersCommand({
          repositoryName,
          subjectId: { imageDigest: image.digest },
          ...extra,
        }),
      );
    const all = await list({});
    expect(all.referrers).toMatchObject([
      { artifactType: signature, annotations: { name: 'one' }, artifactStatus: 'ACTIVE' },
      { artifactType: signature, annotations: { name: 'two' } },
      {
        artifactType: 'application/vnd.oci.image.config.v1+json',
        annotations: { name: 'three' },
      },
    ]);
    const first = await list({ filter: { artifactTypes: [signature] }, maxResults: 1 });
    expect(first.referrers).toMatchObject([{ annotations: { name: 'one' } }]);
    expect(first.nextToken).toBeDefined();
    await expect(list({ maxResults: 51 })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('say in their details whom they refer to', async () => {
    await attach(signature, 'one');
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, filter: { tagStatus: 'UNTAGGED' } }),
    );
    expect(imageDetails).toMatchObject([
      { subjectManifestDigest: image.digest, artifactMediaType: signature },
    ]);
  });
});
