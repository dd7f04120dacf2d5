import { ECRClient } from '@aws-sdk/client-ecr';
import type { AwsClientConfig } from '../shared/aws-access.js';
import type { Secrets } from '../shared/secrets.js';
import { ecrCalls } from './aws/calls.js';
import { ecrImages } from './aws/images.js';
import { ecrLayers } from './aws/layers.js';
import { ecrRepositories } from './aws/repositories.js';
import { ecrScans } from './aws/scans.js';
import { ecrSourceRepository } from './aws/source-repository.js';
import { ecrTokens } from './aws/tokens.js';
import type { Ecr } from './ecr.js';
import type { RegistryLogin } from './login.js';
import type { SourceRepository } from './promote/source-registry.js';
import type { RegistryReference } from './repository.js';

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
    ...ecrScans(calls),
  };
}

/** `SourceRepository` over the AWS SDK; throws as `ecrClient` does. */
export function sourceClient(
  config: AwsClientConfig,
  signal: AbortSignal,
  where: Pick<SourceRepository, 'name' | 'accountId' | 'region'>,
): SourceRepository {
  return ecrSourceRepository(ecrCalls(new ECRClient(config), signal), where);
}

/**
 * Logs in to the registry of any account and region. A token is for all registries of its region
 * (API reference, "GetAuthorizationToken"), whose hosts differ in the account they begin with.
 */
export function registryLogins(
  config: AwsClientConfig,
  ports: { readonly secrets: Secrets; readonly signal: AbortSignal },
  ownAccountId: string,
): (registry: RegistryReference) => Promise<RegistryLogin> {
  const byRegion = new Map<string, Promise<RegistryLogin>>();
  const loginOf = (region: string): Promise<RegistryLogin> => {
    const known = byRegion.get(region);
    if (known !== undefined) return known;
    const client = new ECRClient({ ...config, region });
    const login = ecrTokens(ecrCalls(client, ports.signal), ports.secrets).login();
    byRegion.set(region, login);
    return login;
  };
  return async ({ accountId, region = config.region, host }) => {
    const login = await loginOf(region);
    const own = `${ownAccountId}.`;
    const sibling = login.registry.startsWith(own)
      ? `${accountId}.${login.registry.slice(own.length)}`
      : login.registry;
    return { ...login, registry: host ?? sibling };
  };
}
