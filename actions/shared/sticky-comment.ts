import type { Comments } from './github.js';
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
  | { readonly kind: 'outdated'; readonly headSha: string };

/**
 * Writes the one comment of `key` on a pull request, in place where it exists.
 *
 * It is found by a hidden marker *and* by its author, since anyone can paste a marker. `body` is
 * at most `commentLimit` less 200 characters; the marker is put before it.
 */
export async function upsertStickyComment(
  comments: Comments,
  request: {
    readonly pullNumber: number;
    /** Distinguishes several comments of ours on one pull request. */
    readonly key: string;
    /** Our bot's login, `github-actions[bot]` for the job's own token. */
    readonly author: string;
    readonly body: string;
    /** The head that `body` speaks of. */
    readonly headSha: string;
  },
): Promise<StickyOutcome> {
  const marker = renderMarkdown([hidden(`infra-actions:${request.key}`)]).trim();
  const body = `${marker}\n${request.body}`;
  const [headSha, existing] = await Promise.all([
    comments.headSha(request.pullNumber),
    comments.list(request.pullNumber),
  ]);
  if (headSha !== request.headSha) return { kind: 'outdated', headSha };
  const ours = existing.find(
    (comment) => comment.author === request.author && comment.body.startsWith(marker),
  );
  if (ours === undefined) {
    return { kind: 'created', url: (await comments.create(request.pullNumber, body)).url };
  }
  if (ours.body === body) return { kind: 'unchanged', url: ours.url };
  return { kind: 'updated', url: (await comments.update(ours.id, body)).url };
}
