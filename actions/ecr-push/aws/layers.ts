import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  InvalidLayerPartException,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import type { Layers } from '../ecr.js';
import { explain } from './answers.js';
import { inBatches, type Calls } from './calls.js';

/** ECR API reference, "UploadLayerPart": a part has at most this many bytes. */
const partLimitBytes = 20_971_520;

/** `Layers` over the AWS SDK. */
export function ecrLayers({ client, abort, call, signal }: Calls): Layers {
  return {
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
            throw explain('UploadLayerPart', repositoryName, error, signal);
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
  };
}
