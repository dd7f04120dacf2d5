import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { asBoolean, asString, isMap, member } from '../hcl/value.js';
import type { Stack } from '../stacks/workspace.js';
import type { EnvironmentAccess } from './access.js';

export interface StateVersion {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly current: boolean;
}

/** Earlier versions of one state, as its backend keeps them. */
export interface StateVersions {
  /** The newest first. */
  list(limit: number): Promise<readonly StateVersion[]>;
  /** Undefined where there is no such version. */
  read(id: string): Promise<string | undefined>;
}

/** Undefined for backends whose versions cannot be read from here (`cloud`, `gcs`, …). */
export function stateVersions(
  stack: Stack,
  options: { readonly root: string; readonly aws: EnvironmentAccess['aws'] },
): StateVersions | undefined {
  switch (stack.backend.type) {
    case 's3':
      return s3Versions(stack, () => openClient(stack, options.aws));
    case 'local':
      return backupFile(
        path.resolve(options.root, `${stack.stateKey.replace(/^local:/, '')}.backup`),
      );
    default:
      return undefined;
  }
}

/** Object versions of a bucket (Amazon S3 documentation, "Using versioning in S3 buckets"). */
function s3Versions(stack: Stack, open: () => Promise<S3Client>): StateVersions | undefined {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(stack.stateKey);
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  let client: Promise<S3Client> | undefined;
  const connected = (): Promise<S3Client> => (client ??= open());
  return {
    list: async (limit) => {
      const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
      const s3 = await connected();
      // S3 sorts by key, and the newest version of a key first: ours comes before `key.tflock`.
      const { Versions = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, MaxKeys: limit }),
      );
      return Versions.filter(({ Key }) => Key === key).map(
        ({ VersionId = 'null', LastModified, IsLatest }) => ({
          id: VersionId,
          at: (LastModified ?? new Date(0)).toISOString(),
          current: IsLatest === true,
        }),
      );
    },
    read: async (id) => {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const s3 = await connected();
      try {
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: id }),
        );
        return await Body?.transformToString('utf-8');
      } catch (thrown) {
        // S3 answers an id that cannot be one with `InvalidArgument`.
        const unknown = ['NoSuchVersion', 'NoSuchKey', 'InvalidArgument'];
        if (thrown instanceof Error && unknown.includes(thrown.name)) return undefined;
        throw thrown;
      }
    },
  };
}

/** Terraform's local backend keeps one copy. */
function backupFile(file: string): StateVersions {
  const id = 'backup';
  return {
    list: async () => {
      const found = await stat(file).catch(() => undefined);
      return found === undefined ? [] : [{ id, at: found.mtime.toISOString(), current: false }];
    },
    read: async (wanted) =>
      wanted === id ? readFile(file, 'utf8').catch(() => undefined) : undefined,
  };
}

/** Settings: Terraform's documentation, "Backend Type: s3". */
async function openClient(stack: Stack, aws: EnvironmentAccess['aws']): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { config } = stack.backend;
  const setting = (name: string): string | undefined => asString(member(config, name) ?? null);
  const endpoints = member(config, 'endpoints') ?? null;
  const endpoint =
    (isMap(endpoints) ? asString(member(endpoints, 's3') ?? null) : undefined) ??
    setting('endpoint');
  const pathStyle =
    asBoolean(member(config, 'use_path_style') ?? null) ??
    asBoolean(member(config, 'force_path_style') ?? null);
  return new S3Client({
    ...aws,
    region: setting('region') ?? aws.region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle }),
  });
}
