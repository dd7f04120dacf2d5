import type { TestEmulator } from './emulator.js';

/** Creates a role that jobs with this OIDC subject may assume, and returns its ARN. */
export async function createJobRole(
  emulator: TestEmulator,
  name: string,
  subject: string,
): Promise<string> {
  const account = '123456789012';
  const issuer = 'token.actions.githubusercontent.com';
  await iam(emulator, {
    Action: 'CreateOpenIDConnectProvider',
    Url: `https://${issuer}`,
    'ClientIDList.member.1': 'sts.amazonaws.com',
    'ThumbprintList.member.1': '0'.repeat(40),
  });
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${issuer}:sub`]: subject } },
  };
  await iam(emulator, {
    Action: 'CreateRole',
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  });
  return `arn:aws:iam::${account}:role/${name}`;
}

async function iam(
  emulator: TestEmulator,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const scope = 'Credential=test/20260101/eu-west-1/iam/aws4_request, Signature=0';
  const answer = await fetch(emulator.awsUrl, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}` },
    body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
