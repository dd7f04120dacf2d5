import type { TestEmulator } from './emulator.js';

/** The DynamoDB table in which stacks of older configurations lock. */
export const lockTable = 'locks';

/** Makes the table as Terraform's S3 backend wants it. */
export async function createLockTable(emulator: TestEmulator): Promise<void> {
  await dynamodb(emulator, 'CreateTable', {
    KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
}

/** Locks one state, `bucket/key`, as Terraform does. */
export async function putLock(emulator: TestEmulator, state: string, info: string): Promise<void> {
  await dynamodb(emulator, 'PutItem', { Item: { LockID: { S: state }, Info: { S: info } } });
}

/** What is locked, as `bucket/key`; digests of states lie in the same table. */
export async function lockedStates(emulator: TestEmulator): Promise<readonly string[]> {
  const { Items: items } = (await dynamodb(emulator, 'Scan', {})) as {
    readonly Items: readonly { readonly LockID: { readonly S: string }; readonly Info?: unknown }[];
  };
  return items.flatMap(({ LockID: id, Info: info }) => (info === undefined ? [] : [id.S]));
}

async function dynamodb(
  emulator: TestEmulator,
  operation: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const scope = 'test/20260101/eu-west-1/dynamodb/aws4_request';
  const answer = await fetch(emulator.awsUrl, {
    method: 'POST',
    body: JSON.stringify({ TableName: lockTable, ...body }),
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, Signature=0`,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
