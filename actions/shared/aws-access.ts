import type { STSClient } from '@aws-sdk/client-sts';
import type { Env } from './env.js';
import { OperationError, UserError } from './errors.js';
import type { GithubContext } from './github-context.js';
import type { InputReader } from './inputs.js';
import { describeClaims, type FetchIdToken } from './oidc.js';
import type { Secrets } from './secrets.js';

/** Which role in which region this step acts as. */
export interface AwsAccessInputs {
  readonly region: string;
  /** Absent: the credentials that the job already has. */
  readonly roleArn: string | undefined;
  readonly audience: string;
  /** Empty: any account. */
  readonly allowedAccountIds: readonly string[];
}

export interface AwsSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** What an SDK client's constructor takes. */
export interface AwsClientConfig {
  readonly region: string;
  readonly retryMode: 'standard';
  readonly maxAttempts: number;
  readonly credentials?: () => Promise<AwsSession>;
}

export interface AwsAccess {
  readonly clientConfig: AwsClientConfig;
  readonly accountId: string;
  /** The caller's ARN, for reports. */
  readonly arn: string;
}

const roleArnPattern = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** Reads `role-to-assume`, `aws-region`, `audience` and `allowed-account-ids`. */
export function readAwsInputs(reader: InputReader, env: Env): AwsAccessInputs {
  const region = reader.text('aws-region') ?? env('AWS_REGION') ?? env('AWS_DEFAULT_REGION');
  if (region === undefined) {
    reader.problem(
      'aws-region',
      'input-required',
      'is required',
      'for example eu-west-1; AWS_REGION in the environment works too',
    );
  }
  const allowedAccountIds = readAccountIds(reader, 'allowed-account-ids');
  return {
    region: region ?? '',
    roleArn: readRoleArn(reader, 'role-to-assume'),
    audience: reader.text('audience') ?? 'sts.amazonaws.com',
    allowedAccountIds,
  };
}

/** The ARN of a role; absent is allowed. */
export function readRoleArn(reader: InputReader, name: string): string | undefined {
  return reader.matching(
    name,
    roleArnPattern,
    'the ARN of a role, arn:aws:iam::<account>:role/<name>',
  );
}

/** Account ids, each of 12 digits. */
export function readAccountIds(reader: InputReader, name: string): readonly string[] {
  const ids = reader.list(name);
  for (const id of ids.filter((candidate) => !/^\d{12}$/.test(candidate))) {
    reader.problem(name, 'input-malformed', `"${id}" is not 12 digits`);
  }
  return ids;
}

export interface AwsAccessPorts {
  readonly fetchIdToken: FetchIdToken;
  readonly secrets: Secrets;
  readonly github: GithubContext | undefined;
}

/**
 * Opens AWS access, and checks at once that it works and is the right account.
 *
 * @throws UserError `aws-credentials-missing`, `aws-account-not-allowed`, `oidc-permission-missing`
 * @throws OperationError `aws-role-denied` with the token's claims; `aws-access-failed`
 */
export async function openAwsAccess(
  inputs: AwsAccessInputs,
  ports: AwsAccessPorts,
): Promise<AwsAccess> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const clientConfig = await clientConfigFor(inputs, ports);
  const sts = new STSClient(clientConfig);
  try {
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    const accountId = identity.Account ?? '';
    if (inputs.allowedAccountIds.length > 0 && !inputs.allowedAccountIds.includes(accountId)) {
      throw new UserError({
        code: 'aws-account-not-allowed',
        message: `these credentials are of account ${accountId}`,
        at: { input: 'allowed-account-ids' },
        hint: `allowed: ${inputs.allowedAccountIds.join(', ')}`,
      });
    }
    return { clientConfig, accountId, arn: identity.Arn ?? '' };
  } catch (thrown) {
    throw explainIdentityFailure(thrown);
  } finally {
    sts.destroy();
  }
}

async function clientConfigFor(
  inputs: AwsAccessInputs,
  ports: AwsAccessPorts,
): Promise<AwsClientConfig> {
  const base = { region: inputs.region, retryMode: 'standard', maxAttempts: 6 } as const;
  const { roleArn } = inputs;
  if (roleArn === undefined) return base;
  const fetchSession = (): Promise<AwsSession> => assumeRoleWithOidc({ ...inputs, roleArn }, ports);
  return { ...base, credentials: await renewing(fetchSession) };
}

/** Keeps a session and fetches the next one five minutes before it ends. */
async function renewing(
  fetchSession: () => Promise<AwsSession>,
): Promise<() => Promise<AwsSession>> {
  let current = Promise.resolve(await fetchSession());
  let expiresAt = (await current).expiration.getTime();
  return async () => {
    if (Date.now() > expiresAt - 5 * 60_000) {
      expiresAt = Number.POSITIVE_INFINITY;
      current = fetchSession();
      try {
        expiresAt = (await current).expiration.getTime();
      } catch (thrown) {
        expiresAt = 0;
        throw thrown;
      }
    }
    return current;
  };
}

/**
 * One STS `AssumeRoleWithWebIdentity` with a fresh OIDC token; AccessDenied is not tried again,
 * since a trust policy does not heal by waiting.
 *
 * @throws OperationError `aws-role-denied`, whose details hold the token's claims
 */
export async function assumeRoleWithOidc(
  inputs: { readonly region: string; readonly roleArn: string; readonly audience: string },
  ports: AwsAccessPorts,
): Promise<AwsSession> {
  const { STSClient, AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/client-sts');
  const token = await ports.fetchIdToken(inputs.audience);
  ports.secrets.add(token);
  const sts: STSClient = new STSClient({
    region: inputs.region,
    retryMode: 'standard',
    maxAttempts: 6,
  });
  try {
    const answer = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: inputs.roleArn,
        RoleSessionName: sessionName(ports.github),
        WebIdentityToken: token,
      }),
    );
    const session = answer.Credentials;
    if (
      session?.AccessKeyId === undefined ||
      session.SecretAccessKey === undefined ||
      session.SessionToken === undefined
    ) {
      throw new OperationError('aws-access-failed', 'STS answered without credentials');
    }
    ports.secrets.add(session.SecretAccessKey);
    ports.secrets.add(session.SessionToken);
    return {
      accessKeyId: session.AccessKeyId,
      secretAccessKey: session.SecretAccessKey,
      sessionToken: session.SessionToken,
      expiration: session.Expiration ?? new Date(Date.now() + 60 * 60_000),
    };
  } catch (thrown) {
    throw explainDenied(thrown, inputs.roleArn, token);
  } finally {
    sts.destroy();
  }
}

/** STS allows `[\w+=,.@-]`, 2 to 64 characters (API reference, "RoleSessionName"). */
export function sessionName(github: GithubContext | undefined): string {
  const name =
    github === undefined
      ? 'infra-actions'
      : `${github.repository.name}-${github.runId}-${github.runAttempt}`;
  return name.replaceAll(/[^\w+=,.@-]/g, '-').slice(-64);
}

function explainDenied(thrown: unknown, roleArn: string, token: string): unknown {
  if (!(thrown instanceof Error) || thrown.name === 'OperationError') return thrown;
  if (thrown.name !== 'AccessDenied' && thrown.name !== 'AccessDeniedException') {
    return new OperationError(
      'aws-access-failed',
      `cannot assume ${roleArn}: ${thrown.name}: ${thrown.message}`,
      { details: { roleArn }, cause: thrown },
    );
  }
  const claims = describeClaims(token);
  const lines = Object.entries(claims).map(([name, value]) => `  ${name}: ${value}`);
  return new OperationError(
    'aws-role-denied',
    [
      `AWS does not let this job assume ${roleArn}: ${thrown.message}`,
      'The token that GitHub gave this job says:',
      ...lines,
      `The role's trust policy must allow sts:AssumeRoleWithWebIdentity for the provider token.actions.githubusercontent.com with conditions that these claims meet.`,
      `A job with "environment:" has a sub that ends in environment:<name>; a pull request's ends in pull_request; any other names its ref.`,
    ].join('\n'),
    { details: { roleArn, claims }, cause: thrown },
  );
}

const missingCredentials = new Set(['CredentialsProviderError', 'TokenProviderError']);

function explainIdentityFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  if (thrown.name === 'UserError' || thrown.name === 'OperationError') return thrown;
  if (missingCredentials.has(thrown.name)) {
    return new UserError({
      code: 'aws-credentials-missing',
      message: 'this job has no AWS credentials',
      at: { input: 'role-to-assume' },
      hint: 'give role-to-assume (with "permissions: id-token: write"), or credentials in the environment',
    });
  }
  return new OperationError(
    'aws-access-failed',
    `AWS does not accept these credentials: ${thrown.name}: ${thrown.message}`,
    { cause: thrown },
  );
}
