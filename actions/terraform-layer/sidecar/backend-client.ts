import type { EnvironmentAccess } from '../terraform/access.js';
import type { S3Place, S3Secrets } from './backend-place.js';

/** The access of an environment, for our own clients. */
export type Aws = EnvironmentAccess['aws'];
type Credentials = NonNullable<Aws['credentials']>;
type Keys = NonNullable<S3Secrets['keys']>;
type StaticCredentials = () => Promise<Keys & { readonly expiration?: Date }>;

/**
 * What the clients of one `s3` backend have in common: its region, and the credentials that the
 * backend spells out, else those of its profile, else those of the environment; in each case by
 * the role that the backend assumes, if any (Terraform's documentation, "Backend Type: s3").
 */
export function backendClient(
  place: Pick<S3Place, 'region' | 'profile' | 'assumeRole'>,
  secrets: S3Secrets,
  aws: Aws,
): {
  readonly region: string;
  readonly retryMode: 'standard';
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
  readonly profile?: string;
  readonly credentials?: Credentials | StaticCredentials;
} {
  const region = place.region ?? aws.region;
  const own = secrets.keys === undefined ? aws.credentials : staticCredentials(secrets.keys);
  const base = place.profile !== undefined && secrets.keys === undefined ? undefined : own;
  const credentials =
    place.assumeRole === undefined
      ? base
      : assumingRole(place.assumeRole, { region, credentials: base, profile: place.profile });
  return {
    region,
    retryMode: 'standard',
    maxAttempts: 4,
    // A store that does not answer must not hold up an apply.
    requestHandler: { connectionTimeout: 5000, requestTimeout: 20_000 },
    ...(place.profile === undefined ? {} : { profile: place.profile }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** An endpoint without a scheme is one of TLS. */
export function withScheme(endpoint: string): string {
  return endpoint.includes('://') ? endpoint : `https://${endpoint}`;
}

function staticCredentials(keys: Keys): StaticCredentials {
  return () => Promise.resolve(keys);
}

/** The role that the backend assumes; the SDK asks again before a session ends. */
function assumingRole(
  role: NonNullable<S3Place['assumeRole']>,
  from: {
    readonly region: string;
    readonly credentials: Credentials | StaticCredentials | undefined;
    readonly profile: string | undefined;
  },
): Credentials {
  return async () => {
    const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
    const sts = new STSClient({
      region: from.region,
      ...(from.credentials === undefined ? {} : { credentials: from.credentials }),
      ...(from.profile === undefined ? {} : { profile: from.profile }),
    });
    try {
      const { Credentials: session } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: role.roleArn,
          RoleSessionName: role.sessionName ?? 'infra-actions',
          ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
        }),
      );
      return {
        accessKeyId: session?.AccessKeyId ?? '',
        secretAccessKey: session?.SecretAccessKey ?? '',
        sessionToken: session?.SessionToken ?? '',
        expiration: session?.Expiration ?? new Date(Date.now() + 15 * 60_000),
      };
    } finally {
      sts.destroy();
    }
  };
}
