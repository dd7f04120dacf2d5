import type { Comments, PullComment } from './github-comments.js';
import { hidden, renderMarkdown } from './markdown.js';

/**
 * GitHub refuses a longer body ("Body is too long (maximum is 65536 characters)"). Counted here in
 * UTF-16 units: never fewer than characters, and at most 3 bytes each, so that a column of 4 bytes
 * a character holds it too.
 */
export const commentLimit = 65_536;

export type StickyOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly url: string }
  /** A newer push has come: its own run writes the comment. */
  | { readonly kind: 'outdated'; readonly headSha: string }
  /** What stands there is of a run that looked at the world later than this one. */
  | { readonly kind: 'overtaken'; readonly url: string };

export interface StickyRequest {
  readonly pullNumber: number;
  /** Distinguishes several comments of ours on one pull request. */
  readonly key: string;
  /** Our bot's login; undefined: GitHub is asked who the token is. */
  readonly author: string | undefined;
  readonly body: string;
  /** The head that `body` speaks of; undefined where it does not matter, as after the merge. */
  readonly headSha: string | undefined;
  /**
   * When this run began to look at the world, in milliseconds since the epoch. A run that began
   * earlier and ends later does not overwrite what a later one has written about the same head.
   */
  readonly startedAt?: number;
}

/** The request with the author known. */
interface OwnRequest extends StickyRequest {
  readonly author: string;
}

/**
 * Writes the one comment of `key` on a pull request, in place where it exists.
 *
 * It is found by a hidden marker *and* by its author, since anyone can paste a marker; of several,
 * which two runs at the same moment can make, the oldest stays and the others go. `body` is at
 * most `commentLimit` less 300 characters; the markers are put before it.
 */
export async function upsertStickyComment(
  comments: Comments,
  request: StickyRequest,
): Promise<StickyOutcome> {
  const { pullNumber } = request;
  const body = `${markerOf(request.key)}\n${versionLine(request)}${request.body}`;
  const [headSha, existing, author] = await Promise.all([
    request.headSha === undefined ? undefined : comments.headSha(pullNumber),
    comments.list(pullNumber),
    request.author ?? comments.login(),
  ]);
  if (headSha !== undefined && headSha !== request.headSha) return { kind: 'outdated', headSha };
  const own: OwnRequest = { ...request, author };
  const [ours, ...others] = oursAmong(existing, own);
  for (const { id } of others) await comments.remove(id);
  if (ours !== undefined) return update(comments, ours, body, request);
  const created = await comments.create(pullNumber, body);
  return settle(comments, created, body, own);
}

async function update(
  comments: Comments,
  ours: PullComment,
  body: string,
  request: StickyRequest,
): Promise<StickyOutcome> {
  if (isOvertaken(ours.body, request)) return { kind: 'overtaken', url: ours.url };
  if (ours.body === body) return { kind: 'unchanged', url: ours.url };
  return { kind: 'updated', url: (await comments.update(ours.id, body)).url };
}

/** Another run may have found none at the same moment: then its comment, if older, is the one. */
async function settle(
  comments: Comments,
  created: PullComment,
  body: string,
  request: OwnRequest,
): Promise<StickyOutcome> {
  const [first, ...others] = oursAmong(await comments.list(request.pullNumber), request);
  if (first === undefined || first.id === created.id) {
    for (const { id } of others) await comments.remove(id);
    return { kind: 'created', url: created.url };
  }
  await comments.remove(created.id);
  return update(comments, first, body, request);
}

/** Comments of this key that we wrote, oldest first. */
function oursAmong(
  existing: readonly PullComment[],
  { key, author }: OwnRequest,
): readonly PullComment[] {
  const marker = markerOf(key);
  return existing
    .filter((comment) => comment.author === author && comment.body.startsWith(marker))
    .sort((left, right) => left.id - right.id);
}

function markerOf(key: string): string {
  return renderMarkdown([hidden(`infra-actions:${key}`)]).trim();
}

function versionLine({ headSha, startedAt }: StickyRequest): string {
  if (startedAt === undefined) return '';
  return `${renderMarkdown([hidden(`infra-actions:of:${headSha ?? 'any'}:${startedAt}`)]).trim()}\n`;
}

function isOvertaken(body: string, { headSha, startedAt }: StickyRequest): boolean {
  const [, head, began] = /^<!-- infra-actions:of:(\w+):(\d+) -->$/m.exec(body) ?? [];
  if (startedAt === undefined || began === undefined) return false;
  return head === (headSha ?? 'any') && Number(began) > startedAt;
}
