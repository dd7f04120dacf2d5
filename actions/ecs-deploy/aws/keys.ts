import type { AwsClientConfig } from '../../shared/aws-access.js';
import { allPages } from '../../shared/pages.js';
import type { Key } from '../ports.js';
import { call, orUndefined } from './calls.js';

/** AWS's own keys have aliases of this kind (AWS KMS Developer Guide, "Aliases"). */
const ownAlias = /(^|:)alias\/aws\//;

/**
 * The keys of encrypted parameters, by name (API reference, "ParameterMetadata", `KeyId`); nothing
 * is decrypted, and those with AWS's own key are left out.
 */
export async function parameterKeys(
  names: readonly string[],
  config: AwsClientConfig,
): Promise<ReadonlyMap<string, string>> {
  const sdk = await import('@aws-sdk/client-ssm');
  const client = new sdk.SSMClient(config);
  try {
    const found = await allPages(async ({ nextToken }) => {
      const answer = await call(`ssm:DescribeParameters of ${names.join(', ')}`, () =>
        client.send(
          new sdk.DescribeParametersCommand({
            ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [...names] }],
            MaxResults: 50,
            ...(nextToken === undefined ? {} : { NextToken: nextToken }),
          }),
        ),
      );
      return [answer.Parameters, answer.NextToken];
    });
    return new Map(
      found.flatMap(({ Name = '', Type, KeyId = '' }) =>
        Type !== 'SecureString' || KeyId === '' || ownAlias.test(KeyId) ? [] : [[Name, KeyId]],
      ),
    );
  } finally {
    client.destroy();
  }
}

/** By `kms:DescribeKey`, which takes an id, an ARN or an alias. */
export async function describeKey(id: string, config: AwsClientConfig): Promise<Key | undefined> {
  const sdk = await import('@aws-sdk/client-kms');
  const client = new sdk.KMSClient(config);
  try {
    const answer = await orUndefined(['NotFoundException'], () =>
      call(`kms:DescribeKey of ${id}`, () =>
        client.send(new sdk.DescribeKeyCommand({ KeyId: id })),
      ),
    );
    const { Arn = id, KeyManager, KeyState = '' } = answer?.KeyMetadata ?? {};
    return answer && { arn: Arn, isManagedByAws: KeyManager === 'AWS', state: KeyState };
  } finally {
    client.destroy();
  }
}

export async function keyPolicy(arn: string, config: AwsClientConfig): Promise<string> {
  const sdk = await import('@aws-sdk/client-kms');
  const client = new sdk.KMSClient(config);
  try {
    const answer = await call(`kms:GetKeyPolicy of ${arn}`, () =>
      // API reference, "GetKeyPolicy": the only name that there is.
      client.send(new sdk.GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' })),
    );
    return answer.Policy ?? '';
  } finally {
    client.destroy();
  }
}
