import type { PullComment } from '../../../actions/shared/github-comments.js';
import { upsertStickyComment } from '../../../actions/shared/sticky-comment.js';
import { fakeComments } from '../../support/comments.js';

const request = {
  pullNumber: 7,
  key: 'terraform',
  author: 'github-actions[bot]',
  body: 'the plan',
  headSha: 'head',
};

/** What stands there after one run. */
async function written(change: Partial<typeof request> & { startedAt?: number } = {}) {
  const comments = fakeComments({ headSha: 'head', author: request.author });
  await upsertStickyComment(comments, { ...request, ...change });
  return comments.all[0] as PullComment;
}

describe('the sticky comment', () => {
  it('is created once and then updated in place', async () => {
    const comments = fakeComments({ headSha: 'head', author: request.author });
    expect(await upsertStickyComment(comments, request)).toMatchObject({ kind: 'created' });
    expect(await upsertStickyComment(comments, request)).toMatchObject({ kind: 'unchanged' });
    expect(await upsertStickyComment(comments, { ...request, body: 'another' })).toMatchObject({
      kind: 'updated',
    });
    expect(comments.all).toHaveLength(1);
    expect(comments.all[0]?.body).toContain('another');
  });

  it('is never one that somebody else planted with our marker', async () => {
    const planted = { ...(await written()), id: 99, author: 'mallory' };
    const comments = fakeComments({
      headSha: 'head',
      author: request.author,
      existing: [planted],
    });
    expect(await upsertStickyComment(comments, request)).toMatchObject({ kind: 'created' });
    expect(comments.all).toHaveLength(2);
    expect(comments.all[0]).toEqual(planted);
  });

  it('is never one of ours that quotes the marker further down', async () => {
    const quoting = { ...(await written()), id: 3 };
    const comments = fakeComments({
      headSha: 'head',
      author: request.author,
      existing: [{ ...quoting, body: `> ${quoting.body}` }],
    });
    expect(await upsertStickyComment(comments, request)).toMatchObject({ kind: 'created' });
  });

  it('of one key leaves that of another alone', async () => {
    const comments = fakeComments({ headSha: 'head', author: request.author });
    await upsertStickyComment(comments, request);
    await upsertStickyComment(comments, { ...request, key: 'terraform-2' });
    expect(comments.all).toHaveLength(2);
  });

  it('is not overwritten by a run whose commit is no longer the head', async () => {
    const comments = fakeComments({ headSha: 'newer', author: request.author });
    expect(await upsertStickyComment(comments, request)).toEqual({
      kind: 'outdated',
      headSha: 'newer',
    });
    expect(comments.all).toHaveLength(0);
  });

  it('of a merged pull request is written whatever its head is', async () => {
    const comments = fakeComments({ headSha: 'newer', author: request.author });
    expect(await upsertStickyComment(comments, { ...request, headSha: undefined })).toMatchObject({
      kind: 'created',
    });
  });

  it('is not overwritten by a run that began earlier and ends later', async () => {
    const existing = [await written({ startedAt: 2000, body: 'later view' })];
    const comments = fakeComments({ headSha: 'head', author: request.author, existing });
    expect(await upsertStickyComment(comments, { ...request, startedAt: 1000 })).toMatchObject({
      kind: 'overtaken',
    });
    expect(comments.all[0]?.body).toContain('later view');
    expect(await upsertStickyComment(comments, { ...request, startedAt: 3000 })).toMatchObject({
      kind: 'updated',
    });
  });

  it('is overwritten by an earlier run where the later one spoke of another head', async () => {
    const existing = [await written({ startedAt: 2000 })].map((comment) => ({
      ...comment,
      body: comment.body.replace('of:head:', 'of:gone:'),
    }));
    const comments = fakeComments({ headSha: 'head', author: request.author, existing });
    expect(await upsertStickyComment(comments, { ...request, startedAt: 1000 })).toMatchObject({
      kind: 'updated',
    });
  });

  it('stays one where two runs create it at the same moment', async () => {
    const comments = fakeComments({
      headSha: 'head',
      author: request.author,
      meanwhile: (body) => ({
        id: 1,
        body: `${body} of the other`,
        author: request.author,
        url: '',
      }),
    });
    expect(await upsertStickyComment(comments, request)).toMatchObject({ kind: 'updated' });
    expect(comments.all).toMatchObject([{ id: 1 }]);
    expect(comments.all[0]?.body).not.toContain('of the other');
  });

  it('becomes one again where there were several of ours', async () => {
    const first = await written();
    const comments = fakeComments({
      headSha: 'head',
      author: request.author,
      existing: [
        { ...first, id: 9 },
        { ...first, id: 4 },
      ],
    });
    await upsertStickyComment(comments, { ...request, body: 'another' });
    expect(comments.all).toMatchObject([{ id: 4 }]);
  });
});
