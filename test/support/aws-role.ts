import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { sdkConfig, type TestEmulator } from './emulator.js';

const issuer = 'token.actions.githubusercontent.com';

/** The principal of tokens that GitHub has signed, once `createGithubProvider` has run. */
export const githubProvider = `arn:aws:iam::123456789012:oidc-provider/${issuer}`;

/** Makes GitHub's tokens known to the account, for the audience `sts.amazonaws.com`. */
export async function createGithubProvider(emulator: TestEmulator): Promise<void> {
  await new IAMClient(sdkConfig(emulator)).send(
    new CreateOpenIDConnectProviderCommand({
      Url: `https://${issuer}`,
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: ['0'.repeat(40)],
    }),
  );
}

/** Creates a role whose trust policy has one statement. */
export async function createRole(
  emulator: TestEmulator,
  name: string,
  principal: unknown,
  action: string,
  condition: unknown = {},
): Promise<void> {
  const statement = { Effect: 'Allow', Principal: principal, Action: action, Condition: condition };
  await new IAMClient(sdkConfig(emulator)).send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
}

/** Creates a role that jobs with this OIDC subject may assume, and returns its ARN. */
export async function createJobRole(
  emulator: TestEmulator,
  name: string,
  subject: string,
): Promise<string> {
  await createGithubProvider(emulator);
  await createRole(emulator, name, { Federated: githubProvider }, 'sts:AssumeRoleWithWebIdentity', {
    StringEquals: { [`${issuer}:sub`]: subject },
  });
  return `arn:aws:iam::123456789012:role/${name}`;
}
