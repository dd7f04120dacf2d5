import type {
  LabelEvent,
  People,
  Push,
  Review,
  ReviewedPull,
} from '../../actions/terraform-layer/github/people.js';
import { sha } from './github.js';

/** Opened by ann, its head 2…2 pushed by paul at 10:00. */
export const reviewedPull: ReviewedPull = {
  number: 7,
  headSha: sha('2'),
  headRef: 'feature',
  author: 'ann',
  fromFork: false,
};

export const push: Push = { by: { login: 'paul', kind: 'user' }, at: '2026-11-01T10:00:00Z' };

/** An approval of the head at 11:00, unless something else is said. */
export function review(login: string, change: Partial<Review> = {}): Review {
  return {
    author: { login, kind: 'user' },
    state: 'approved',
    commitSha: sha('2'),
    submittedAt: '2026-11-01T11:00:00Z',
    ...change,
  };
}

/** Put on at 11:00. */
export function labelEvent(
  label: string,
  login: string,
  change: Partial<LabelEvent> = {},
): LabelEvent {
  return {
    label,
    event: 'labeled',
    actor: { login, kind: 'user' },
    at: '2026-11-01T11:00:00Z',
    ...change,
  };
}

/** People in memory; ann, paul, bob and eve may write. */
export function fakePeople(options: {
  readonly writers?: readonly string[];
  readonly reviews?: readonly Review[];
  readonly labels?: readonly string[];
  readonly events?: readonly LabelEvent[];
  readonly push?: Push | null;
  readonly committers?: readonly string[];
}): People {
  const writers = options.writers ?? ['ann', 'paul', 'bob', 'eve'];
  return {
    mayWrite: (login) => Promise.resolve(writers.includes(login.toLowerCase())),
    reviewsOf: () => Promise.resolve(options.reviews ?? []),
    labelsOf: () => Promise.resolve(options.labels ?? []),
    labelEventsOf: () => Promise.resolve(options.events ?? []),
    pushOf: () => Promise.resolve(options.push === null ? undefined : (options.push ?? push)),
    committersOf: () => Promise.resolve(options.committers ?? []),
  };
}
