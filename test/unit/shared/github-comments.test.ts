import { githubComments } from '../../../actions/shared/github-comments.js';
import { upsertStickyComment } from '../../../actions/shared/sticky-comment.js';
import { clientOf } from '../../support/github-client.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';

const repository = 'acme/infra';
const author = 'github-actions[bot]';
const request = { pullNumber: 7, key: 'infra:.', author, headSha: sha('2') };

function seedPull(github: GithubEmulator, head = sha('2')): void {
  github.seedPull({
    ...{ repository, number: 7, base: { ref: 'main', sha: sha('1') } },
    head: { ref: 'feature', sha: head },
  });
}

describe('comments, on GitHub,', () => {
  it('stay one a workflow, over runs and heads', async () => {
    await withGithubEmulator(async (github) => {
      seedPull(github);
      const comments = githubComments(await clientOf(github));
      await upsertStickyComment(comments, { ...request, body: 'one' });
      await upsertStickyComment(comments, { ...request, body: 'other', key: 'infra-2:.' });
      seedPull(github, sha('3'));
      const late = await upsertStickyComment(comments, { ...request, body: 'late' });
      expect(late).toEqual({ kind: 'outdated', headSha: sha('3') });
      const next = { ...request, headSha: sha('3'), body: 'next' };
      expect(await upsertStickyComment(comments, next)).toMatchObject({
        kind: 'updated',
        url: expect.stringContaining('/pull/7#issuecomment-') as string,
      });
      const bodies = github.state().repositories[0]?.comments.map(({ body }) => body) ?? [];
      expect(bodies).toHaveLength(2);
      expect(bodies[0]).toMatch(/next$/);
      expect(bodies[1]).toMatch(/other$/);
    });
  });

  it('stay one for an App, whose login nobody has to name', async () => {
    await withGithubEmulator(async (github) => {
      seedPull(github);
      const token = github.addToken({ login: 'acme-infra[bot]', kind: 'app' });
      const comments = githubComments(await clientOf(github, token));
      const asked = { ...request, author: undefined };
      await upsertStickyComment(comments, { ...asked, body: 'one' });
      await upsertStickyComment(comments, { ...asked, body: 'two' });
      const all = github.state().repositories[0]?.comments ?? [];
      expect(all.map((comment) => comment.author)).toEqual(['acme-infra[bot]']);
      expect(all[0]?.body).toMatch(/two$/);
    });
  });

  it('leave what somebody planted alone, and take doubles of ours away', async () => {
    await withGithubEmulator(async (github) => {
      seedPull(github);
      const comments = githubComments(await clientOf(github));
      await upsertStickyComment(comments, { ...request, body: 'one' });
      const marked = github.state().repositories[0]?.comments[0]?.body ?? '';
      github.seedRepository({
        repository,
        comments: [
          { issueNumber: 7, body: marked, author: 'mallory' },
          { issueNumber: 7, body: marked, author },
        ],
      });
      await upsertStickyComment(comments, { ...request, body: 'two' });
      expect(
        github.state().repositories[0]?.comments.map((comment) => [comment.author, comment.body]),
      ).toEqual([
        [author, marked.replace('one', 'two')],
        ['mallory', marked],
      ]);
    });
  });
});
