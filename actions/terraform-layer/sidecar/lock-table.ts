import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { backendClient, withScheme, type Aws } from './backend-client.js';
import type { S3Place, S3Secrets } from './backend-place.js';

/** The DynamoDB table in which older configurations take their locks. */
export interface LockTable {
  /** What Terraform wrote of who holds the lock of one state; undefined where nobody does. */
  read(bucket: string, key: string): Promise<string | undefined>;
}

/** The reach of a table's client: states that differ in nothing else share one. */
export type LockTableReach = Pick<S3Place, 'region' | 'profile' | 'assumeRole'> & {
  readonly table: NonNullable<S3Place['locks']['table']>;
};

/**
 * The table through the AWS SDK, which is loaded and connected with the first call. The key of a
 * lock is `LockID`, `<bucket>/<key of the state>`, and its attribute `Info` holds what the lock
 * file of S3 holds (Terraform's documentation, "Backend Type: s3"; seen in Terraform 1.11).
 */
export function sdkLockTable(reach: LockTableReach, secrets: S3Secrets, aws: Aws): LockTable {
  let opened: Promise<DynamoDBClient> | undefined;
  return {
    async read(bucket, key) {
      const { GetItemCommand } = await import('@aws-sdk/client-dynamodb');
      const client = await (opened ??= openClient(reach, secrets, aws));
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: reach.table.name,
          Key: { LockID: { S: `${bucket}/${key}` } },
          ProjectionExpression: 'LockID, Info',
          ConsistentRead: true,
        }),
      );
      return Item?.['Info']?.S;
    },
  };
}

async function openClient(
  reach: LockTableReach,
  secrets: S3Secrets,
  aws: Aws,
): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { endpoint } = reach.table;
  return new DynamoDBClient({
    ...backendClient(reach, secrets, aws),
    ...(endpoint === undefined ? {} : { endpoint: withScheme(endpoint) }),
  });
}
