import { upsertStickyComment } from '../../../actions/shared/sticky-comment.js';
import { fakeComments } from '../../support/comments.js';

const request = {
  pullNumber: 7,
  key: 'terraform',
  author: 'github-actions[bot]',
  body: 'the plan',
  headSha: 'head',
};

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
    const comments = fakeComments({ headSha: 'head', author: request.author });
    await upsertStickyComment(comments, request);
    const planted = {
      ...comments.all[0],
      id: 99,
      author: 'mallory',
      body: comments.all[0]?.body ?? '',
    };
    const withPlant = fakeComments({
      headSha: 'head',
      author: request.author,
      existing: [{ ...planted, url: 'u' }],
    });
    expect(await upsertStickyComment(withPlant, request)).toMatchObject({ kind: 'created' });
    expect(withPlant.all).toHaveLength(2);
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
});
