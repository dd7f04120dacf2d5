import { call, withGithubEmulator } from '../../support/github.js';

const root = '/repos/acme/infra';

describe('settings of a repository', () => {
  it('are those of a new one unless they are seeded', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken({ token: 'ghp_1', login: 'ann' });
      github.seedRepository({ repository: 'acme/infra', roles: { ann: 'admin' } });
      expect((await call(github, 'GET', `${root}/rules/branches/main`)).body).toEqual([]);
      expect((await call(github, 'GET', `${root}/branches/main`)).body).toMatchObject({
        protected: false,
        protection: { enabled: false },
      });
      expect((await call(github, 'GET', `${root}/actions/permissions`, { token })).body).toEqual({
        enabled: true,
        allowed_actions: 'all',
        sha_pinning_required: false,
      });
      expect(
        (await call(github, 'GET', `${root}/actions/oidc/customization/sub`)).body,
      ).toMatchObject({ use_default: true });
      const selected = `${root}/actions/permissions/selected-actions`;
      expect((await call(github, 'GET', selected, { token })).status).toBe(409);
    });
  });

  it('are rules of the default branch, a list of actions, and a template of the subject', async () => {
    await withGithubEmulator(async (github) => {
      const token = github.addToken({ token: 'ghp_1', login: 'ann' });
      github.seedRepository({
        repository: 'acme/infra',
        roles: { ann: 'admin' },
        settings: {
          requiredChecks: ['infra / result'],
          protectedByChecks: ['lint'],
          mergeQueue: true,
          actions: { allowed: 'selected', patternsAllowed: ['org/*'], shaPinningRequired: true },
          subjectClaimKeys: ['repo', 'context'],
        },
      });
      expect((await call(github, 'GET', `${root}/rules/branches/main`)).body).toMatchObject([
        {
          type: 'required_status_checks',
          parameters: { required_status_checks: [{ context: 'infra / result' }] },
        },
        { type: 'merge_queue' },
      ]);
      expect((await call(github, 'GET', `${root}/rules/branches/other`)).body).toEqual([]);
      expect((await call(github, 'GET', `${root}/branches/main`)).body).toMatchObject({
        protected: true,
        protection: { required_status_checks: { contexts: ['lint'] } },
      });
      const selected = `${root}/actions/permissions/selected-actions`;
      expect((await call(github, 'GET', selected, { token })).body).toMatchObject({
        patterns_allowed: ['org/*'],
        verified_allowed: false,
      });
      const subject = await call(github, 'GET', `${root}/actions/oidc/customization/sub`);
      expect(subject.body).toMatchObject({
        use_default: false,
        include_claim_keys: ['repo', 'context'],
      });
    });
  });

  it('of Actions are shown to admins alone, and to no token of an app', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ repository: 'acme/infra', roles: { bob: 'write' } });
      const token = github.addToken({ token: 'ghp_2', login: 'bob' });
      for (const given of [token, github.token]) {
        const answer = await call(github, 'GET', `${root}/actions/permissions`, { token: given });
        expect(answer.status).toBe(403);
      }
    });
  });

  it('name every environment, and whether admins may pass it by', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        environments: [{ name: 'dev' }, { name: 'production', canAdminsBypass: false }],
      });
      expect((await call(github, 'GET', `${root}/environments`)).body).toMatchObject({
        total_count: 2,
        environments: [
          { name: 'dev', can_admins_bypass: true },
          { name: 'production', can_admins_bypass: false },
        ],
      });
    });
  });

  it('have no branch that is not there', async () => {
    await withGithubEmulator(async (github) => {
      expect((await call(github, 'GET', `${root}/branches/gone`)).status).toBe(404);
    });
  });
});
