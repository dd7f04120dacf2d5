import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  InitiateLayerUploadCommand,
  InvalidLayerPartException,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import type { AwsClientConfig } from '../shared/aws-access.js';
import { OperationError, toError } from '../shared/errors.js';
import type { Secrets } from '../shared/secrets.js';
import type { Ecr } from './ecr.js';
import { explain, remoteImage, toRepository } from './ecr-answers.js';
import type { RemoteImage } from './repository.js';

/** ECR API reference: the longest list that these operations take. */
const listLimit = 100;
/** ECR API reference, "UploadLayerPart": a part has at most this many bytes. */
const partLimitBytes = 20_971_520;

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/**
 * `Ecr` over the AWS SDK, which also does the retries.
 *
 * @throws OperationError `ecr-denied`, `ecr-failed`, whose details hold operation and repository;
 * `cancelled` once `signal` is aborted
 */
export function ecrClient(
  config: AwsClientConfig,
  ports: { readonly secrets: Secrets; readonly signal: AbortSignal },
): Ecr {
  const client = new ECRClient(config);
  const abort = { abortSignal: ports.signal };

  /** Sends one command; `expected` turns an error that is an answer into one. */
  async function call<T>(
    operation: string,
    repository: string,
    send: () => Promise<T>,
    expected: Readonly<Record<string, (error: Error) => T>> = {},
  ): Promise<T> {
    try {
      return await send();
    } catch (thrown) {
      const error = toError(thrown);
      const answer = expected[error.name];
      if (answer !== undefined) return answer(error);
      throw explain(operation, repository, error, ports.signal);
    }
  }

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
    findRepository: (name) =>
      call(
        'DescribeRepositories',
        name,
        async () => {
          const command = new DescribeRepositoriesCommand({ repositoryNames: [name] });
          const [found] = (await client.send(command, abort)).repositories ?? [];
          return found === undefined ? undefined : toRepository(found);
        },
        { RepositoryNotFoundException: () => undefined },
      ),

    async createRepository(name) {
      const made = await call(
        'CreateRepository',
        name,
        async () =>
          (
            await client.send(
              new CreateRepositoryCommand({
                repositoryName: name,
                imageTagMutability: 'IMMUTABLE',
                imageScanningConfiguration: { scanOnPush: true },
              }),
              abort,
            )
          ).repository,
        { RepositoryAlreadyExistsException: () => undefined },
      );
      const repository = made === undefined ? await this.findRepository(name) : toRepository(made);
      if (repository === undefined) {
        throw new OperationError('ecr-failed', `the repository ${name} vanished as it was made`);
      }
      return repository;
    },

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

    async layersPresent(repositoryName, digests) {
      const answers = await inBatches(digests, (layerDigests) =>
        call('BatchCheckLayerAvailability', repositoryName, () =>
          client.send(
            new BatchCheckLayerAvailabilityCommand({
              repositoryName,
              layerDigests: [...layerDigests],
            }),
            abort,
          ),
        ),
      );
      return new Set(
        answers
          .flatMap((answer) => answer.layers ?? [])
          .flatMap((layer) =>
            layer.layerAvailability === 'AVAILABLE' && layer.layerDigest !== undefined
              ? [layer.layerDigest]
              : [],
          ),
      );
    },

    async startUpload(repositoryName) {
      const answer = await call('InitiateLayerUpload', repositoryName, () =>
        client.send(new InitiateLayerUploadCommand({ repositoryName }), abort),
      );
      return {
        uploadId: answer.uploadId ?? '',
        partSizeBytes: Math.min(answer.partSize ?? partLimitBytes, partLimitBytes),
      };
    },

    uploadPart: (repositoryName, uploadId, { firstByte, content }) => {
      const lastByte = firstByte + content.length - 1;
      return call(
        'UploadLayerPart',
        repositoryName,
        async () => {
          await client.send(
            new UploadLayerPartCommand({
              repositoryName,
              uploadId,
              partFirstByte: firstByte,
              partLastByte: lastByte,
              layerPartBlob: content,
            }),
            abort,
          );
          return lastByte + 1;
        },
        {
          // Also the answer to a part that was taken, and whose answer was lost.
          InvalidLayerPartException: (error) => {
            if (
              error instanceof InvalidLayerPartException &&
              error.lastValidByteReceived !== undefined
            ) {
              return error.lastValidByteReceived + 1;
            }
            throw explain('UploadLayerPart', repositoryName, error, ports.signal);
          },
        },
      );
    },

    async completeUpload(repositoryName, uploadId, digest) {
      await call<unknown>(
        'CompleteLayerUpload',
        repositoryName,
        () =>
          client.send(
            new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }),
            abort,
          ),
        { LayerAlreadyExistsException: () => undefined },
      );
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

    async login() {
      const answer = await call('GetAuthorizationToken', '', () =>
        client.send(new GetAuthorizationTokenCommand({}), abort),
      );
      const token = answer.authorizationData?.[0]?.authorizationToken ?? '';
      const pair = Buffer.from(token, 'base64').toString();
      const [username, password] = [
        pair.slice(0, pair.indexOf(':')),
        pair.slice(pair.indexOf(':') + 1),
      ];
      if (password === '') {
        throw new OperationError('ecr-failed', 'ECR gave no authorization token');
      }
      ports.secrets.add(token);
      ports.secrets.add(password);
      return { username, password };
    },
  };
}

/** Sends a list in as many requests as it takes, one after the other. */
async function inBatches<T, R>(
  items: readonly T[],
  send: (batch: readonly T[]) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let from = 0; from < items.length; from += listLimit) {
    answers.push(await send(items.slice(from, from + listLimit)));
  }
  return answers;
}
