import { BatchGetImageCommand, DescribeImagesCommand, PutImageCommand } from '@aws-sdk/client-ecr';
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

/** `Images` over the AWS SDK. */
export function ecrImages({ client, abort, call }: Calls): Images {
  async function batchGet(
    repositoryName: string,
    imageIds: { imageTag?: string; imageDigest?: string }[],
  ): Promise<readonly (RemoteImage & { readonly tag: string | undefined })[]> {
    const answers = await inBatches(imageIds, (batch) =>
      call('BatchGetImage', repositoryName, () =>
        client.send(
          new BatchGetImageCommand({
            repositoryName,
            imageIds: [...batch],
            acceptedMediaTypes: manifestTypes,
          }),
          abort,
        ),
      ),
    );
    return answers
      .flatMap((answer) => answer.images ?? [])
      .map((image) => ({
        tag: image.imageId?.imageTag,
        ...remoteImage(
          image.imageId?.imageDigest,
          image.imageManifest,
          image.imageManifestMediaType,
        ),
      }));
  }

  return {
    async imagesByTag(repository, tags) {
      const images = await batchGet(
        repository,
        tags.map((imageTag) => ({ imageTag })),
      );
      return new Map(
        images.flatMap(({ tag, ...image }) => (tag === undefined ? [] : [[tag, image] as const])),
      );
    },

    async imageByDigest(repository, imageDigest) {
      return (await batchGet(repository, [{ imageDigest }]))[0];
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
