import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JSONWebKeySet } from 'jose';
import { AwsError } from '../../../emulator/aws-error.js';
import type { Role } from '../../../emulator/aws/sts/iam.js';
import { createSessions } from '../../../emulator/aws/sts/sessions.js';
import { createSts, type StsOptions } from '../../../emulator/aws/sts/sts.js';

const ACCOUNT = '123456789012';
const ISSUER = 'https://token.actions.githubusercontent.com';
const URL = 'token.actions.githubusercontent.com';
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${URL}`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/ci/deploy`;

let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
let jwks: JSONWebKeySet;

beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256' }] };
});

function trust(condition: unknown): string {
  const statement = {
    Effect: 'Allow',
    Action: ['sts:AssumeRoleWithWebIdentity'],
    Principal: { Federated: PROVIDER },
    Condition: condition,
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

function service(role: Partial<Role> = {}, now = Date.now) {
  const iam: StsOptions['iam'] = {
    role: (_account, name) =>
      Promise.resolve(
        name === 'deploy'
          ? {
              ...{ name, arn: ROLE, id: 'AROA1', maxSessionSeconds: 3600 },
              trustPolicy: trust({}),
              ...role,
            }
          : undefined,
      ),
    openIdProvider: (_account, url) =>
      Promise.resolve(
        url === URL ? { arn: PROVIDER, url, clientIds: ['sts.amazonaws.com'] } : undefined,
      ),
  };
  const sessions = createSessions(ACCOUNT, now);
  const issuers = () => [{ issuerUrl: ISSUER, jwks: () => jwks }];
  return { sts: createSts({ iam, sessions, issuers }), sessions };
}

function token(claims: Record<string, string> = {}, expires: number | string = '5m') {
  return new SignJWT({ aud: 'sts.amazonaws.com', sub: 'repo:acme/infra:ref:x', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer(claims['iss'] ?? ISSUER)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(keys.privateKey);
}

async function assume(
  subject: ReturnType<typeof service>,
  webIdentityToken: string,
  more: Record<string, string> = {},
): Promise<string> {
  const form = new URLSearchParams({
    RoleArn: ROLE,
    RoleSessionName: 'run-1',
    WebIdentityToken: webIdentityToken,
    ...more,
  });
  const caller = subject.sessions.identify(undefined, undefined);
  return subject.sts.handle('AssumeRoleWithWebIdentity', form, caller);
}

describe('AssumeRoleWithWebIdentity', () => {
  it('names the session after role and session name', async () => {
    const xml = await assume(service(), await token());
    expect(xml).toContain(`arn:aws:sts::${ACCOUNT}:assumed-role/deploy/run-1`);
    expect(xml).toContain('<AssumedRoleId>AROA1:run-1</AssumedRoleId>');
  });

  it('offers no claim as a condition key that STS does not', async () => {
    const offered = service({ trustPolicy: trust({ StringEquals: { [`${URL}:ref`]: 'r' } }) });
    await expect(assume(offered, await token({ ref: 'r' }))).resolves.toContain('Credentials');
    const not = service({ trustPolicy: trust({ StringEquals: { [`${URL}:sha`]: 's' } }) });
    await expect(assume(not, await token({ sha: 's' }))).rejects.toMatchObject({
      code: 'AccessDenied',
      httpStatus: 403,
    });
  });

  it.each([
    ['an issuer without a provider', { iss: 'https://example.com' }, '5m', 'InvalidIdentityToken'],
    ['a wrong audience', { aud: 'x' }, '5m', 'InvalidIdentityToken'],
    ['an old token', {}, 1_000_000, 'ExpiredTokenException'],
  ])('refuses %s', async (_name, claims, expires, code) => {
    const given = await token(claims, expires);
    await expect(assume(service(), given)).rejects.toMatchObject({ code });
  });

  it('refuses what is no token at all', async () => {
    const code = 'InvalidIdentityToken';
    await expect(assume(service(), 'nonsense')).rejects.toMatchObject({ code });
  });

  it('judges the path of a role', async () => {
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/deploy`;
    const code = 'AccessDenied';
    await expect(assume(service(), await token(), { RoleArn })).rejects.toMatchObject({ code });
  });

  it.each([
    [{ DurationSeconds: '60' }],
    [{ DurationSeconds: '7200' }],
    [{ RoleSessionName: 'not allowed' }],
    [{ RoleSessionName: '' }],
    [{ RoleArn: 'deploy' }],
  ])('refuses the parameters %p', async (more) => {
    const refused = assume(service(), await token(), more);
    await expect(refused).rejects.toMatchObject({ code: 'ValidationError', httpStatus: 400 });
  });
});

/** The code of the AwsError that `run` throws. */
function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof AwsError ? error.code : String(error);
  }
}

describe('temporary credentials', () => {
  const caller = { arn: 'a', userId: 'u', account: ACCOUNT, roleArn: ROLE };

  it('name their caller until they are over', () => {
    const time = { ms: 0 };
    const sessions = createSessions(ACCOUNT, () => time.ms);
    const { accessKeyId, sessionToken } = sessions.create(caller, 900);
    time.ms = 899_999;
    expect(sessions.identify(accessKeyId, sessionToken)).toMatchObject(caller);
    time.ms = 900_000;
    expect(codeOf(() => sessions.identify(accessKeyId, sessionToken))).toBe('ExpiredToken');
  });

  it('are worth nothing without their token', () => {
    const sessions = createSessions(ACCOUNT);
    const { accessKeyId } = sessions.create(caller, 900);
    expect(codeOf(() => sessions.identify(accessKeyId, 'other'))).toBe('InvalidClientTokenId');
  });

  it('leave long-term keys to be the user of the account', () => {
    const { arn } = createSessions(ACCOUNT).identify('AKIA1', undefined);
    expect(arn).toBe(`arn:aws:iam::${ACCOUNT}:user/emulator`);
  });

  it('leave a key of twelve digits to be the user of that account', () => {
    const { arn, account } = createSessions(ACCOUNT).identify('210987654321', undefined);
    expect([arn, account]).toEqual(['arn:aws:iam::210987654321:user/emulator', '210987654321']);
  });
});
