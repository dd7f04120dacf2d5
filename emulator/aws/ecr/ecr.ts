import type { Call, Handler } from '../call.js';
import { jsonInput } from '../call.js';
import type { Access } from './access.js';
import type { RegistryAuthorization } from './authorization.js';
import type { ImageOperations } from './image-operations.js';
import type { Layers } from './layers.js';
import type { Referrers } from './referrers.js';
import type { Registries } from './registries.js';
import type { Repositories } from './repositories.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { text } from './request.js';
import type { ScanOperations } from './scan-operations.js';

export interface EcrOptions {
  readonly registries: Registries;
  readonly repositories: Repositories;
  readonly authorization: RegistryAuthorization;
  readonly access: Access;
  readonly layers: Layers;
  readonly images: ImageOperations;
  readonly referrers: Referrers;
  readonly scans: ScanOperations;
}

/**
 * ECR: image and layer operations by way of the registry's own API, authorization tokens that
 * the registry checks, scans, and the backend's repositories under the address that clients can
 * push to.
 */
export function createEcr(options: EcrOptions): Pick<Handler, 'handles' | 'answer'> {
  const { layers, images, referrers, scans, registries } = options;

  async function authorizationToken({ input, scope, caller }: EcrRequest): Promise<unknown> {
    const asked = (input['registryIds'] ?? [scope.accountId]) as readonly string[];
    const authorizationData = await Promise.all(
      asked.map(async (accountId) => {
        const token = options.authorization.issue(caller, scope.region);
        return {
          authorizationToken: token.authorizationToken,
          expiresAt: token.expiresAtMs / 1000,
          proxyEndpoint: `http://${await registries.host({ ...scope, accountId })}`,
        };
      }),
    );
    return { authorizationData };
  }

  const operations: Readonly<Record<string, EcrOperation>> = {
    GetAuthorizationToken: authorizationToken,
    InitiateLayerUpload: layers.initiate,
    UploadLayerPart: layers.uploadPart,
    CompleteLayerUpload: layers.complete,
    BatchCheckLayerAvailability: layers.checkAvailability,
    GetDownloadUrlForLayer: layers.downloadUrl,
    PutImage: images.put,
    BatchGetImage: images.batchGet,
    BatchDeleteImage: images.batchDelete,
    DescribeImages: images.describe,
    ListImages: images.list,
    ListImageReferrers: referrers.list,
    StartImageScan: scans.start,
    DescribeImageScanFindings: scans.describe,
    GetRegistryScanningConfiguration: scans.configuration,
    PutRegistryScanningConfiguration: scans.configure,
  };

  return {
    handles: (identity) => identity.service === 'ecr',
    async answer(call) {
      const request = requestOf(call, registries);
      const { caller, operation, scope } = request;
      // ListImageReferrers is allowed by another action (ECR API reference).
      const action = operation === 'ListImageReferrers' ? 'BatchGetImage' : operation;
      const isForeign = caller.account !== scope.accountId;
      // Whoever owns a repository can always read and change its settings and its policy here.
      if (isForeign || operation in operations) {
        for (const name of repositoryNames(request)) {
          await options.access.check(caller, `ecr:${action}`, scope, name);
        }
      }
      const own = operations[operation];
      const result = await (own ? own(request) : options.repositories.passOn(request));
      return { kind: 'json', result };
    },
  };
}

/** A call on no repository is on all of them: only the account's own callers may do that. */
function repositoryNames({ repositoryName, input, caller, scope }: EcrRequest): readonly string[] {
  if (repositoryName !== '') return [repositoryName];
  if (Array.isArray(input['repositoryNames'])) return input['repositoryNames'] as string[];
  return caller.account === scope.accountId ? [] : ['*'];
}

function requestOf(call: Call, registries: Registries): EcrRequest {
  const input = jsonInput(call);
  const accountId = text(input, 'registryId') || call.caller.account;
  const scope = { accountId, region: call.identity.region };
  return {
    operation: call.identity.operation,
    input,
    scope,
    caller: call.caller,
    repositoryName: text(input, 'repositoryName'),
    registry: registries.at(scope),
  };
}
