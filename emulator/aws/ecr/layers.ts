import { randomBytes } from 'node:crypto';
import { AwsError } from '../../aws-error.js';
import { RegistryError } from './registry.js';
import type { Registry } from './registry.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { orRepositoryMissing, text } from './request.js';
import type { Scope } from './scope.js';
import { scopeKey } from './scope.js';

/** ECR API reference, InitiateLayerUpload and CompleteLayerUpload: the size of a part. */
const PART_SIZE_BYTES = 10 * 1024 * 1024;
const SMALLEST_PART_BYTES = 5 * 1024 * 1024;

/** Layers that are kept at hand: they are read range by range, several at once. */
const mostRecent = 4;

interface Upload {
  readonly scope: Scope;
  readonly repositoryName: string;
  readonly registryUploadId: string;
  readonly partSizes: number[];
  receivedBytes: number;
}

/** ECR's own upload and download of layers, in terms of the registry. */
export interface Layers {
  readonly initiate: EcrOperation;
  readonly uploadPart: EcrOperation;
  readonly complete: EcrOperation;
  readonly checkAvailability: EcrOperation;
  readonly downloadUrl: EcrOperation;
  /** The layer behind a download URL's token. */
  download(token: string): Promise<Buffer | undefined>;
  clear(): void;
}

/**
 * Creates the layer operations; error codes as in the ECR API reference.
 *
 * `downloadBase()` is the address under which `download`'s tokens are served.
 */
export function createLayers(downloadBase: () => string): Layers {
  const uploads = new Map<string, Upload>();
  const downloads = new Map<
    string,
    { registry: Registry; repositoryName: string; digest: string }
  >();

  const recent = new Map<string, Buffer>();

  function uploadOf({ input, scope, repositoryName }: EcrRequest): Upload {
    const id = text(input, 'uploadId');
    const upload = uploads.get(id);
    if (upload?.repositoryName === repositoryName && scopeKey(upload.scope) === scopeKey(scope)) {
      return upload;
    }
    throw new AwsError(
      'UploadNotFoundException',
      `The upload '${id}' could not be found in the repository with name '${repositoryName}'`,
    );
  }

  return {
    async initiate(request) {
      const { repositoryName, registry, scope } = request;
      const registryUploadId = await orRepositoryMissing(request, () =>
        registry.startUpload(repositoryName),
      );
      const uploadId = randomBytes(16).toString('hex');
      const none = { partSizes: [], receivedBytes: 0 };
      uploads.set(uploadId, { scope, repositoryName, registryUploadId, ...none });
      return { uploadId, partSize: PART_SIZE_BYTES };
    },

    async uploadPart(request) {
      const { input, registry, scope } = request;
      const upload = uploadOf(request);
      const part = Buffer.from(text(input, 'layerPartBlob'), 'base64');
      const first = Number(input['partFirstByte']);
      const last = Number(input['partLastByte']);
      if (first !== upload.receivedBytes || last !== first + part.length - 1) {
        throw new AwsError(
          'InvalidLayerPartException',
          `The layer part from byte ${first} to ${last} does not follow the last valid byte ` +
            `${upload.receivedBytes - 1}`,
          400,
          { lastValidByteReceived: upload.receivedBytes - 1 },
        );
      }
      await registry.appendUpload(upload.repositoryName, upload.registryUploadId, part);
      upload.partSizes.push(part.length);
      upload.receivedBytes += part.length;
      return {
        registryId: scope.accountId,
        repositoryName: upload.repositoryName,
        uploadId: input['uploadId'],
        lastByteReceived: upload.receivedBytes - 1,
      };
    },

    async complete(request) {
      const { input, registry, scope, repositoryName } = request;
      const upload = uploadOf(request);
      const [digest = ''] = Array.isArray(input['layerDigests'])
        ? (input['layerDigests'] as string[])
        : [];
      if (upload.receivedBytes === 0) {
        throw new AwsError('EmptyUploadException', 'The upload does not contain any layer parts');
      }
      if (upload.partSizes.slice(0, -1).some((size) => size < SMALLEST_PART_BYTES)) {
        throw new AwsError(
          'LayerPartTooSmallException',
          'Layer parts must be at least 5 MiB in size',
        );
      }
      if ((await registry.blobSize(repositoryName, digest)) !== undefined) {
        throw new AwsError(
          'LayerAlreadyExistsException',
          `The layer with digest '${digest}' already exists in the repository with name '${repositoryName}'`,
        );
      }
      try {
        await registry.finishUpload(repositoryName, upload.registryUploadId, digest);
      } catch (error) {
        if (!(error instanceof RegistryError) || error.code !== 'DIGEST_INVALID') throw error;
        throw new AwsError(
          'InvalidLayerException',
          `The layer's content does not have the digest '${digest}'`,
        );
      }
      uploads.delete(text(input, 'uploadId'));
      return {
        registryId: scope.accountId,
        repositoryName,
        uploadId: input['uploadId'],
        layerDigest: digest,
      };
    },

    async checkAvailability({ input, registry, repositoryName }) {
      const digests = (input['layerDigests'] as string[] | undefined) ?? [];
      const layers: unknown[] = [];
      const failures: unknown[] = [];
      for (const layerDigest of digests) {
        const size = await registry.blobSize(repositoryName, layerDigest);
        if (size === undefined) {
          failures.push({
            layerDigest,
            failureCode: 'MissingLayerDigest',
            failureReason: 'Layer not found',
          });
          continue;
        }
        layers.push({ layerDigest, layerAvailability: 'AVAILABLE', layerSize: size });
      }
      return { layers, failures };
    },

    async downloadUrl({ input, registry, repositoryName }) {
      const digest = text(input, 'layerDigest');
      if ((await registry.blobSize(repositoryName, digest)) === undefined) {
        throw new AwsError(
          'LayersNotFoundException',
          `The layer with digest '${digest}' does not exist in the repository with name '${repositoryName}'`,
        );
      }
      const token = randomBytes(24).toString('hex');
      downloads.set(token, { registry, repositoryName, digest });
      return { downloadUrl: `${downloadBase()}/${token}`, layerDigest: digest };
    },

    async download(token) {
      const found = downloads.get(token);
      if (found === undefined) return undefined;
      const { registry, repositoryName, digest } = found;
      if ((await registry.blobSize(repositoryName, digest)) === undefined) return undefined;
      const blob = recent.get(digest) ?? (await registry.blob(repositoryName, digest));
      if (blob === undefined) return undefined;
      // The one used last stands last.
      recent.delete(digest);
      recent.set(digest, blob);
      for (const oldest of [...recent.keys()].slice(0, -mostRecent)) recent.delete(oldest);
      return blob;
    },

    clear() {
      uploads.clear();
      recent.clear();
      downloads.clear();
    },
  };
}
