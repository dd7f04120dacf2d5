import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';

const issuer = 'https://token.actions.githubusercontent.com';

async function tokenFor(
  github: GithubEmulator,
  requestToken: string,
  audience?: string,
): Promise<{ readonly status: number; readonly value: string }> {
  const query = audience === undefined ? '' : `&audience=${encodeURIComponent(audience)}`;
  const response = await fetch(github.oidcRequestUrl + query, {
    headers: { authorization: `Bearer ${requestToken}` },
  });
  const body = (await response.json()) as { value?: string };
  return { status: response.status, value: body.value ?? '' };
}

async function claimsFor(
  github: GithubEmulator,
  job: Parameters<GithubEmulator['registerJob']>[0],
): Promise<Record<string, unknown>> {
  const { value } = await tokenFor(github, github.registerJob(job), 'sts.amazonaws.com');
  const keys = createLocalJWKSet(github.issuer.jwks());
  const { payload } = await jwtVerify(value, keys, { issuer, audience: 'sts.amazonaws.com' });
  return payload;
}

describe('the OIDC issuer', () => {
  it('signs tokens that its published keys verify', async () => {
    await withGithubEmulator(async (github) => {
      const requestToken = github.registerJob({ repository: 'acme/infra' });
      const { value } = await tokenFor(github, requestToken, 'sts.amazonaws.com');
      const configuration = (await (
        await fetch(`${github.url}/.well-known/openid-configuration`)
      ).json()) as { issuer: string; jwks_uri: string };
      expect(configuration.issuer).toBe(github.issuer.issuerUrl);
      const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
      const { protectedHeader, payload } = await jwtVerify(value, keys, {
        issuer,
        audience: 'sts.amazonaws.com',
        algorithms: ['RS256'],
      });
      expect(protectedHeader.kid).toBe(github.issuer.jwks().keys[0]?.kid);
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    });
  });

  it('says what GitHub says of a job', async () => {
    await withGithubEmulator(async (github) => {
      expect(
        await claimsFor(github, {
          repository: 'acme/infra',
          repositoryId: '7',
          repositoryOwnerId: '8',
          environment: 'production',
          eventName: 'push',
          runId: '42',
          actor: 'alice',
          sha: 'a'.repeat(40),
          jobWorkflowRef: 'acme/actions/.github/workflows/terraform-apply.yml@refs/tags/v1',
        }),
      ).toMatchObject({
        sub: 'repo:acme/infra:environment:production',
        repository: 'acme/infra',
        repository_owner: 'acme',
        repository_id: '7',
        repository_owner_id: '8',
        environment: 'production',
        ref: 'refs/heads/main',
        ref_type: 'branch',
        sha: 'a'.repeat(40),
        run_id: '42',
        actor: 'alice',
        event_name: 'push',
        workflow_ref: 'acme/infra/.github/workflows/workflow.yml@refs/heads/main',
        job_workflow_ref: 'acme/actions/.github/workflows/terraform-apply.yml@refs/tags/v1',
      });
    });
  });

  it.each([
    ['a branch', {}, 'repo:acme/infra:ref:refs/heads/main'],
    ['a tag', { ref: 'refs/tags/v1' }, 'repo:acme/infra:ref:refs/tags/v1'],
    [
      'a pull request',
      { ref: 'refs/pull/7/merge', eventName: 'pull_request' },
      'repo:acme/infra:pull_request',
    ],
    [
      'a merge queue',
      { ref: 'refs/heads/gh-readonly-queue/main/pr-7', eventName: 'merge_group' },
      'repo:acme/infra:ref:refs/heads/gh-readonly-queue/main/pr-7',
    ],
    [
      'an environment, in a pull request too',
      { environment: 'dev', ref: 'refs/pull/7/merge' },
      'repo:acme/infra:environment:dev',
    ],
    ['an environment with a colon', { environment: 'a:b' }, 'repo:acme/infra:environment:a%3Ab'],
    [
      'a repository with immutable subjects',
      { subjectFormat: 'immutable', repositoryId: '7', repositoryOwnerId: '8' },
      'repo:acme@8/infra@7:ref:refs/heads/main',
    ],
  ] as const)('names as subject %s', async (_what, job, subject) => {
    await withGithubEmulator(async (github) => {
      expect(await claimsFor(github, { repository: 'acme/infra', ...job })).toMatchObject({
        sub: subject,
      });
    });
  });

  it("takes the owner's address as the audience where none is asked for", async () => {
    await withGithubEmulator(async (github) => {
      const { value } = await tokenFor(github, github.registerJob({ repository: 'acme/infra' }));
      const { payload } = await jwtVerify(value, createLocalJWKSet(github.issuer.jwks()));
      expect(payload.aud).toBe('https://github.com/acme');
    });
  });

  it('gives each job its own token, each of them new', async () => {
    await withGithubEmulator(async (github) => {
      const first = await claimsFor(github, { repository: 'acme/infra' });
      const second = await claimsFor(github, { repository: 'acme/app' });
      expect(second['repository']).toBe('acme/app');
      expect(second['jti']).not.toBe(first['jti']);
    });
  });

  it('refuses a request token that no job has', async () => {
    await withGithubEmulator(async (github) => {
      expect((await tokenFor(github, 'guess')).status).toBe(401);
      const requestToken = github.registerJob({ repository: 'acme/infra' });
      github.reset();
      expect((await tokenFor(github, requestToken)).status).toBe(401);
    });
  });

  it('refuses claims that it does not know', async () => {
    await withGithubEmulator(async (github) => {
      expect(() => github.registerJob({ repository: 'no-owner' })).toThrow();
      await Promise.resolve();
    });
  });
});
