import type { Answer, Call, Handler } from '../call.js';
import { jsonInput } from '../call.js';
import type { RegistryAuthorization } from './authorization.js';
import type { ImageOperations } from './image-operations.js';
import type { Layers } from './layers.js';

export interface EcrOptions {
  readonly accountId: string;
  readonly authorization: RegistryAuthorization;
  readonly layers: Layers;
  readonly images: ImageOperations;
  /** `host:port` under which clients reach the registry. */
  readonly registryHost: () => string;
}

/**
 * ECR: image and layer operations by way of the registry's own API, authorization tokens that
 * the registry checks, and the backend's repositories under the address that clients can push to.
 */
export function createEcr(options: EcrOptions): Handler {
  const { layers, images, authorization } = options;
  const operations: Readonly<
    Record<string, (input: Record<string, unknown>, call: Call) => Promise<unknown> | undefined>
  > = {
    GetAuthorizationToken: () => {
      const { authorizationToken, expiresAtMs } = authorization.issue();
      const proxyEndpoint = `http://${options.registryHost()}`;
      const expiresAt = expiresAtMs / 1000;
      return Promise.resolve({
        authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint }],
      });
    },
    InitiateLayerUpload: (input) => layers.initiate(input),
    UploadLayerPart: (input) => layers.uploadPart(input),
    CompleteLayerUpload: (input) => layers.complete(input),
    BatchCheckLayerAvailability: (input) => layers.checkAvailability(input),
    GetDownloadUrlForLayer: (input) => layers.downloadUrl(input),
    PutImage: (input, call) => images.put(input, call),
    BatchGetImage: (input, call) => images.batchGet(input, call),
    BatchDeleteImage: (input, call) => images.batchDelete(input, call),
    DescribeImages: (input, call) => images.describe(input, call),
    ListImages: (input, call) => images.list(input, call),
  };

  return {
    handles: (identity) => identity.service === 'ecr',
    async answer(call): Promise<Answer> {
      const operation = operations[call.identity.operation];
      if (operation) return { kind: 'json', result: await operation(jsonInput(call), call) };
      const response = await call.forward();
      const host = `${options.accountId}.dkr.ecr.${call.identity.region}.amazonaws.com`;
      const body = response.body.toString('utf8').replaceAll(host, options.registryHost());
      return { kind: 'response', response: { ...response, body: Buffer.from(body) } };
    },
    reset() {
      layers.clear();
      authorization.clear();
    },
  };
}
