import { createHash } from 'node:crypto';
import { AwsError } from '../../aws-error.js';
import type { Call } from '../call.js';
import { orRepositoryMissing, text } from './layers.js';
import type { Manifest, Registry } from './registry.js';

/** ECR's operations on images, in terms of the registry. Error codes: ECR API reference. */
export interface ImageOperations {
  put(input: Record<string, unknown>, call: Call): Promise<unknown>;
  batchGet(input: Record<string, unknown>, call: Call): Promise<unknown>;
  batchDelete(input: Record<string, unknown>, call: Call): Promise<unknown>;
  describe(input: Record<string, unknown>, call: Call): Promise<unknown>;
  list(input: Record<string, unknown>, call: Call): Promise<unknown>;
}

interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

interface ImageDetail {
  readonly imageDigest: string;
  readonly imageTags?: readonly string[];
  readonly imageManifestMediaType?: string;
}

interface ManifestBody {
  readonly mediaType?: string;
  readonly config?: {
    readonly digest: string;
    readonly size?: number;
    readonly mediaType?: string;
  };
  readonly layers?: readonly { readonly digest: string; readonly size?: number }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** Creates the operations. Repositories themselves are the backend's. */
export function createImageOperations(registry: Registry, accountId: string): ImageOperations {
  async function put(input: Record<string, unknown>, call: Call): Promise<unknown> {
    const repositoryName = text(input, 'repositoryName');
    const body = Buffer.from(text(input, 'imageManifest'));
    const manifest = parseManifest(body);
    const mediaType =
      text(input, 'imageManifestMediaType') || (manifest.mediaType ?? DOCKER_MANIFEST);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const tag = text(input, 'imageTag');
    const expected = text(input, 'imageDigest');
    if (expected !== '' && expected !== digest) {
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The image manifest's digest is '${digest}', not '${expected}'`,
      );
    }
    const mutability = await tagMutability(repositoryName, call);
    await checkReferences(repositoryName, manifest);
    const current = await registry.manifest(repositoryName, tag === '' ? digest : tag);
    if (current?.digest === digest) {
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}'${tag && ` and tag '${tag}'`} already exists in the repository with name '${repositoryName}'`,
      );
    }
    if (current && mutability === 'IMMUTABLE') {
      throw new AwsError(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`,
      );
    }
    await registry.putManifest(repositoryName, tag === '' ? digest : tag, mediaType, body);
    const imageId = { imageDigest: digest, ...(tag === '' ? {} : { imageTag: tag }) };
    return {
      image: {
        registryId: accountId,
        repositoryName,
        imageId,
        imageManifest: body.toString('utf8'),
        imageManifestMediaType: mediaType,
      },
    };
  }

  async function checkReferences(repositoryName: string, manifest: ManifestBody): Promise<void> {
    const blobs = [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])];
    const missing: string[] = [];
    for (const { digest } of blobs) {
      if ((await registry.blobSize(repositoryName, digest)) === undefined) missing.push(digest);
    }
    if (missing.length > 0) {
      throw new AwsError(
        'LayersNotFoundException',
        `Layers with digests '[${missing.join(', ')}]' required for pushing image into repository ` +
          `with name '${repositoryName}' in the registry with id '${accountId}' do not exist`,
      );
    }
    for (const { digest } of manifest.manifests ?? []) {
      if (await registry.manifest(repositoryName, digest)) continue;
      throw new AwsError(
        'ReferencedImagesNotFoundException',
        `The image with digest '${digest}' that the manifest list refers to does not exist`,
      );
    }
  }

  async function find(repositoryName: string, id: ImageId): Promise<Manifest | undefined> {
    const reference = id.imageDigest ?? id.imageTag ?? '';
    const manifest = await registry.manifest(repositoryName, reference);
    if (!manifest || id.imageTag === undefined || id.imageDigest === undefined) return manifest;
    const tagged = await registry.manifest(repositoryName, id.imageTag);
    return tagged?.digest === manifest.digest ? manifest : undefined;
  }

  async function batchGet(input: Record<string, unknown>, call: Call): Promise<unknown> {
    const repositoryName = text(input, 'repositoryName');
    await tagMutability(repositoryName, call);
    const images: unknown[] = [];
    const failures: unknown[] = [];
    for (const imageId of imageIds(input)) {
      const manifest = await find(repositoryName, imageId);
      if (!manifest) {
        failures.push(notFound(imageId));
        continue;
      }
      images.push({
        registryId: accountId,
        repositoryName,
        imageId: { ...imageId, imageDigest: manifest.digest },
        imageManifest: manifest.body.toString('utf8'),
        imageManifestMediaType: manifest.mediaType,
      });
    }
    return { images, failures };
  }

  async function batchDelete(input: Record<string, unknown>, call: Call): Promise<unknown> {
    const repositoryName = text(input, 'repositoryName');
    await tagMutability(repositoryName, call);
    const deleted: ImageId[] = [];
    const failures: unknown[] = [];
    for (const imageId of imageIds(input)) {
      const manifest = await find(repositoryName, imageId);
      if (!manifest) {
        failures.push(notFound(imageId));
        continue;
      }
      const details = await describeDetails(call, repositoryName);
      const tags =
        details.find((detail) => detail.imageDigest === manifest.digest)?.imageTags ?? [];
      // A tag takes the image with it only when it is its last one (BatchDeleteImage, description).
      const kept =
        imageId.imageDigest === undefined ? tags.filter((t) => t !== imageId.imageTag) : [];
      await registry.deleteManifest(repositoryName, manifest.digest);
      for (const tag of kept) {
        await registry.putManifest(repositoryName, tag, manifest.mediaType, manifest.body);
      }
      const gone = imageId.imageTag === undefined ? tags : [imageId.imageTag];
      const named = gone.map((imageTag) => ({ imageDigest: manifest.digest, imageTag }));
      deleted.push(...(named.length > 0 ? named : [{ imageDigest: manifest.digest }]));
    }
    return { imageIds: deleted, failures };
  }

  async function describe(input: Record<string, unknown>, call: Call): Promise<unknown> {
    const answer = await forwardJson<{ imageDetails: ImageDetail[] }>(call);
    const repositoryName = text(input, 'repositoryName');
    const imageDetails: unknown[] = [];
    for (const { imageTags, ...detail } of answer.imageDetails) {
      const manifest = await registry.manifest(repositoryName, detail.imageDigest);
      const body = manifest && parseManifest(manifest.body);
      const blobs = body ? [...(body.config ? [body.config] : []), ...(body.layers ?? [])] : [];
      imageDetails.push({
        ...detail,
        // The backend counts the manifest's own bytes, and names an empty list of tags.
        imageSizeInBytes: blobs.reduce((sum, blob) => sum + (blob.size ?? 0), 0),
        ...(imageTags && imageTags.length > 0 ? { imageTags } : {}),
        artifactMediaType: body?.config?.mediaType ?? detail.imageManifestMediaType,
      });
    }
    return { ...answer, imageDetails };
  }

  async function list(input: Record<string, unknown>, call: Call): Promise<unknown> {
    const details = await describeDetails(call, text(input, 'repositoryName'));
    const status = (input['filter'] as { tagStatus?: string } | undefined)?.tagStatus;
    const ids = details.flatMap(({ imageDigest, imageTags = [] }): ImageId[] => {
      if (imageTags.length === 0) return status === 'TAGGED' ? [] : [{ imageDigest }];
      return status === 'UNTAGGED' ? [] : imageTags.map((imageTag) => ({ imageDigest, imageTag }));
    });
    return { imageIds: ids };
  }

  return { put, batchGet, batchDelete, describe, list };
}

/** Asks the backend about the repository, whose absence it reports as RepositoryNotFoundException. */
async function tagMutability(repositoryName: string, call: Call): Promise<string | undefined> {
  const answer = await orRepositoryMissing(repositoryName, () =>
    forwardJson<{ repositories: { imageTagMutability?: string }[] }>(call, 'DescribeRepositories', {
      repositoryNames: [repositoryName],
    }),
  );
  return answer.repositories[0]?.imageTagMutability;
}

async function describeDetails(call: Call, repositoryName: string): Promise<ImageDetail[]> {
  const answer = await forwardJson<{ imageDetails: ImageDetail[] }>(call, 'DescribeImages', {
    repositoryName,
  });
  return answer.imageDetails;
}

/** Passes the call on, or another operation in its name; throws what the backend refuses with. */
async function forwardJson<T>(call: Call, operation?: string, input?: unknown): Promise<T> {
  const response = await call.forward(
    operation === undefined
      ? {}
      : {
          headers: { 'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}` },
          body: JSON.stringify(input),
        },
  );
  const parsed = JSON.parse(response.body.toString('utf8')) as Record<string, unknown>;
  if (response.status < 400) return parsed as T;
  const type = text(parsed, '__type') || 'ServerException';
  const message = text(parsed, 'message') || text(parsed, 'Message');
  throw new AwsError(type.split('#').at(-1) ?? type, message, response.status);
}

function parseManifest(body: Buffer): ManifestBody {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Answered below, like every other manifest that is none.
  }
  throw new AwsError(
    'InvalidParameterException',
    "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
  );
}

function imageIds(input: Record<string, unknown>): ImageId[] {
  return Array.isArray(input['imageIds']) ? (input['imageIds'] as ImageId[]) : [];
}

function notFound(imageId: ImageId): unknown {
  const failureReason = 'Requested image not found';
  return { imageId, failureCode: 'ImageNotFound', failureReason };
}
