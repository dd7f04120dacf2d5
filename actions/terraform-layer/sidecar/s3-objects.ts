import type { S3Client } from '@aws-sdk/client-s3';
import { backendClient, withScheme, type Aws } from './backend-client.js';
import type { S3Place, S3Secrets } from './backend-place.js';
import type { StateVersion } from './state-versions.js';

/** Objects of one bucket, as far as a sidecar needs them; undefined is what is not there. */
export interface S3Objects {
  get(key: string): Promise<string | undefined>;
  put(key: string, text: string): Promise<void>;
  delete(key: string): Promise<void>;
  etag(key: string): Promise<string | undefined>;
  /** Versions of one object, the newest first. */
  versions(key: string, limit: number): Promise<readonly StateVersion[]>;
  getVersion(key: string, id: string): Promise<string | undefined>;
}

/** The reach of a client: places that differ in nothing else share one. */
export type S3Reach = Omit<S3Place, 'key' | 'locks'>;

/** S3 through the AWS SDK, which is loaded and connected with the first call. */
export function sdkS3Objects(reach: S3Reach, secrets: S3Secrets, aws: Aws): S3Objects {
  let opened: Promise<S3Client> | undefined;
  const client = (): Promise<S3Client> => (opened ??= openClient(reach, secrets, aws));
  const { bucket: Bucket } = reach;
  const customer =
    secrets.customerKey === undefined
      ? {}
      : { SSECustomerAlgorithm: 'AES256', SSECustomerKey: secrets.customerKey };
  return {
    async get(Key) {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const s3 = await client();
      return unlessMissing(async () => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...customer }));
        return Body?.transformToString('utf-8');
      });
    },
    async put(Key, text) {
      const { PutObjectCommand } = await import('@aws-sdk/client-s3');
      const s3 = await client();
      await s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: text,
          ContentType: 'application/json',
          ...customer,
          ...encryptionHeaders(reach),
        }),
      );
    },
    async delete(Key) {
      const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
      await (await client()).send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async etag(Key) {
      const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
      const s3 = await client();
      return unlessMissing(
        async () => (await s3.send(new HeadObjectCommand({ Bucket, Key, ...customer }))).ETag,
      );
    },
    // Amazon S3 documentation, "Using versioning in S3 buckets".
    async versions(key, limit) {
      const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
      const s3 = await client();
      // S3 sorts by key, and the newest version of a key first: ours comes before `key.tflock`.
      const { Versions = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: key, MaxKeys: limit }),
      );
      return Versions.filter(({ Key }) => Key === key).map(
        ({ VersionId = 'null', LastModified, IsLatest }) => ({
          id: VersionId,
          at: (LastModified ?? new Date(0)).toISOString(),
          current: IsLatest === true,
        }),
      );
    },
    async getVersion(Key, VersionId) {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const s3 = await client();
      return unlessMissing(async () => {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket, Key, VersionId, ...customer }),
        );
        return Body?.transformToString('utf-8');
      }, unknownVersion);
    },
  };
}

async function openClient(reach: S3Reach, secrets: S3Secrets, aws: Aws): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    ...backendClient(reach, secrets, aws),
    ...(reach.endpoint === undefined ? {} : { endpoint: withScheme(reach.endpoint) }),
    ...(reach.pathStyle === undefined ? {} : { forcePathStyle: reach.pathStyle }),
    ...(reach.checksums
      ? {}
      : {
          requestChecksumCalculation: 'WHEN_REQUIRED' as const,
          responseChecksumValidation: 'WHEN_REQUIRED' as const,
        }),
  });
}

function encryptionHeaders({ encryption, acl }: S3Reach): {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms';
  readonly SSEKMSKeyId?: string;
  readonly ACL?: NonNullable<S3Reach['acl']>;
} {
  const owned = acl === undefined ? {} : { ACL: acl };
  switch (encryption.kind) {
    case 'bucket-default':
      return owned;
    case 'aes256':
      return { ...owned, ServerSideEncryption: 'AES256' };
    case 'kms':
      return { ...owned, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryption.keyId };
  }
}

/** A bucket that is yet to be made, by another stack of the same run, holds nothing either. */
const missing = ['NoSuchKey', 'NotFound', 'NoSuchBucket'];
/** S3 answers an id that cannot be one with `InvalidArgument`. */
const unknownVersion = [...missing, 'NoSuchVersion', 'InvalidArgument'];

async function unlessMissing<T>(
  body: () => Promise<T>,
  names: readonly string[] = missing,
): Promise<T | undefined> {
  try {
    return await body();
  } catch (thrown) {
    if (thrown instanceof Error && names.includes(thrown.name)) return undefined;
    throw thrown;
  }
}
