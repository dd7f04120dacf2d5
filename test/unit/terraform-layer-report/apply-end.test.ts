import { applyEndOf } from '../../../actions/terraform-layer/apply/apply-end.js';
import type { ReviewSummary } from '../../../actions/terraform-layer/review/verdict.js';
import type { StackEnd, StackOutcome } from '../../../actions/terraform-layer/schedule/outcome.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import { layeredTree, load } from '../../support/stacks.js';
import { anOutcome } from '../../support/terraform.js';

let stack: Stack;
beforeAll(async () => {
  const [first] = (await load(layeredTree(['dev']))).stacks;
  if (first === undefined) throw new Error('no stack');
  stack = first;
});

const review: ReviewSummary = { verdict: 'unreviewed', differences: [], sources: [], notes: [] };
const byReview: StackEnd = { status: 'stopped', reasons: [{ kind: 'review' }] };
const ended = (end: StackEnd): StackOutcome => anOutcome(stack, end);
const nextWave = (): StackOutcome =>
  anOutcome(stack, byReview, { review: { ...review, waitedFor: ['layers/a'] } });
const kindOf = (...outcomes: readonly StackOutcome[]): string => applyEndOf(outcomes).kind;

const failed: StackEnd = { status: 'failed', step: 'apply', lock: undefined };
const blocked: StackEnd = {
  status: 'not-started',
  why: { kind: 'upstream-failed', stacks: ['layers/a'] },
};

describe('an apply', () => {
  it('has ended well where every stack has', () => {
    expect(kindOf()).toBe('applied');
    expect(kindOf(ended({ status: 'applied' }), ended({ status: 'unchanged' }))).toBe('applied');
    expect(kindOf(ended({ status: 'applied' }), ended(failed))).toBe('failed');
  });

  it('leaves a next wave where the rest alone waited at review', () => {
    expect(kindOf(ended({ status: 'applied' }), nextWave(), ended(blocked))).toBe('next-wave');
  });

  it('has failed where a failure stands beside the next wave', () => {
    expect(kindOf(ended(failed), nextWave())).toBe('failed');
    expect(kindOf(ended({ status: 'interrupted', step: 'apply' }), nextWave())).toBe('failed');
  });

  it('was stopped where one differs from its review, whatever else came', () => {
    const stopped = anOutcome(stack, byReview, { review });
    expect(kindOf(stopped, nextWave())).toBe('stopped');
    expect(kindOf(stopped, ended(failed))).toBe('stopped');
  });
});
