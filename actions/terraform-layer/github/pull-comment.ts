import { toError } from '../../shared/errors.js';
import { isDenied } from '../../shared/github-client.js';
import type { Comments } from '../../shared/github-comments.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import { upsertStickyComment } from '../../shared/sticky-comment.js';
import type { Publication } from './publication.js';

export interface PullCommentRequest {
  readonly publication: Publication;
  readonly key: string;
  /** Undefined: GitHub is asked who the token is. */
  readonly author: string | undefined;
  readonly body: string;
  /** When this run began to look at the world, in milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * Writes the comment of a plan on its pull request, where there is one and the token may. What
 * goes wrong here fails no run: the job summary has everything, and the log says what is missing.
 *
 * @param comments builds the client; called only where a comment is to be written
 * @returns the comment's address; undefined where this run wrote none
 */
export async function writePullComment(
  request: PullCommentRequest,
  ports: {
    readonly comments: () => Promise<Comments>;
    readonly log: Logger;
    readonly secrets: Secrets;
  },
): Promise<string | undefined> {
  const { publication, key, author, startedAt } = request;
  const { log, secrets } = ports;
  if (publication.kind === 'summary-only') {
    if (publication.notice !== undefined) log.notice(publication.notice);
    return undefined;
  }
  try {
    const outcome = await upsertStickyComment(await ports.comments(), {
      ...{ pullNumber: publication.pullNumber, headSha: publication.headSha },
      ...{ key, author, startedAt, body: secrets.redact(request.body) },
    });
    switch (outcome.kind) {
      case 'outdated':
        log.notice(
          `Newer commits were pushed (${outcome.headSha.slice(0, 10)}): their run comments.`,
        );
        return undefined;
      case 'overtaken':
        log.notice(`A run that began later has commented already: ${outcome.url}`);
        return undefined;
      case 'created':
      case 'updated':
      case 'unchanged':
        log.info(`Comment ${outcome.kind}: ${outcome.url}`);
        return outcome.url;
    }
  } catch (thrown) {
    const denied = isDenied(thrown);
    if (denied && publication.mayBeReadOnly === 'dependabot') {
      log.notice(
        'Dependabot runs have a read-only token, so there is no comment: the job summary has everything. "permissions: pull-requests: write" in the job grants it.',
      );
      return undefined;
    }
    const hint = denied ? ' Give the job "permissions: pull-requests: write".' : '';
    log.warning(
      secrets.redact(
        `The pull request's comment could not be written (${toError(thrown).message}): the job summary has everything.${hint}`,
      ),
    );
    return undefined;
  }
}
