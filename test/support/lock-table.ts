import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { sdkConfig, type TestEmulator } from './emulator.js';

/** The DynamoDB table in which stacks of older configurations lock. */
export const lockTable = 'locks';

const dynamodb = (emulator: TestEmulator): DynamoDBClient =>
  new DynamoDBClient(sdkConfig(emulator));

/** Makes the table as Terraform's S3 backend wants it. */
export async function createLockTable(emulator: TestEmulator): Promise<void> {
  await dynamodb(emulator).send(
    new CreateTableCommand({
      TableName: lockTable,
      KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}

/** Locks one state, `bucket/key`, as Terraform does. */
export async function putLock(emulator: TestEmulator, state: string, info: string): Promise<void> {
  const item = { LockID: { S: state }, Info: { S: info } };
  await dynamodb(emulator).send(new PutItemCommand({ TableName: lockTable, Item: item }));
}

/** What is locked, as `bucket/key`; digests of states lie in the same table. */
export async function lockedStates(emulator: TestEmulator): Promise<readonly string[]> {
  const { Items = [] } = await dynamodb(emulator).send(new ScanCommand({ TableName: lockTable }));
  return Items.flatMap(({ LockID: id, Info: info }) => (info === undefined ? [] : (id?.S ?? [])));
}
