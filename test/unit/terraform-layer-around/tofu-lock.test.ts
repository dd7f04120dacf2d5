import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { heldLockIn } from '../../../actions/terraform-layer/terraform/held-lock.js';

// Entries as OpenTofu 1.12.6 writes them, shortened.

const id = '6003d88c-340b-41f5-b2aa-56a47cd31bd0';
const lockText = JSON.stringify({ ID: id, Operation: 'OperationTypeApply', Who: 'root@vm' });
const digest = createHash('sha256').update(lockText).digest();
const at = '2026-11-26T06:16:14.729Z [DEBUG] backend-s3: HTTP';

const ofFile = (method: string, key = 'k.tfstate.tflock'): string =>
  `aws.region=eu-west-1 aws.s3.bucket=states aws.s3.key=${key} rpc.method=S3/${method} rpc.system.name=aws-api`;
const sent = (sign: string, key?: string): string =>
  `${at} Request Sent: ${ofFile('PutObject', key)} ${sign} http.request.header.if_none_match="*"\n`;
const put = sent(`http.request.header.x_amz_content_sha256=${digest.toString('hex')}`);
const removed = (status: number): string =>
  `${at} Response Received: ${ofFile('DeleteObject')} http.status_code=${status}\n`;
const item = (condition = 'attribute_not_exists(LockID)'): string =>
  `${at} Request Sent: aws.dynamodb.table_names=["locks"] rpc.method=DynamoDB/PutItem rpc.system.name=aws-api\n` +
  `  http.request.body=\n  | {"ConditionExpression":"${condition}","Item":{"LockID":{"S":"states/k"},"Info":{"S":` +
  `${JSON.stringify(lockText)}}},"TableName":"locks"}\n   http.method=POST\n`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tofu-lock-'));
});
afterAll(() => rm(directory, { recursive: true }));

let asked: number;
beforeEach(() => {
  asked = 0;
});
async function held(log: string, standing: string | undefined): Promise<string | undefined> {
  const file = path.join(directory, 'log');
  await writeFile(file, log);
  return heldLockIn(file, () => {
    asked += 1;
    return Promise.resolve(standing);
  });
}

describe('the lock of an OpenTofu that has ended', () => {
  it('is the one whose text it has sent', async () => {
    expect(await held(put, lockText)).toBe(id);
    const key = '"a key.tfstate.tflock"';
    const checksum = `http.request.header.x_amz_checksum_sha256="${digest.toString('base64')}"`;
    expect(await held(sent(checksum, key), lockText)).toBe(id);
    expect(await held(item(), lockText)).toBe(id);
  });

  it('is none where somebody else holds it, or nobody does', async () => {
    const other = lockText.replace(id, 'ffffffff-340b-41f5-b2aa-56a47cd31bd0');
    expect(await held(put, other)).toBeUndefined();
    expect(await held(item(), other)).toBeUndefined();
    expect(await held(put, undefined)).toBeUndefined();
    expect(await held(put, 'no lock')).toBeUndefined();
    // Only read: the words of a lock that was in the way.
    const seen = `${at} Response Received: rpc.method=DynamoDB/GetItem http.response.body=\n  | {"Info":${JSON.stringify(lockText)}}\n`;
    expect(await held(put + seen, other)).toBeUndefined();
    expect(await held(sent('x') + seen, lockText)).toBeUndefined();
  });

  it('is not asked for where none was sent, or it was taken back', async () => {
    expect(await held('', lockText)).toBeUndefined();
    expect(await held(sent('x', 'k.tfstate'), lockText)).toBeUndefined();
    expect(await held(item('attribute_exists(LockID)'), lockText)).toBeUndefined();
    expect(await held(put + removed(204), lockText)).toBeUndefined();
    expect(asked).toBe(0);
    expect(await held(put + removed(403), lockText)).toBe(id);
  });

  it('is not known where its place cannot be read', async () => {
    const file = path.join(directory, 'log');
    await writeFile(file, put);
    expect(await heldLockIn(file, () => Promise.reject(new Error('denied')))).toBeUndefined();
    expect(await heldLockIn(file, undefined)).toBeUndefined();
  });
});
