import { AwsError } from '../../aws-error.js';
import type { Call, Guard, Handler } from '../call.js';
import type { Statement } from '../policy.js';
import { evaluate, statementsOf } from '../policy.js';
import type { Caller } from '../sts/sessions.js';
import type { RequestHead } from '../identify.js';

interface BucketPolicy {
  readonly document: string;
  readonly conditional: readonly Statement[];
}

/** S3 API operations whose permission has another name (Amazon S3, "Required permissions"). */
const ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  DeleteObjects: 'DeleteObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
};

/** Request headers that S3 offers as condition keys. */
const HEADER_KEYS = [
  'x-amz-acl',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
  'if-none-match',
];

/**
 * The gap: moto applies the statements of a bucket policy without their conditions, so that a
 * policy that denies plain HTTP denies everything.
 *
 * Statements with conditions are kept here and judged here, the rest stays with the backend. Every
 * call counts as one over TLS: the emulator's own transport is plain HTTP on this machine.
 */
export function createS3PolicyConditions(): Handler & Guard {
  const policies = new Map<string, BucketPolicy>();

  return {
    handles: ({ service, operation }) =>
      service === 's3' &&
      ['PutBucketPolicy', 'GetBucketPolicy', 'DeleteBucketPolicy', 'DeleteBucket'].includes(
        operation,
      ),

    async answer(call) {
      const bucket = bucketOf(call.head);
      switch (call.identity.operation) {
        case 'GetBucketPolicy': {
          const policy = policies.get(bucket);
          if (!policy) break;
          const headers = { 'content-type': 'application/json' };
          const body = Buffer.from(policy.document);
          return { kind: 'response', response: { status: 200, headers, body } };
        }
        case 'PutBucketPolicy':
          return { kind: 'response', response: await put(call, bucket) };
      }
      const response = await call.forward();
      const isGone = call.identity.operation !== 'GetBucketPolicy' && response.status < 300;
      if (isGone) policies.delete(bucket);
      return { kind: 'response', response };
    },

    check(identity, head, caller) {
      if (identity.service !== 's3') return;
      const policy = policies.get(bucketOf(head));
      if (!policy) return;
      const verdict = evaluate(policy.conditional, {
        action: `s3:${ACTIONS[identity.operation] ?? identity.operation}`,
        resource: `arn:aws:s3:::${decodeURIComponent(head.path.slice(1).replace(/\/$/, ''))}`,
        principal: { kind: 'AWS', names: principalNames(caller) },
        context: contextOf(head, caller),
      });
      if (verdict === 'Deny') throw new AwsError('AccessDenied', 'Access Denied', 403);
    },

    reset: () => policies.clear(),
  };

  async function put(call: Call, bucket: string): ReturnType<Call['forward']> {
    const document = call.body.toString('utf8');
    let parsed: Record<string, unknown>;
    let statements: readonly Statement[];
    try {
      parsed = JSON.parse(document) as Record<string, unknown>;
      statements = statementsOf(document);
    } catch {
      return call.forward();
    }
    const conditional = statements.filter((statement) => statement.Condition !== undefined);
    const others = statements.filter((statement) => statement.Condition === undefined);
    const response =
      others.length > 0 || conditional.length === 0
        ? await call.forward({ body: JSON.stringify({ ...parsed, Statement: others }) })
        : await call.forward({ method: 'DELETE', body: '' });
    if (response.status < 300) policies.set(bucket, { document, conditional });
    return response;
  }
}

function bucketOf(head: RequestHead): string {
  return head.path.split('/')[1] ?? '';
}

function principalNames(caller: Caller): string[] {
  const root = `arn:aws:iam::${caller.account}:root`;
  return [caller.arn, caller.account, root, ...(caller.roleArn ? [caller.roleArn] : [])];
}

function contextOf(head: RequestHead, caller: Caller): Map<string, readonly string[]> {
  const context = new Map<string, readonly string[]>([
    ['aws:securetransport', ['true']],
    ['s3:tlsversion', ['1.3']],
    ['aws:principalarn', [caller.roleArn ?? caller.arn]],
    ['aws:principalaccount', [caller.account]],
  ]);
  for (const key of HEADER_KEYS) {
    const value = head.headers[key];
    if (typeof value === 'string') context.set(`s3:${key}`, [value]);
  }
  for (const key of ['prefix', 'delimiter', 'max-keys', 'versionId']) {
    const value = head.query.get(key);
    if (value !== null) context.set(`s3:${key.toLowerCase()}`, [value]);
  }
  return context;
}
