import type * as ecrSdk from '@aws-sdk/client-ecr';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { Images, Repository } from '../ports.js';
import { configPlatform, manifestDigests, manifestPlatforms } from '../images/manifest.js';
import { call, orUndefined } from './calls.js';
import { allPages } from '../../shared/pages.js';

const missing = ['RepositoryNotFoundException', 'ImageNotFoundException'];

type Sdk = typeof ecrSdk;

/** Amazon ECR behind the port, by the SDK. */
export function openImages(config: AwsClientConfig): Images {
  const clients = new Map<string, ecrSdk.ECRClient>();
  const run = async <T>(
    operation: string,
    repository: Repository,
    body: (client: ecrSdk.ECRClient, sdk: Sdk) => Promise<T>,
  ): Promise<T> => {
    const sdk = await import('@aws-sdk/client-ecr');
    const region = repository.region ?? config.region;
    const client = clients.get(region) ?? new sdk.ECRClient({ ...config, region });
    clients.set(region, client);
    return call(`ecr:${operation} of ${repository.name}`, () => body(client, sdk));
  };
  const named = (
    repository: Repository,
  ): { readonly repositoryName: string; readonly registryId?: string } => ({
    repositoryName: repository.name,
    ...(repository.registryId === undefined ? {} : { registryId: repository.registryId }),
  });

  const manifestText = async (
    repository: Repository,
    digest: string,
  ): Promise<string | undefined> => {
    const answer = await run('BatchGetImage', repository, (client, sdk) =>
      client.send(
        new sdk.BatchGetImageCommand({
          ...named(repository),
          imageIds: [{ imageDigest: digest }],
        }),
      ),
    );
    return answer.images?.[0]?.imageManifest;
  };

  return {
    async repositoryUri(repository) {
      const answer = await orUndefined(missing, () =>
        run('DescribeRepositories', repository, (client, sdk) =>
          client.send(
            new sdk.DescribeRepositoriesCommand({
              repositoryNames: [repository.name],
              ...(repository.registryId === undefined ? {} : { registryId: repository.registryId }),
            }),
          ),
        ),
      );
      return answer?.repositories?.[0]?.repositoryUri;
    },

    async findDigest(repository, image) {
      const answer = await orUndefined(missing, () =>
        run('DescribeImages', repository, (client, sdk) =>
          client.send(
            new sdk.DescribeImagesCommand({
              ...named(repository),
              imageIds: ['tag' in image ? { imageTag: image.tag } : { imageDigest: image.digest }],
            }),
          ),
        ),
      );
      return answer?.imageDetails?.[0]?.imageDigest;
    },

    async newestTags(repository, limit) {
      const found = await allPages(async (nextToken) => {
        const answer = await orUndefined(missing, () =>
          run('DescribeImages', repository, (client, sdk) =>
            client.send(
              new sdk.DescribeImagesCommand({
                ...named(repository),
                filter: { tagStatus: 'TAGGED' },
                maxResults: 1000,
                ...nextToken,
              }),
            ),
          ),
        );
        return [answer?.imageDetails, answer?.nextToken];
      });
      return [...found]
        .sort((left, right) => pushedAtMs(right) - pushedAtMs(left))
        .flatMap((image) => image.imageTags ?? [])
        .slice(0, limit);
    },

    async platformDigests(repository, digest) {
      return manifestDigests(await manifestText(repository, digest));
    },

    async platforms(repository, digest) {
      const manifest = await manifestText(repository, digest);
      const found = manifestPlatforms(manifest);
      if (found.kind !== 'in-config') return found.platforms;
      const answer = await run('GetDownloadUrlForLayer', repository, (client, sdk) =>
        client.send(
          new sdk.GetDownloadUrlForLayerCommand({
            ...named(repository),
            layerDigest: found.configDigest,
          }),
        ),
      );
      if (answer.downloadUrl === undefined) return undefined;
      const config = await download(answer.downloadUrl);
      return config === undefined ? undefined : configPlatform(config);
    },
  };
}

/**
 * What a presigned URL of S3 gives; undefined where it is refused.
 *
 * @throws OperationError `layer-unreachable`, as in a VPC without a way to S3
 */
export async function download(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    return answer.ok ? await answer.text() : undefined;
  } catch (thrown) {
    const { host } = new URL(url);
    throw new OperationError('layer-unreachable', `${host} does not answer`, { cause: thrown });
  }
}

function pushedAtMs(image: ecrSdk.ImageDetail): number {
  return image.imagePushedAt?.getTime() ?? 0;
}
