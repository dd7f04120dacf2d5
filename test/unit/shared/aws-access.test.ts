import { SignJWT } from 'jose';
import { readAwsInputs, sessionName } from '../../../actions/shared/aws-access.js';
import { envFrom } from '../../../actions/shared/env.js';
import { InputReader } from '../../../actions/shared/inputs.js';
import { describeClaims, githubIdToken } from '../../../actions/shared/oidc.js';

describe('access to AWS', () => {
  it('takes the region from the input, then from the environment', () => {
    const env = envFrom({ AWS_REGION: 'eu-central-1' });
    const read = (region: string) =>
      readAwsInputs(new InputReader((name) => (name === 'aws-region' ? region : '')), env).region;
    expect(read('eu-west-1')).toBe('eu-west-1');
    expect(read('')).toBe('eu-central-1');
  });

  it('refuses a missing region, a malformed role and a malformed account together', () => {
    const values: Record<string, string> = {
      'role-to-assume': 'deployer',
      'allowed-account-ids': '123',
    };
    const reader = new InputReader((name) => values[name] ?? '');
    const inputs = readAwsInputs(reader, envFrom({}));
    expect(() => reader.finish(inputs)).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ code: 'input-required', at: { input: 'aws-region' } }),
          expect.objectContaining({
            code: 'input-malformed',
            at: { input: 'allowed-account-ids' },
          }),
          expect.objectContaining({ code: 'input-malformed', at: { input: 'role-to-assume' } }),
        ],
      }) as Error,
    );
  });

  it('says what to set where the job may not ask for an OIDC token', async () => {
    await expect(githubIdToken(envFrom({}))('sts.amazonaws.com')).rejects.toMatchObject({
      problems: [{ code: 'oidc-permission-missing', at: { input: 'role-to-assume' } }],
    });
  });

  it('shows the claims a trust policy looks at, and no other', async () => {
    const token = await new SignJWT({
      sub: 'repo:org/app:pull_request',
      repository: 'org/app',
      jti: 'never shown',
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience('sts.amazonaws.com')
      .sign(new TextEncoder().encode('a key of at least thirty-two bytes!'));
    expect(describeClaims(token)).toEqual({
      sub: 'repo:org/app:pull_request',
      aud: 'sts.amazonaws.com',
      repository: 'org/app',
    });
  });

  it('names the session after repository and run within the alphabet of STS', () => {
    const name = sessionName({
      repository: { owner: 'org', name: 'a repo/with ünusual'.repeat(5) },
      runId: '12',
      runAttempt: '2',
    } as Parameters<typeof sessionName>[0]);
    expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
    expect(name).toMatch(/-12-2$/);
  });
});
