import { observeApprovals } from '../../../actions/terraform-layer/github/reviews.js';
import type { Review } from '../../../actions/terraform-layer/github/people.js';
import { sha } from '../../support/github.js';
import { fakePeople, review, reviewedPull } from '../../support/people.js';

const approvals = (...reviews: Review[]) => observeApprovals(fakePeople({ reviews }), reviewedPull);

describe('an approval', () => {
  it('counts from somebody with write access who did not write it', async () => {
    expect(await approvals(review('bob'), review('eve'))).toEqual({
      approvedBy: ['bob', 'eve'],
      changesRequestedBy: [],
      notCounted: [],
    });
  });

  it.each<readonly [string, Review, string]>([
    ['of an older head', review('bob', { commitSha: sha('1') }), 'other-commit'],
    ['by the author', review('Ann'), 'author'],
    ['by the last pusher', review('paul'), 'last-pusher'],
    ['by somebody who may not write', review('tom'), 'no-write-access'],
    ['by an app', review('helper[bot]', { author: { login: 'helper[bot]', kind: 'bot' } }), 'bot'],
    ['by an account that is gone', review('', {}), 'no-write-access'],
  ])('does not count %s', async (_what, given, reason) => {
    expect(await approvals(given)).toMatchObject({
      approvedBy: [],
      notCounted: [{ login: given.author.login, reason }],
    });
  });

  it('is a person’s latest word, in whatever order they are listed', async () => {
    const later = { submittedAt: '2026-11-01T12:00:00Z' };
    expect(
      await approvals(review('bob', { ...later, state: 'changes-requested' }), review('bob')),
    ).toMatchObject({ approvedBy: [], changesRequestedBy: ['bob'] });
    expect(
      await approvals(review('BOB', { state: 'changes-requested' }), review('bob', later)),
    ).toMatchObject({ approvedBy: ['bob'], changesRequestedBy: [] });
    expect(await approvals(review('bob'), review('bob', { ...later, state: 'dismissed' }))).toEqual(
      {
        approvedBy: [],
        changesRequestedBy: [],
        notCounted: [],
      },
    );
  });

  it('is not taken back by a comment', async () => {
    const comment = review('bob', { state: 'commented', submittedAt: '2026-11-01T12:00:00Z' });
    expect(await approvals(review('bob'), comment)).toMatchObject({ approvedBy: ['bob'] });
  });

  it('counts once a person', async () => {
    expect((await approvals(review('bob'), review('Bob'))).approvedBy).toHaveLength(1);
  });

  it('of somebody who may not write asks for nothing', async () => {
    const asked = review('tom', { state: 'changes-requested' });
    expect(await approvals(asked)).toMatchObject({ changesRequestedBy: [] });
  });

  it('by anybody named in the commits does not count where GitHub does not know who pushed', async () => {
    const people = fakePeople({
      push: null,
      committers: ['bob'],
      reviews: [review('bob'), review('paul')],
    });
    expect(await observeApprovals(people, reviewedPull)).toMatchObject({
      approvedBy: ['paul'],
      notCounted: [{ login: 'bob', reason: 'last-pusher' }],
    });
  });
});
