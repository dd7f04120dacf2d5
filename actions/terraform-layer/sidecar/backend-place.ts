import path from 'node:path';
import { z } from 'zod';
import type { Stack } from '../stacks/workspace.js';
import { defaultWorkspace } from '../stacks/state-identity.js';

const encryptionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bucket-default') }),
  z.object({ kind: z.literal('aes256') }),
  z.object({ kind: z.literal('kms'), keyId: z.string() }),
]);

/** Where the backend takes its lock; both at once while a team moves from the table to the file. */
const locksSchema = z.object({
  /** In `<key>.tflock` (`use_lockfile`). */
  file: z.boolean(),
  /** In a DynamoDB table (`dynamodb_table`), which HashiCorp calls deprecated since 1.11. */
  table: z.object({ name: z.string(), endpoint: z.string().optional() }).optional(),
});

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
  locks: locksSchema,
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

const text = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) =>
    value === null || value === undefined || value === '' ? undefined : String(value),
  );
const flag = text.transform((value) => value === 'true');
const optionalFlag = text.transform((value) =>
  value === undefined ? undefined : value === 'true',
);
const roleFields = { role_arn: text, session_name: text, external_id: text };

const s3ConfigSchema = z.object({
  bucket: text,
  key: text,
  workspace_key_prefix: text,
  region: text,
  endpoint: text,
  endpoints: z.object({ s3: text, dynamodb: text }).nullish(),
  use_path_style: optionalFlag,
  force_path_style: optionalFlag,
  encrypt: flag,
  kms_key_id: text,
  acl: text,
  skip_s3_checksum: flag,
  profile: text,
  assume_role: z.object(roleFields).nullish(),
  ...roleFields,
  assume_role_with_web_identity: z.unknown().optional(),
  access_key: text,
  secret_key: text,
  token: text,
  sse_customer_key: text,
  use_lockfile: flag,
  dynamodb_table: text,
  dynamodb_endpoint: text,
});

const localConfigSchema = z.object({ path: text, workspace_dir: text });

/**
 * The place of an `s3` backend's state, undefined for other backends and where a setting is not
 * understood. Settings: Terraform's documentation, "Backend Type: s3".
 */
export function s3PlaceOf(
  stack: Stack,
): { readonly place: S3Place; readonly secrets: S3Secrets } | undefined {
  if (stack.backend.type !== 's3') return undefined;
  const parsed = s3ConfigSchema.safeParse(stack.backend.config);
  if (!parsed.success) return undefined;
  const config = parsed.data;
  // A web identity of the backend's own would need its token file: nothing here asks for one yet.
  if (config.assume_role_with_web_identity !== undefined) return undefined;
  const own = ownWorkspace(stack);
  const prefix = own === undefined ? '' : `${config.workspace_key_prefix ?? 'env:'}/${own}/`;
  const role = config.assume_role ?? config;
  const place = s3PlaceSchema.safeParse({
    bucket: config.bucket,
    key: config.key === undefined ? undefined : `${prefix}${config.key}`,
    region: config.region,
    endpoint: config.endpoints?.s3 ?? config.endpoint,
    pathStyle: config.use_path_style ?? config.force_path_style,
    encryption: encryptionOf(config.encrypt, config.kms_key_id),
    acl: config.acl,
    checksums: !config.skip_s3_checksum,
    profile: config.profile,
    assumeRole:
      role.role_arn === undefined
        ? undefined
        : {
            roleArn: role.role_arn,
            sessionName: role.session_name,
            externalId: role.external_id,
          },
    locks: locksOf(config),
  });
  return place.success ? { place: place.data, secrets: secretsOf(config) } : undefined;
}

function locksOf(config: z.infer<typeof s3ConfigSchema>): S3Place['locks'] {
  const { use_lockfile: file, dynamodb_table: name } = config;
  const endpoint = config.endpoints?.dynamodb ?? config.dynamodb_endpoint;
  if (name === undefined) return { file };
  return { file, table: { name, ...(endpoint === undefined ? {} : { endpoint }) } };
}

function secretsOf(config: z.infer<typeof s3ConfigSchema>): S3Secrets {
  const { access_key: accessKeyId, secret_key: secretAccessKey, token: sessionToken } = config;
  const { sse_customer_key: customerKey } = config;
  const session = sessionToken === undefined ? {} : { sessionToken };
  return {
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { keys: { accessKeyId, secretAccessKey, ...session } }),
    ...(customerKey === undefined ? {} : { customerKey }),
  };
}

/**
 * Absolute path of a `local` backend's state, undefined for other backends (Terraform's
 * documentation, "Backend Type: local").
 */
export function localStateFile(stack: Stack, root: string): string | undefined {
  if (stack.backend.type !== 'local') return undefined;
  const config = localConfigSchema.safeParse(stack.backend.config).data;
  const own = ownWorkspace(stack);
  const file =
    own === undefined
      ? (config?.path ?? 'terraform.tfstate')
      : path.join(config?.workspace_dir ?? 'terraform.tfstate.d', own, 'terraform.tfstate');
  return path.resolve(root, stack.directory, file);
}

/** Where Terraform's local backend writes who holds the lock. */
export function localLockFile(stateFile: string): string {
  return path.join(path.dirname(stateFile), `.${path.basename(stateFile)}.lock.info`);
}

function ownWorkspace({ workspace }: Stack): string | undefined {
  return workspace === defaultWorkspace ? undefined : workspace;
}

function encryptionOf(encrypt: boolean, keyId: string | undefined): S3Place['encryption'] {
  if (!encrypt) return { kind: 'bucket-default' };
  return keyId === undefined ? { kind: 'aes256' } : { kind: 'kms', keyId };
}
