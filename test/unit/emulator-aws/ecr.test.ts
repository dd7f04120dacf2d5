import { AwsError } from '../../../emulator/aws-error.js';
import type { Scope } from '../../../emulator/aws/ecr/scope.js';
import { createAccess } from '../../../emulator/aws/ecr/access.js';
import { createRegistryAuthorization } from '../../../emulator/aws/ecr/authorization.js';
import { page } from '../../../emulator/aws/ecr/request.js';
import { createScans } from '../../../emulator/aws/ecr/scans.js';
import { scopeOfEcrHost } from '../../../emulator/aws/ecr/scope.js';
import { mayMoveTag } from '../../../emulator/aws/ecr/tag-mutability.js';
import type { Caller } from '../../../emulator/aws/sts/sessions.js';

const scope: Scope = { accountId: '123456789012', region: 'eu-west-1' };

function caller(account: string, role?: string): Caller {
  const roleArn = role === undefined ? undefined : `arn:aws:iam::${account}:role/${role}`;
  const arn = `arn:aws:sts::${account}:assumed-role/${role ?? 'none'}/session`;
  return { arn, userId: 'AROA', account, roleArn };
}

describe('the tokens of the registry', () => {
  const hours = 3_600_000;

  it('are good for twelve hours, in their region', () => {
    const time = { ms: 0 };
    const authorization = createRegistryAuthorization(() => time.ms);
    const { authorizationToken, expiresAtMs } = authorization.issue(caller('1'), 'eu-west-1');
    const kind = (header: string | undefined, region = 'eu-west-1'): string =>
      authorization.holder(header, region).kind;
    expect(Buffer.from(authorizationToken, 'base64').toString()).toMatch(/^AWS:.{40,}/);
    expect(expiresAtMs).toBe(12 * hours);
    expect(kind(`Basic ${authorizationToken}`)).toBe('caller');
    expect(kind(`Bearer ${authorizationToken}`)).toBe('unknown');
    expect(kind(undefined)).toBe('unknown');
    expect(kind(`Basic ${authorizationToken}`, 'us-east-1')).toBe('unknown');
    time.ms = 12 * hours;
    expect(kind(`Basic ${authorizationToken}`)).toBe('expired');
  });

  it('live as long as they are told to, until they are not', () => {
    const time = { ms: 0 };
    const authorization = createRegistryAuthorization(() => time.ms);
    authorization.limit({ endAfterSeconds: 20, tellSeconds: 320 });
    const token = authorization.issue(caller('1'), 'eu-west-1');
    expect(token.expiresAtMs).toBe(320_000);
    time.ms = 20_000;
    const header = `Basic ${token.authorizationToken}`;
    expect(authorization.holder(header, 'eu-west-1').kind).toBe('expired');
    authorization.limit(undefined);
    expect(authorization.issue(caller('1'), 'eu-west-1').expiresAtMs).toBe(20_000 + 12 * hours);
  });
});

describe('moving a tag', () => {
  const filters = [{ filter: 'latest' }, { filter: 'env-*' }];
  it.each([
    ['MUTABLE', 'v1', true],
    ['IMMUTABLE', 'latest', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'v1', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest', true],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest-1', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'env-production', true],
    ['MUTABLE_WITH_EXCLUSION', 'env-production', false],
    ['MUTABLE_WITH_EXCLUSION', 'v1', true],
  ])('in a repository that is %s: %s', (mode, tag, expected) => {
    expect(mayMoveTag({ mode, exclusionFilters: filters }, tag)).toBe(expected);
  });
});

describe('access to a repository', () => {
  async function verdict(who: Caller, statement?: unknown): Promise<string> {
    const policy = statement === undefined ? undefined : JSON.stringify({ Statement: statement });
    const access = createAccess({ policy: () => Promise.resolve(policy) });
    return access.check(who, 'ecr:BatchGetImage', scope, 'shop/app').then(
      () => 'allowed',
      (error: unknown) => (error instanceof AwsError ? error.code : String(error)),
    );
  }
  const allow = (AWS: string) => ({
    ...{ Effect: 'Allow', Action: 'ecr:Batch*', Principal: { AWS } },
  });
  const foreign = caller('210987654321', 'pull');

  it('is free for its own account, unless the policy denies it', async () => {
    const own = caller(scope.accountId, 'push');
    expect(await verdict(own)).toBe('allowed');
    expect(await verdict(own, allow('210987654321'))).toBe('allowed');
    expect(await verdict(own, { ...allow('*'), Effect: 'Deny' })).toBe('AccessDeniedException');
  });

  it.each([
    ['nobody', undefined, 'AccessDeniedException'],
    ['the account', '210987654321', 'allowed'],
    ['its root', 'arn:aws:iam::210987654321:root', 'allowed'],
    ['the role', 'arn:aws:iam::210987654321:role/pull', 'allowed'],
    ['another role', 'arn:aws:iam::210987654321:role/x', 'AccessDeniedException'],
    ['another account', '111111111111', 'AccessDeniedException'],
    ['anybody', '*', 'allowed'],
  ])('of another account, with a policy for %s', async (_name, principal, expected) => {
    const statement = principal === undefined ? undefined : allow(principal);
    expect(await verdict(foreign, statement)).toBe(expected);
  });
});

describe('pages', () => {
  const sizes = { usual: 2, most: 3 };

  it('follow one another to the end', () => {
    const first = page({}, [1, 2, 3, 4, 5], sizes);
    const second = page({ nextToken: first.nextToken, maxResults: 3 }, [1, 2, 3, 4, 5], sizes);
    expect([first.items, second]).toEqual([[1, 2], { items: [3, 4, 5] }]);
  });

  it.each([{ maxResults: 0 }, { maxResults: 4 }, { maxResults: 'x' }, { nextToken: 'none' }])(
    'are refused for %j',
    (input) => {
      expect(() => page(input, [1], sizes)).toThrow(
        expect.objectContaining({ code: 'InvalidParameterException' }) as Error,
      );
    },
  );
});

describe('what scans find', () => {
  it('is what was set last for that image', () => {
    const time = { ms: 0 };
    const scans = createScans({ now: () => time.ms });
    const image = { scope, repositoryName: 'shop/app', digest: 'sha256:1' };
    const other = { ...image, digest: 'sha256:2' };
    scans.add({ findings: [{ severity: 'LOW' }] });
    scans.add({ imageDigest: 'sha256:2', status: 'FAILED' });
    expect(scans.state(image)).toBeUndefined();
    for (const one of [image, other]) scans.startBasic(one);
    time.ms = 5000;
    expect(scans.state(image)).toMatchObject({
      ...{ status: 'COMPLETE', findings: [{ severity: 'LOW' }], endedAtMs: 5000 },
    });
    expect(scans.state(other)).toMatchObject({ status: 'FAILED', findings: [] });
    const elsewhere = { ...image, scope: { ...scope, region: 'us-east-1' } };
    expect(scans.state(elsewhere)).toBeUndefined();
  });

  it.each([
    ['*', true],
    ['shop/*', true],
    ['*/app', true],
    ['app', true],
    ['shop', true],
    ['other', false],
    ['*/other', false],
  ])('comes by a rule for %s: %s', (filter, expected) => {
    const scans = createScans({ now: () => 0 });
    const rule = { scanFrequency: 'SCAN_ON_PUSH', repositoryFilters: [{ filter }] };
    scans.configure(scope, { scanType: 'ENHANCED', rules: [rule] });
    const image = { scope, repositoryName: 'shop/app', digest: 'sha256:1' };
    scans.onPush(image, false);
    expect(scans.state(image) !== undefined).toBe(expected);
  });
});

describe('hosts of ECR', () => {
  it.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', scope],
    ['127.0.0.1:5000', undefined],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com', undefined],
  ])('%s', (host, expected) => {
    expect(scopeOfEcrHost(host)).toEqual(expected);
  });
});
