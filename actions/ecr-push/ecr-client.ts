import { ECRClient } from '@aws-sdk/client-ecr';
import type { AwsClientConfig } from '../shared/aws-access.js';
import type { Secrets } from '../shared/secrets.js';
import { ecrCalls } from './aws/calls.js';
import { ecrImages } from './aws/images.js';
import { ecrLayers } from './aws/layers.js';
import { ecrRepositories } from './aws/repositories.js';
import { ecrTokens } from './aws/tokens.js';
import type { Ecr } from './ecr.js';

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
  const calls = ecrCalls(new ECRClient(config), ports.signal);
  return {
    ...ecrRepositories(calls),
    ...ecrImages(calls),
    ...ecrLayers(calls),
    ...ecrTokens(calls, ports.secrets),
  };
}
