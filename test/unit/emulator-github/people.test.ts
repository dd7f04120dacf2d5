import { call, sha, withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';

const root = '/repos/acme/infra';

function seedFeature(github: GithubEmulator): void {
  github.seedPull({
    repository: 'acme/infra',
    number: 7,
    author: 'ann',
    head: { ref: 'feature', sha: sha('2') },
    base: { ref: 'main', sha: sha('1') },
    pushed: { by: 'paul', at: '2026-11-01T10:00:00Z' },
  });
}

describe('people', () => {
  it('have the legacy base role of their role', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        roles: { ann: 'admin', mia: 'maintain', tom: 'triage' },
      });
      const of = async (login: string) => {
        const { body } = await call(github, 'GET', `${root}/collaborators/${login}/permission`);
        return (body as { permission: string }).permission;
      };
      expect(await Promise.all(['ann', 'Mia', 'tom', 'eve'].map(of))).toEqual([
        'admin',
        'write',
        'read',
        'none',
      ]);
    });
  });

  it('review a pull request, in order of time', async () => {
    await withGithubEmulator(async (github) => {
      seedFeature(github);
      github.seedRepository({
        repository: 'acme/infra',
        reviews: [
          { pullNumber: 7, author: 'ann', state: 'APPROVED', submittedAt: '2026-11-02T00:00:00Z' },
          {
            pullNumber: 7,
            author: 'bob',
            state: 'COMMENTED',
            submittedAt: '2026-11-01T00:00:00Z',
            commitSha: sha('1'),
          },
        ],
      });
      expect((await call(github, 'GET', `${root}/pulls/7/reviews`)).body).toMatchObject([
        { user: { login: 'bob' }, state: 'COMMENTED', commit_id: sha('1') },
        { user: { login: 'ann' }, state: 'APPROVED', commit_id: sha('2') },
      ]);
      expect((await call(github, 'GET', `${root}/pulls/7/commits`)).body).toMatchObject([
        { sha: sha('2') },
      ]);
    });
  });

  it('push branches, which the activity shows with who and when', async () => {
    await withGithubEmulator(async (github) => {
      seedFeature(github);
      github.seedPull({
        repository: 'acme/infra',
        number: 7,
        head: { ref: 'feature', sha: sha('3') },
        pushed: { by: 'eve' },
      });
      const { body } = await call(github, 'GET', `${root}/activity?ref=refs/heads/feature`);
      expect(body).toMatchObject([
        { after: sha('3'), before: sha('2'), actor: { login: 'eve' }, activity_type: 'push' },
        { after: sha('2'), actor: { login: 'paul' }, timestamp: '2026-11-01T10:00:00Z' },
      ]);
    });
  });

  it('put labels on and take them off, which the events show', async () => {
    await withGithubEmulator(async (github) => {
      seedFeature(github);
      const token = github.addToken({ login: 'bob', kind: 'user' });
      const labels = `${root}/issues/7/labels`;
      const body = { labels: ['allow-destroy', 'other'] };
      expect((await call(github, 'POST', labels, { body, token })).status).toBe(200);
      const removed = await call(github, 'DELETE', `${labels}/other`, { token });
      expect(removed.body).toMatchObject([{ name: 'allow-destroy' }]);
      expect((await call(github, 'DELETE', `${labels}/other`, { token })).status).toBe(404);
      expect((await call(github, 'GET', `${root}/issues/7/events`)).body).toMatchObject([
        { event: 'labeled', label: { name: 'allow-destroy' }, actor: { login: 'bob' } },
        { event: 'labeled', label: { name: 'other' } },
        { event: 'unlabeled', label: { name: 'other' } },
      ]);
    });
  });
});

describe('merges', () => {
  it('of each kind lead from a commit on the base branch to the pull request', async () => {
    await withGithubEmulator(async (github) => {
      seedFeature(github);
      github.seedPull({
        repository: 'acme/infra',
        number: 7,
        merged: { sha: sha('9'), method: 'rebase', rebased: [sha('8')] },
      });
      for (const commit of [sha('8'), sha('9'), sha('2')]) {
        const { body } = await call(github, 'GET', `${root}/commits/${commit}/pulls`);
        expect(body).toMatchObject([{ number: 7, merge_commit_sha: sha('9') }]);
      }
      const { body } = await call(github, 'GET', `${root}/commits/${sha('9')}`);
      expect(body).toMatchObject({ parents: [{ sha: sha('8') }] });
    });
  });
});

describe('branch policies of an environment', () => {
  it('are listed where it asks for custom ones', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({
        repository: 'acme/infra',
        environments: [
          {
            name: 'production',
            branchPolicy: 'custom',
            branchPatterns: [{ name: 'main' }, { name: 'v*', type: 'tag' }],
          },
        ],
      });
      const path = `${root}/environments/production/deployment-branch-policies`;
      expect((await call(github, 'GET', path)).body).toMatchObject({
        total_count: 2,
        branch_policies: [
          { name: 'main', type: 'branch' },
          { name: 'v*', type: 'tag' },
        ],
      });
    });
  });
});
