import path from 'node:path';
import { z } from 'zod';
import { asBoolean, asString, isMap, member, type Evaluated } from '../hcl/value.js';
import type { Stack } from '../stacks/workspace.js';
import { defaultWorkspace } from '../stacks/state-identity.js';

const encryptionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bucket-default') }),
  z.object({ kind: z.literal('aes256') }),
  z.object({ kind: z.literal('kms'), keyId: z.string() }),
]);

/** Where an S3 state lies and how it is reached. Holds no secret: it may be written to disk. */
export const s3PlaceSchema = z.object({
  bucket: z.string(),
  /** The state's own key, with the workspace. */
  key: z.string(),
  region: z.string().optional(),
  endpoint: z.string().optional(),
  /** Undefined: as the SDK decides. */
  pathStyle: z.boolean().optional(),
  encryption: encryptionSchema,
  acl: z
    .enum(['private', 'bucket-owner-full-control', 'bucket-owner-read'])
    .optional()
    .catch(undefined),
  /** False for stores that do not know S3's newer checksums (`skip_s3_checksum`). */
  checksums: z.boolean(),
  profile: z.string().optional(),
  assumeRole: z
    .object({
      roleArn: z.string(),
      sessionName: z.string().optional(),
      externalId: z.string().optional(),
    })
    .optional(),
});

export type S3Place = z.infer<typeof s3PlaceSchema>;

/** Credentials and keys that a backend's configuration spells out. */
export interface S3Secrets {
  readonly keys?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** For SSE-C, base64. */
  readonly customerKey?: string;
}

/**
 * The place of an `s3` backend's state, undefined for other backends and where a setting is not
 * understood. Settings: Terraform's documentation, "Backend Type: s3".
 */
export function s3PlaceOf(
  stack: Stack,
): { readonly place: S3Place; readonly secrets: S3Secrets } | undefined {
  const { type, config } = stack.backend;
  if (type !== 's3') return undefined;
  const setting = (name: string): string | undefined => textIn(config, name);
  const flag = (name: string): boolean | undefined => asBoolean(member(config, name) ?? null);
  const bucket = setting('bucket');
  const key = setting('key');
  // A web identity of the backend's own would need its token file: nothing here asks for one yet.
  if (bucket === undefined || key === undefined) return undefined;
  if (member(config, 'assume_role_with_web_identity') !== undefined) return undefined;
  const own = ownWorkspace(stack);
  const prefix = own === undefined ? '' : `${setting('workspace_key_prefix') ?? 'env:'}/${own}/`;
  const assumed = member(config, 'assume_role') ?? null;
  const role = isMap(assumed) ? (name: string) => textIn(assumed, name) : setting;
  const endpoints = member(config, 'endpoints') ?? null;
  const place: Readonly<Record<keyof S3Place, unknown>> = {
    bucket,
    key: `${prefix}${key}`,
    region: setting('region'),
    endpoint: (isMap(endpoints) ? textIn(endpoints, 's3') : undefined) ?? setting('endpoint'),
    pathStyle: flag('use_path_style') ?? flag('force_path_style'),
    encryption: encryptionOf(flag('encrypt') === true, setting('kms_key_id')),
    acl: setting('acl'),
    checksums: flag('skip_s3_checksum') !== true,
    profile: setting('profile'),
    assumeRole: assumedRole(role),
  };
  const accessKeyId = setting('access_key');
  const secretAccessKey = setting('secret_key');
  const sessionToken = setting('token');
  const customerKey = setting('sse_customer_key');
  return {
    place: s3PlaceSchema.parse(place),
    secrets: {
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : {
            keys: {
              accessKeyId,
              secretAccessKey,
              ...(sessionToken === undefined ? {} : { sessionToken }),
            },
          }),
      ...(customerKey === undefined ? {} : { customerKey }),
    },
  };
}

/**
 * Absolute path of a `local` backend's state, undefined for other backends (Terraform's
 * documentation, "Backend Type: local").
 */
export function localStateFile(stack: Stack, root: string): string | undefined {
  const { type, config } = stack.backend;
  if (type !== 'local') return undefined;
  const own = ownWorkspace(stack);
  const file =
    own === undefined
      ? (textIn(config, 'path') ?? 'terraform.tfstate')
      : path.join(
          textIn(config, 'workspace_dir') ?? 'terraform.tfstate.d',
          own,
          'terraform.tfstate',
        );
  return path.resolve(root, stack.directory, file);
}

/** Where Terraform's local backend writes who holds the lock. */
export function localLockFile(stateFile: string): string {
  return path.join(path.dirname(stateFile), `.${path.basename(stateFile)}.lock.info`);
}

function ownWorkspace({ workspace }: Stack): string | undefined {
  return workspace === defaultWorkspace ? undefined : workspace;
}

function textIn(map: Readonly<Record<string, Evaluated>>, name: string): string | undefined {
  const text = asString(member(map, name) ?? null);
  return text === '' ? undefined : text;
}

function assumedRole(setting: (name: string) => string | undefined): S3Place['assumeRole'] {
  const roleArn = setting('role_arn');
  if (roleArn === undefined) return undefined;
  return { roleArn, sessionName: setting('session_name'), externalId: setting('external_id') };
}

function encryptionOf(encrypt: boolean, keyId: string | undefined): S3Place['encryption'] {
  if (!encrypt) return { kind: 'bucket-default' };
  return keyId === undefined ? { kind: 'aes256' } : { kind: 'kms', keyId };
}
