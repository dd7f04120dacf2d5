import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  PutImageCommand,
  type BatchGetImageCommandOutput,
  type ImageFailure,
} from '@aws-sdk/client-ecr';
import { OperationError } from '../../shared/errors.js';
import type { Images } from '../ecr.js';
import type { RemoteImage } from '../repository.js';
import { remoteImage } from './answers.js';
import { inBatches, type Calls } from './calls.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** What `BatchGetImage` found, with the tag that was asked for. */
type Found = RemoteImage & { readonly tag: string | undefined };

/**
 * Asks for images by tag or digest; absent ones are left out. `registryId` names another account.
 *
 * @throws OperationError `ecr-failed` where one is there and cannot be read; as `call` does
 */
export async function batchGetImages(
  { client, abort, call }: Calls,
  where: { readonly repositoryName: string; readonly registryId?: string },
  imageIds: readonly { readonly imageTag?: string; readonly imageDigest?: string }[],
  expected: Parameters<typeof call<BatchGetImageCommandOutput>>[3] = {},
): Promise<readonly Found[]> {
  const answers = await inBatches(imageIds, (batch) =>
    call(
      'BatchGetImage',
      where.repositoryName,
      () =>
        client.send(
          new BatchGetImageCommand({
            ...where,
            imageIds: batch.map((id) => ({ ...id })),
            acceptedMediaTypes: manifestTypes,
          }),
          abort,
        ),
      expected,
    ),
  );
  // An image that cannot be read (its key, the archive, an upstream) is none that is absent.
  const failure = answers
    .flatMap((answer) => answer.failures ?? [])
    .find(({ failureCode }) => failureCode !== 'ImageNotFound');
  if (failure !== undefined) throw notReadable(where.repositoryName, failure);
  return answers
    .flatMap((answer) => answer.images ?? [])
    .map((image) => ({
      tag: image.imageId?.imageTag,
      ...remoteImage(image.imageId?.imageDigest, image.imageManifest, image.imageManifestMediaType),
    }));
}

function notReadable(repository: string, failure: ImageFailure): OperationError {
  const { failureCode: code = '', failureReason = '', imageId } = failure;
  const image = imageId?.imageDigest ?? imageId?.imageTag ?? '';
  return new OperationError(
    'ecr-failed',
    `${repository} holds ${image}, and ECR cannot give it: ${code}: ${failureReason}`,
    { details: { operation: 'BatchGetImage', repository, image, code } },
  );
}

/** Images by the tags that were asked for. */
export function byTag(images: readonly Found[]): ReadonlyMap<string, RemoteImage> {
  return new Map(
    images.flatMap(({ tag, ...image }) => (tag === undefined ? [] : [[tag, image] as const])),
  );
}

/** Images by their digests. */
export function byDigest(images: readonly Found[]): ReadonlyMap<string, RemoteImage> {
  return new Map(images.map(({ tag: _tag, ...image }) => [image.digest, image]));
}

/** `Images` over the AWS SDK. */
export function ecrImages(calls: Calls): Images {
  const { client, abort, call } = calls;
  return {
    async imagesByTag(repositoryName, tags) {
      const ids = tags.map((imageTag) => ({ imageTag }));
      return byTag(await batchGetImages(calls, { repositoryName }, ids));
    },

    async imagesByDigest(repositoryName, digests) {
      const ids = digests.map((imageDigest) => ({ imageDigest }));
      return byDigest(await batchGetImages(calls, { repositoryName }, ids));
    },

    async imageByDigest(repositoryName, imageDigest) {
      return (await batchGetImages(calls, { repositoryName }, [{ imageDigest }]))[0];
    },

    async describeTags(repositoryName, tags) {
      const found = new Map<string, { readonly digest: string; readonly sizeBytes: number }>();
      // One by one, since a single tag that is absent fails the whole request.
      for (const imageTag of tags) {
        const details = await call(
          'DescribeImages',
          repositoryName,
          async () => {
            const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] });
            return (await client.send(command, abort)).imageDetails?.[0];
          },
          { ImageNotFoundException: () => undefined },
        );
        if (details?.imageDigest === undefined) continue;
        found.set(imageTag, {
          digest: details.imageDigest,
          sizeBytes: details.imageSizeInBytes ?? 0,
        });
      }
      return found;
    },

    putManifest: (repositoryName, manifest, tag) =>
      call<'written' | 'present' | 'tag-immutable'>(
        'PutImage',
        repositoryName,
        async () => {
          await client.send(
            new PutImageCommand({
              repositoryName,
              imageManifest: manifest.body,
              imageManifestMediaType: manifest.mediaType,
              imageDigest: manifest.digest,
              ...(tag === undefined ? {} : { imageTag: tag }),
            }),
            abort,
          );
          return 'written';
        },
        {
          ImageAlreadyExistsException: () => 'present',
          ImageTagAlreadyExistsException: () => 'tag-immutable',
        },
      ),
  };
}
