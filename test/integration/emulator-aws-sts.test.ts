import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import type { Credentials } from '@aws-sdk/client-sts';
import {
  createGithubProvider,
  createGithubRole,
  createRole,
  githubProvider,
} from '../support/aws-role.js';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

const ROLE = 'arn:aws:iam::123456789012:role/shop-dev-apply';
const SUBJECT = 'token.actions.githubusercontent.com:sub';

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  await createGithubProvider(emulator);
});

async function githubToken(
  job: Record<string, unknown>,
  audience = 'sts.amazonaws.com',
): Promise<string> {
  const { requestToken, requestUrl } = (await emulator.githubControl('POST', 'oidc-jobs', {
    repository: 'acme/infra',
    ...job,
  })) as { requestToken: string; requestUrl: string };
  const answer = await fetch(`${requestUrl}&audience=${audience}`, {
    headers: { authorization: `Bearer ${requestToken}` },
  });
  return ((await answer.json()) as { value: string }).value;
}

function sts(credentials?: Credentials): STSClient {
  return new STSClient({ ...sdkConfig(emulator), ...withCredentials(credentials) });
}

function withCredentials(credentials: Credentials | undefined): object {
  if (!credentials) return {};
  return {
    credentials: {
      accessKeyId: credentials.AccessKeyId ?? '',
      secretAccessKey: credentials.SecretAccessKey ?? '',
      sessionToken: credentials.SessionToken ?? '',
    },
  };
}

function assume(token: string, roleArn = ROLE): AssumeRoleWithWebIdentityCommand {
  return new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: 'run-1',
    WebIdentityToken: token,
  });
}

describe('AssumeRoleWithWebIdentity', () => {
  const onlyDev = {
    StringEquals: { [SUBJECT]: 'repo:acme/infra:environment:dev' },
  };

  it('gives a session of the role to a token that meets the trust policy', async () => {
    await createGithubRole(emulator, 'shop-dev-apply', onlyDev);
    const answer = await sts().send(assume(await githubToken({ environment: 'dev' })));
    const identity = await sts(answer.Credentials).send(new GetCallerIdentityCommand({}));
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: 'repo:acme/infra:environment:dev',
      Audience: 'sts.amazonaws.com',
      Provider: githubProvider,
    });
    expect(identity).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:sts::123456789012:assumed-role/shop-dev-apply/run-1',
    });
    expect(answer.Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it.each([
    ['another environment', { environment: 'production' }],
    ['a branch instead of the environment', { ref: 'refs/heads/main' }],
    ['another repository', { repository: 'acme/other', environment: 'dev' }],
  ])('denies %s', async (_name, job) => {
    await createGithubRole(emulator, 'shop-dev-apply', onlyDev);
    const denied = sts().send(assume(await githubToken(job)));
    await expect(denied).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('judges claims of GitHub that are condition keys of their own', async () => {
    const condition = {
      StringEquals: { 'token.actions.githubusercontent.com:repository_id': '456789' },
      StringLike: { 'token.actions.githubusercontent.com:job_workflow_ref': 'acme/actions/*@v1' },
    };
    await createGithubRole(emulator, 'shop-dev-apply', condition);
    const jobWorkflowRef = 'acme/actions/.github/workflows/terraform-apply.yml@v1';
    const allowed = await sts().send(assume(await githubToken({ jobWorkflowRef })));
    expect(allowed).toHaveProperty('Credentials');
    const denied = sts().send(assume(await githubToken({ jobWorkflowRef: 'acme/x/y.yml@v1' })));
    await expect(denied).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('denies a role that does not exist as if it were not trusted', async () => {
    const denied = sts().send(assume(await githubToken({})));
    await expect(denied).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('refuses an audience that the provider does not list', async () => {
    await createGithubRole(emulator, 'shop-dev-apply');
    const refused = sts().send(assume(await githubToken({}, 'https://example.com')));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' });
  });

  it('refuses a token whose claims were changed after signing', async () => {
    await createGithubRole(emulator, 'shop-dev-apply');
    const [head = '', payload = '', signature = ''] = (await githubToken({})).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, repository: 'evil/x' }));
    const token = [head, forged.toString('base64url'), signature].join('.');
    await expect(sts().send(assume(token))).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
    });
  });
});

describe('AssumeRole', () => {
  it('chains from a session to a second role that trusts the first', async () => {
    await createGithubRole(emulator, 'first');
    const first = 'arn:aws:iam::123456789012:role/first';
    await createRole(emulator, 'second', {
      ...{ Principal: { AWS: first }, Action: 'sts:AssumeRole' },
    });
    const session = await sts().send(assume(await githubToken({}), first));
    const second = {
      RoleArn: 'arn:aws:iam::123456789012:role/second',
      RoleSessionName: 'run-1',
    };
    const chained = await sts(session.Credentials).send(new AssumeRoleCommand(second));
    const identity = await sts(chained.Credentials).send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toBe('arn:aws:sts::123456789012:assumed-role/second/run-1');
    await expect(sts().send(new AssumeRoleCommand(second))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    const tagged = { ...second, Tags: [{ Key: 'a', Value: 'b' }] };
    await expect(
      sts(session.Credentials).send(new AssumeRoleCommand(tagged)),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('temporary credentials that nobody handed out', () => {
  const unknown = { AccessKeyId: 'ASIAUNKNOWN', SecretAccessKey: 'x', SessionToken: 'x' };

  it('are refused by each service in its own words', async () => {
    const config = { ...sdkConfig(emulator), ...withCredentials(unknown as Credentials) };
    await expect(
      sts(unknown as Credentials).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await expect(new ECSClient(config).send(new CreateClusterCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await expect(
      new SSMClient(config).send(new GetParameterCommand({ Name: '/a' })),
    ).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });
});
