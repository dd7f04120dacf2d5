import { createSecrets } from '../../../actions/shared/secrets.js';
import { githubComments, type Comments } from '../../../actions/shared/github-comments.js';
import type { GithubContext } from '../../../actions/shared/github-context.js';
import { publicationOf } from '../../../actions/terraform-layer/github/publication.js';
import { writePullComment } from '../../../actions/terraform-layer/github/pull-comment.js';
import { fakeComments } from '../../support/comments.js';
import { aPullRequest, clientOf, githubContext } from '../../support/github-client.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import { keepingLogger } from '../../support/log-lines.js';

const author = 'github-actions[bot]';
const pullRequest = aPullRequest();

async function write(context: Partial<GithubContext>, comments: Comments = headAt(sha('2'))) {
  const log = keepingLogger();
  const secrets = createSecrets(() => undefined);
  secrets.add('hunter22');
  const url = await writePullComment(
    {
      publication: publicationOf(githubContext(context), true),
      ...{ key: 'k', author, body: 'password hunter22', startedAt: 1000 },
    },
    { comments: () => Promise.resolve(comments), log, secrets },
  );
  return { url, levels: log.kept.map(({ level }) => level) };
}

const headAt = (headSha: string) => fakeComments({ headSha, author });

describe("a plan's report", () => {
  it('is commented on its pull request, without what is secret', async () => {
    const comments = headAt(sha('2'));
    expect(await write({ pullRequest }, comments)).toEqual({ url: 'comment-1', levels: ['info'] });
    expect(comments.all[0]?.body).toMatch(/password \*\*\*$/);
  });

  it.each<readonly [string, Partial<GithubContext>, string, readonly string[]]>([
    ['of a fork', { pullRequest: { ...pullRequest, fromFork: true } }, 'fork', ['notice']],
    [
      'of a merge group',
      {
        mergeGroup: { headSha: sha('5'), baseSha: sha('1'), baseRef: 'main', pullNumber: 7 },
      },
      'merge-group',
      ['notice'],
    ],
    ['of no pull request', {}, 'no-pull-request', []],
  ])('%s is in the summary alone', async (_what, context, why, levels) => {
    expect(publicationOf(githubContext(context), true)).toMatchObject({
      kind: 'summary-only',
      why,
    });
    const comments = headAt(sha('2'));
    expect(await write(context, comments)).toEqual({ url: undefined, levels });
    expect(comments.all).toEqual([]);
  });

  it('without a token is in the summary alone', () => {
    expect(publicationOf(githubContext({ pullRequest }), false)).toMatchObject({ why: 'no-token' });
  });

  it('of an older head, or of an older run, gives way', async () => {
    expect(await write({ pullRequest }, headAt(sha('3')))).toEqual({
      url: undefined,
      levels: ['notice'],
    });
    const comments = headAt(sha('2'));
    await write({ pullRequest }, comments);
    const later = comments.all[0];
    const overtaken = fakeComments({
      ...{ headSha: sha('2'), author },
      existing:
        later === undefined ? [] : [{ ...later, body: later.body.replace(':1000', ':2000') }],
    });
    expect(await write({ pullRequest }, overtaken)).toEqual({ url: undefined, levels: ['notice'] });
  });

  it('fails no run where the token is read-only, and says what to grant', async () => {
    await withGithubEmulator(async (github) => {
      github.seedPull({
        ...{ repository: 'acme/infra', number: 7, base: { ref: 'main', sha: sha('1') } },
        head: { ref: 'feature', sha: sha('2') },
      });
      const token = github.addToken({ access: 'read' });
      const comments = githubComments(await clientOf(github, token));
      expect((await write({ pullRequest }, comments)).levels).toEqual(['warning']);
      // Dependabot's token is read-only by itself: nothing is amiss.
      const dependabot = await write({ pullRequest, actor: 'dependabot[bot]' }, comments);
      expect(dependabot.levels).toEqual(['notice']);
    });
  });
});
