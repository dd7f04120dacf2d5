import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
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
      return s3Versions(stack, options.aws);
    case 'local':
      return backupFile(
        path.resolve(options.root, `${stack.stateKey.replace(/^local:/, '')}.backup`),
      );
    default:
      return undefined;
  }
}

/**
 * Object versions of a bucket (Amazon S3 documentation, "Using versioning in S3 buckets"); the SDK
 * is loaded and connected with the first call.
 */
function s3Versions(stack: Stack, aws: EnvironmentAccess['aws']): StateVersions | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(stack.stateKey) ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  let connection: Promise<StateVersions> | undefined;
  const connected = (): Promise<StateVersions> => {
    connection ??= connect({ bucket, key, settings: s3Settings(stack, aws) });
    return connection;
  };
  return {
    list: async (limit) => (await connected()).list(limit),
    read: async (id) => (await connected()).read(id),
  };
}

async function connect(place: {
  readonly bucket: string;
  readonly key: string;
  readonly settings: ReturnType<typeof s3Settings>;
}): Promise<StateVersions> {
  const { GetObjectCommand, ListObjectVersionsCommand, S3Client } =
    await import('@aws-sdk/client-s3');
  const { bucket: Bucket, key } = place;
  const s3 = new S3Client(place.settings);
  return {
    list: async (limit) => {
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
    read: async (VersionId) => {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key, VersionId }));
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
function s3Settings({ backend }: Stack, aws: EnvironmentAccess['aws']) {
  const { config } = backend;
  const endpoints = config['endpoints'];
  const endpoint =
    (typeof endpoints === 'object' && endpoints !== null && 's3' in endpoints
      ? text(endpoints.s3)
      : undefined) ?? text(config['endpoint']);
  const region = text(config['region']) ?? aws.region;
  const pathStyle = config['use_path_style'] ?? config['force_path_style'];
  return {
    ...aws,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === true || pathStyle === 'true' ? { forcePathStyle: true } : {}),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
