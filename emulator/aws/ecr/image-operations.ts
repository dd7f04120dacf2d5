import { AwsError } from '../../aws-error.js';
import type { BackendEcr } from './backend-ecr.js';
import type { ImageId } from './image-ids.js';
import { findImage, imageMissing } from './image-ids.js';
import type { ManifestStore } from './manifest-store.js';
import type { ManifestBody } from './manifest.js';
import { DOCKER_MANIFEST, blobsOf, parseManifest } from './manifest.js';
import type { Repositories } from './repositories.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { page, text } from './request.js';

/** ECR's operations on images, in terms of the registry. Error codes: ECR API reference. */
export interface ImageOperations {
  readonly put: EcrOperation;
  readonly batchGet: EcrOperation;
  readonly batchDelete: EcrOperation;
  readonly describe: EcrOperation;
  readonly list: EcrOperation;
}

interface ImageDetail {
  readonly imageDigest: string;
  readonly imageTags?: readonly string[];
  readonly imageManifestMediaType?: string;
}

/** ECR API reference, DescribeImages and ListImages: `maxResults`. */
const PAGE = { usual: 100, most: 1000 };

/** Creates the operations. The list of a repository's images is the backend's. */
export function createImageOperations(
  backend: BackendEcr,
  repositories: Repositories,
  manifests: ManifestStore,
): ImageOperations {
  async function put(request: EcrRequest): Promise<unknown> {
    const { input, scope, registry, repositoryName } = request;
    const body = Buffer.from(text(input, 'imageManifest'));
    const { mediaType: ownType } = parseManifest(body);
    const mediaType = text(input, 'imageManifestMediaType') || (ownType ?? DOCKER_MANIFEST);
    const tag = text(input, 'imageTag') || undefined;
    const expectedDigest = text(input, 'imageDigest') || undefined;
    const where = { scope, registry, repositoryName };
    const stored = await manifests.put({ ...where, tag, expectedDigest, mediaType, body });
    const { digest } = stored;
    if (!stored.isNew) {
      const tagged = tag === undefined ? '' : ` and tag '${tag}'`;
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${digest}'${tagged} already exists in the repository with name '${repositoryName}' in registry with id '${scope.accountId}'`,
      );
    }
    return {
      image: {
        registryId: scope.accountId,
        repositoryName,
        imageId: { imageDigest: digest, ...(tag === undefined ? {} : { imageTag: tag }) },
        imageManifest: body.toString('utf8'),
        imageManifestMediaType: mediaType,
      },
    };
  }

  async function batchGet(request: EcrRequest): Promise<unknown> {
    const { scope, registry, repositoryName } = request;
    await repositories.settings(scope, repositoryName);
    const images: unknown[] = [];
    const failures: unknown[] = [];
    for (const imageId of imageIds(request)) {
      const manifest = await findImage(registry, repositoryName, imageId);
      if (!manifest) {
        failures.push(notFound(imageId));
        continue;
      }
      images.push({
        registryId: scope.accountId,
        repositoryName,
        imageId: { ...imageId, imageDigest: manifest.digest },
        imageManifest: manifest.body.toString('utf8'),
        imageManifestMediaType: manifest.mediaType,
      });
    }
    return { images, failures };
  }

  async function batchDelete(request: EcrRequest): Promise<unknown> {
    const { scope, registry, repositoryName } = request;
    await repositories.settings(scope, repositoryName);
    const deleted: ImageId[] = [];
    const failures: unknown[] = [];
    for (const imageId of imageIds(request)) {
      const manifest = await findImage(registry, repositoryName, imageId);
      if (!manifest) {
        failures.push(notFound(imageId));
        continue;
      }
      const details = await detailsOf(request);
      const tags =
        details.find((detail) => detail.imageDigest === manifest.digest)?.imageTags ?? [];
      // A tag takes the image with it only when it is its last one (BatchDeleteImage, description).
      const kept =
        imageId.imageDigest === undefined ? tags.filter((t) => t !== imageId.imageTag) : [];
      if (kept.length === 0 && (await isPartOfAnIndex(request, details, manifest.digest))) {
        failures.push({
          imageId,
          failureCode: 'ImageReferencedByManifestList',
          failureReason: 'Requested image referenced by manifest list',
        });
        continue;
      }
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

  async function isPartOfAnIndex(
    { registry, repositoryName }: EcrRequest,
    details: readonly ImageDetail[],
    digest: string,
  ): Promise<boolean> {
    for (const { imageDigest } of details) {
      const stored = await registry.manifest(repositoryName, imageDigest);
      const parts = stored ? (parseManifest(stored.body).manifests ?? []) : [];
      if (parts.some((part) => part.digest === digest)) return true;
    }
    return false;
  }

  async function describe(request: EcrRequest): Promise<unknown> {
    const { registry, repositoryName } = request;
    const all = (await detailsOf(request)).filter((detail) => hasStatus(request, detail));
    const wanted: ImageDetail[] = [];
    for (const imageId of imageIds(request)) {
      const found = await findImage(registry, repositoryName, imageId);
      const detail = all.find(({ imageDigest }) => imageDigest === found?.digest);
      if (!detail) throw imageMissing(request, imageId);
      if (!wanted.includes(detail)) wanted.push(detail);
    }
    const { items, ...rest } = page(request.input, wanted.length > 0 ? wanted : all, PAGE);
    const imageDetails: unknown[] = [];
    for (const { imageTags = [], ...detail } of items) {
      const stored = await registry.manifest(repositoryName, detail.imageDigest);
      const manifest: ManifestBody = stored ? parseManifest(stored.body) : {};
      const { subject, config } = manifest;
      imageDetails.push({
        ...detail,
        // The backend counts the manifest's own bytes, and names an empty list of tags.
        imageSizeInBytes: await sizeOf(request, manifest),
        ...(imageTags.length > 0 ? { imageTags } : {}),
        ...(subject ? { subjectManifestDigest: subject.digest } : {}),
        artifactMediaType:
          manifest.artifactType ?? config?.mediaType ?? detail.imageManifestMediaType,
      });
    }
    return { imageDetails, ...rest };
  }

  /** Of an index the largest of its images (ECR API reference, ImageDetail `imageSizeInBytes`). */
  async function sizeOf(request: EcrRequest, manifest: ManifestBody): Promise<number> {
    if (!manifest.manifests) {
      return blobsOf(manifest).reduce((sum, { size = 0 }) => sum + size, 0);
    }
    let largest = 0;
    for (const { digest } of manifest.manifests) {
      const part = await request.registry.manifest(request.repositoryName, digest);
      if (part) largest = Math.max(largest, await sizeOf(request, parseManifest(part.body)));
    }
    return largest;
  }

  async function list(request: EcrRequest): Promise<unknown> {
    const details = await detailsOf(request);
    const ids = details
      .filter((detail) => hasStatus(request, detail))
      .flatMap(({ imageDigest, imageTags = [] }): ImageId[] =>
        imageTags.length === 0
          ? [{ imageDigest }]
          : imageTags.map((imageTag) => ({ imageDigest, imageTag })),
      );
    const { items, ...rest } = page(request.input, ids, PAGE);
    return { imageIds: items, ...rest };
  }

  async function detailsOf({ scope, repositoryName }: EcrRequest): Promise<ImageDetail[]> {
    await repositories.settings(scope, repositoryName);
    const input = { repositoryName };
    const answer = await backend.ask<{ imageDetails: ImageDetail[] }>(
      scope,
      'DescribeImages',
      input,
    );
    return answer.imageDetails;
  }

  return { put, batchGet, batchDelete, describe, list };
}

function hasStatus({ input }: EcrRequest, { imageTags = [] }: ImageDetail): boolean {
  const status = (input['filter'] as { tagStatus?: string } | undefined)?.tagStatus;
  if (status === 'TAGGED') return imageTags.length > 0;
  return status === 'UNTAGGED' ? imageTags.length === 0 : true;
}

function imageIds({ input }: EcrRequest): ImageId[] {
  return Array.isArray(input['imageIds']) ? (input['imageIds'] as ImageId[]) : [];
}

function notFound(imageId: ImageId): unknown {
  const failureReason = 'Requested image not found';
  return { imageId, failureCode: 'ImageNotFound', failureReason };
}
