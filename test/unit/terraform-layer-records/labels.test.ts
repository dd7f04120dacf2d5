import { observeLabels } from '../../../actions/terraform-layer/github/labels.js';
import type { LabelEvent } from '../../../actions/terraform-layer/github/people.js';
import { fakePeople, labelEvent, reviewedPull } from '../../support/people.js';

const allow = 'allow-destroy:aws_db_instance';

function labels(events: readonly LabelEvent[], change: Parameters<typeof fakePeople>[0] = {}) {
  const people = fakePeople({ labels: [allow, 'bug'], events, ...change });
  return observeLabels(people, reviewedPull, (label) => label.startsWith('allow-destroy'));
}

describe('a label', () => {
  it('counts that somebody with write access put on after the head was pushed', async () => {
    expect(await labels([labelEvent(allow, 'bob')])).toEqual({
      counting: [{ label: allow, by: 'bob' }],
      notCounted: [],
    });
  });

  it.each<readonly [string, readonly LabelEvent[], string]>([
    ['by the author', [labelEvent(allow, 'ann')], 'author'],
    ['by the last pusher', [labelEvent(allow, 'Paul')], 'last-pusher'],
    ['by somebody with triage rights', [labelEvent(allow, 'tom')], 'no-write-access'],
    [
      'by an app',
      [labelEvent(allow, 'x[bot]', { actor: { login: 'x[bot]', kind: 'bot' } })],
      'bot',
    ],
    [
      'before the head was pushed',
      [labelEvent(allow, 'bob', { at: '2026-11-01T09:00:00Z' })],
      'before-push',
    ],
    ['by nobody knows whom', [], 'unknown-origin'],
    ['under another name', [labelEvent('bug', 'bob')], 'unknown-origin'],
  ])('does not count that was put on %s', async (_what, events, reason) => {
    expect(await labels(events)).toMatchObject({
      counting: [],
      notCounted: [{ label: allow, reason }],
    });
  });

  it('is the word of who put it on last', async () => {
    const again = labelEvent(allow, 'ann', { at: '2026-11-01T13:00:00Z' });
    const off = labelEvent(allow, 'eve', { event: 'unlabeled', at: '2026-11-01T12:00:00Z' });
    expect(await labels([again, off, labelEvent(allow, 'bob')])).toMatchObject({
      counting: [],
      notCounted: [{ by: 'ann', reason: 'author' }],
    });
  });

  it('does not count where GitHub does not know when the head was pushed', async () => {
    expect(await labels([labelEvent(allow, 'bob')], { push: null })).toMatchObject({
      counting: [],
      notCounted: [{ reason: 'push-unknown' }],
    });
  });

  it('that was taken off again is none', async () => {
    expect(await labels([labelEvent(allow, 'bob')], { labels: ['bug'] })).toEqual({
      counting: [],
      notCounted: [],
    });
  });
});
