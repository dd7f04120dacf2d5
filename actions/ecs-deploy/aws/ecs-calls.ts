import type * as ecsSdk from '@aws-sdk/client-ecs';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import { callsOf, type Calls } from './calls.js';

export type EcsCalls = Calls<ecsSdk.ECSClient, typeof ecsSdk>;

/** Calls of Amazon ECS over one client, which all ports share. */
export function openEcsCalls(config: AwsClientConfig): EcsCalls {
  return callsOf('ecs', async () => {
    const sdk = await import('@aws-sdk/client-ecs');
    return { sdk, client: new sdk.ECSClient(config) };
  });
}
