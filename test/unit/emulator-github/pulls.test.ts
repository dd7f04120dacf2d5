import { call, sha, withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';

const root = '/repos/acme/infra';

function seedFeature(github: GithubEmulator): number {
  return github.seedPull({
    repository: 'acme/infra',
    title: 'Feature',
    author: 'alice',
    head: { ref: 'feature', sha: sha('2') },
    base: { ref: 'main', sha: sha('1') },
    files: [{ filename: 'layers/01/main.tf', status: 'modified', additions: 2, deletions: 1 }],
    labels: ['infra'],
  });
}

describe('pull requests', () => {
  it('are read with head, base, files and author, and are issues too', async () => {
    await withGithubEmulator(async (github) => {
      const number = seedFeature(github);
      expect((await call(github, 'GET', `${root}/pulls/${number}`)).body).toMatchObject({
        number,
        state: 'open',
        user: { login: 'alice', type: 'User' },
        head: { ref: 'feature', sha: sha('2'), label: 'acme:feature' },
        base: { ref: 'main', repo: { full_name: 'acme/infra', id: 456789 } },
        changed_files: 1,
        labels: [{ name: 'infra' }],
      });
      expect((await call(github, 'GET', `${root}/pulls/${number}/files`)).body).toMatchObject([
        { filename: 'layers/01/main.tf', changes: 3 },
      ]);
      expect((await call(github, 'GET', `${root}/issues/${number}`)).body).toMatchObject({
        pull_request: { merged_at: null },
      });
    });
  });

  it('are listed by state, base and head', async () => {
    await withGithubEmulator(async (github) => {
      const number = seedFeature(github);
      const numbers = async (query: string) =>
        ((await call(github, 'GET', `${root}/pulls?${query}`)).body as { number: number }[]).map(
          (pull) => pull.number,
        );
      expect(await numbers('head=acme:feature&base=main')).toEqual([number]);
      expect(await numbers('head=other:feature')).toEqual([]);
      expect(await numbers('state=closed')).toEqual([]);
      github.seedPull({ repository: 'acme/infra', number, state: 'closed' });
      expect(await numbers('state=closed')).toEqual([number]);
    });
  });

  it('are found by their commits and their merge, which moves the base branch', async () => {
    await withGithubEmulator(async (github) => {
      const number = seedFeature(github);
      github.seedPull({ repository: 'acme/infra', number, merged: { sha: sha('3'), by: 'bob' } });
      for (const commit of [sha('2'), sha('3')]) {
        expect((await call(github, 'GET', `${root}/commits/${commit}/pulls`)).body).toMatchObject([
          { number, state: 'closed', merge_commit_sha: sha('3') },
        ]);
      }
      expect((await call(github, 'GET', `${root}/commits/main`)).body).toMatchObject({
        sha: sha('3'),
        parents: [{ sha: sha('1') }, { sha: sha('2') }],
      });
      expect((await call(github, 'GET', `${root}/commits/${sha('1')}/pulls`)).body).toEqual([]);
    });
  });

  it('can come from a fork', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ repository: 'mallory/infra' });
      const number = github.seedPull({
        repository: 'acme/infra',
        head: { ref: 'evil', sha: sha('9'), repository: 'mallory/infra' },
        base: { ref: 'main', sha: sha('1') },
      });
      expect((await call(github, 'GET', `${root}/pulls/${number}`)).body).toMatchObject({
        head: { label: 'mallory:evil', repo: { full_name: 'mallory/infra' } },
      });
    });
  });

  it('need head and base, and a repository that is there', async () => {
    await withGithubEmulator(async (github) => {
      expect(() => github.seedPull({ repository: 'acme/infra' })).toThrow('head and base');
      expect(() => github.seedPull({ repository: 'acme/none' })).toThrow(
        expect.objectContaining({ status: 404 }) as Error,
      );
      await Promise.resolve();
    });
  });
});

describe('commits', () => {
  const file = (filename: string, status: 'added' | 'modified' | 'removed') => ({
    filename,
    status,
  });

  function seedHistory(github: GithubEmulator): void {
    github.seedRepository({
      repository: 'acme/infra',
      commits: [
        { sha: sha('2'), parents: [sha('1')], files: [file('a.tf', 'added')] },
        {
          sha: sha('3'),
          parents: [sha('2')],
          files: [file('a.tf', 'modified'), file('b', 'added')],
        },
        { sha: sha('4'), parents: [sha('3')], files: [file('b', 'removed')] },
        { sha: sha('5'), parents: [sha('1')], files: [file('c', 'added')] },
        { sha: sha('6'), parents: [], files: [] },
      ],
      branches: { main: sha('4'), side: sha('5') },
    });
  }

  it('are compared by graph: commits oldest first, files folded', async () => {
    await withGithubEmulator(async (github) => {
      seedHistory(github);
      const { body } = await call(github, 'GET', `${root}/compare/${sha('1')}...main`);
      expect(body).toMatchObject({
        status: 'ahead',
        ahead_by: 3,
        behind_by: 0,
        total_commits: 3,
        commits: [{ sha: sha('2') }, { sha: sha('3') }, { sha: sha('4') }],
        files: [{ filename: 'a.tf', status: 'added' }],
      });
    });
  });

  it.each([
    ['main...main', 'identical', 0, 0],
    [`main...${'1'.repeat(40)}`, 'behind', 0, 3],
    ['side...main', 'diverged', 3, 1],
  ])('%s is %s', async (range, status, ahead, behind) => {
    await withGithubEmulator(async (github) => {
      seedHistory(github);
      const { body } = await call(github, 'GET', `${root}/compare/${range}`);
      expect(body).toMatchObject({
        status,
        ahead_by: ahead,
        behind_by: behind,
        merge_base_commit: { sha: range === 'main...main' ? sha('4') : sha('1') },
      });
    });
  });

  it('that have nothing in common, or are not known, are 404', async () => {
    await withGithubEmulator(async (github) => {
      seedHistory(github);
      for (const range of [`${sha('6')}...main`, 'nowhere...main', 'main..side']) {
        expect((await call(github, 'GET', `${root}/compare/${range}`)).status).toBe(404);
      }
    });
  });

  it('are read by branch, full SHA and unique prefix; others are 422', async () => {
    await withGithubEmulator(async (github) => {
      seedHistory(github);
      for (const ref of ['side', 'heads%2Fside', sha('5'), '55555']) {
        expect((await call(github, 'GET', `${root}/commits/${ref}`)).body).toMatchObject({
          sha: sha('5'),
          commit: { tree: { sha: expect.stringMatching(/^[0-9a-f]{40}$/) as string } },
          files: [{ filename: 'c' }],
        });
      }
      expect((await call(github, 'GET', `${root}/commits/${sha('7')}`)).status).toBe(422);
    });
  });
});
