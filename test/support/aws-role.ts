import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { sdkConfig, type AwsEmulator } from './emulator.js';

const issuer = 'token.actions.githubusercontent.com';

/** The emulator's own. */
const ownAccountId = '123456789012';

const providerOf = (accountId: string): string =>
  `arn:aws:iam::${accountId}:oidc-provider/${issuer}`;

/** The principal of tokens that GitHub has signed, once `createGithubProvider` has run. */
export const githubProvider = providerOf(ownAccountId);

function iamOf(emulator: AwsEmulator, accountId: string): IAMClient {
  const credentials = { accessKeyId: accountId, secretAccessKey: 'test' };
  return new IAMClient({
    ...sdkConfig(emulator),
    ...(accountId === ownAccountId ? {} : { credentials }),
  });
}

/** Makes GitHub's tokens known to an account, for the audience `sts.amazonaws.com`. */
export async function createGithubProvider(
  emulator: AwsEmulator,
  accountId = ownAccountId,
): Promise<void> {
  await iamOf(emulator, accountId).send(
    new CreateOpenIDConnectProviderCommand({
      Url: `https://${issuer}`,
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: ['0'.repeat(40)],
    }),
  );
}

/** The one statement of a role's trust policy. */
interface Trust {
  readonly Principal: unknown;
  readonly Action: string;
  readonly Condition?: unknown;
}

export async function createRole(
  emulator: AwsEmulator,
  name: string,
  trust: Trust,
  accountId = ownAccountId,
): Promise<void> {
  const Statement = [{ Effect: 'Allow', ...trust }];
  await iamOf(emulator, accountId).send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
}

/** Creates a role for tokens of GitHub that meet a condition. */
export async function createGithubRole(
  emulator: AwsEmulator,
  name: string,
  condition: unknown = {},
  accountId = ownAccountId,
): Promise<void> {
  const trust = {
    Principal: { Federated: providerOf(accountId) },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
  };
  await createRole(emulator, name, trust, accountId);
}

/** Creates a role that jobs with this OIDC subject may assume, and returns its ARN. */
export async function createJobRole(
  emulator: AwsEmulator,
  name: string,
  subject: string,
  accountId = ownAccountId,
): Promise<string> {
  await createGithubProvider(emulator, accountId);
  const condition = { StringEquals: { [`${issuer}:sub`]: subject } };
  await createGithubRole(emulator, name, condition, accountId);
  return `arn:aws:iam::${accountId}:role/${name}`;
}
