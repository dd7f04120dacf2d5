import { samePerson, type People, type Review, type ReviewedPull } from './people.js';

/** Why an approval does not count. */
export type ApprovalRefusal =
  | 'other-commit'
  | 'author'
  /** They pushed the head: nobody else has looked at it. */
  | 'last-pusher'
  | 'no-write-access'
  | 'bot';

export interface Approvals {
  /** Logins. */
  readonly approvedBy: readonly string[];
  /** Whose latest word is that something must change. */
  readonly changesRequestedBy: readonly string[];
  readonly notCounted: readonly { readonly login: string; readonly reason: ApprovalRefusal }[];
}

/** What judging approvals needs beside the reviews. */
export interface ApprovalContext {
  readonly headSha: string;
  readonly author: string;
  /** Who pushed the head; everyone named in the commits where GitHub does not know it. */
  readonly pushers: readonly string[];
  /** Logins with write access, in lower case. */
  readonly writers: ReadonlySet<string>;
}

/**
 * Which approvals count: a person's latest review, of the head, by somebody with write access who
 * neither opened the pull request nor pushed its head. A comment changes nothing; a dismissal takes
 * an approval back. Only people with write access can request changes.
 */
export function judgeApprovals(reviews: readonly Review[], context: ApprovalContext): Approvals {
  const latest = [...latestReviews(reviews).values()];
  const approving = latest
    .filter(({ state }) => state === 'approved')
    .map((review) => ({ login: review.author.login, reason: refusalOf(review, context) }));
  return {
    approvedBy: approving.flatMap(({ login, reason }) => (reason === undefined ? [login] : [])),
    changesRequestedBy: latest
      .filter(
        ({ state, author }) => state === 'changes-requested' && isWriter(author.login, context),
      )
      .map(({ author }) => author.login),
    notCounted: approving.flatMap(({ login, reason }) =>
      reason === undefined ? [] : [{ login, reason }],
    ),
  };
}

/** Each person's last review that says something, in the order of time. */
function latestReviews(reviews: readonly Review[]): ReadonlyMap<string, Review> {
  const inOrder = [...reviews]
    .filter(({ state }) => state !== 'commented' && state !== 'pending')
    .sort((left, right) => Date.parse(left.submittedAt) - Date.parse(right.submittedAt));
  return new Map(inOrder.map((review) => [review.author.login.toLowerCase(), review]));
}

function refusalOf(
  { author, commitSha }: Review,
  context: ApprovalContext,
): ApprovalRefusal | undefined {
  const { login } = author;
  if (commitSha !== context.headSha) return 'other-commit';
  if (author.kind === 'bot') return 'bot';
  if (samePerson(login, context.author)) return 'author';
  if (context.pushers.some((pusher) => samePerson(login, pusher))) return 'last-pusher';
  if (!isWriter(login, context)) return 'no-write-access';
  return undefined;
}

function isWriter(login: string, { writers }: ApprovalContext): boolean {
  return login !== '' && writers.has(login.toLowerCase());
}

/** Asks GitHub, and judges. @throws what the port does, as where a permission is missing */
export async function observeApprovals(people: People, pull: ReviewedPull): Promise<Approvals> {
  const [reviews, pushers] = await Promise.all([
    people.reviewsOf(pull.number),
    pushersOf(people, pull),
  ]);
  const logins = [...latestReviews(reviews).values()]
    .filter(({ author }) => author.kind === 'user')
    .map(({ author }) => author.login);
  return judgeApprovals(reviews, {
    headSha: pull.headSha,
    author: pull.author,
    pushers,
    writers: await writersAmong(people, logins),
  });
}

async function pushersOf(people: People, pull: ReviewedPull): Promise<readonly string[]> {
  const push = await people.pushOf(pull);
  return push === undefined ? people.committersOf(pull.number) : [push.by.login];
}

/** Those with write access, in lower case. */
export async function writersAmong(
  people: People,
  logins: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = [...new Set(logins.filter((login) => login !== ''))];
  const may = await Promise.all(asked.map((login) => people.mayWrite(login)));
  return new Set(asked.filter((_login, index) => may[index]).map((login) => login.toLowerCase()));
}
