import type { Clock } from '../shared/clock.js';
import { UserError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';
import { withAgain } from './again.js';
import type { Ecr } from './ecr.js';
import { putTags, type Pushed, type TagOutcome } from './put-tags.js';
import { manifestOf, type RemoteImage, type Repository } from './repository.js';
import { isSameImage, settleTags, type KnownImage, type SettledTags } from './tags.js';

export interface PushPorts {
  readonly ecr: Ecr;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface TagRequest {
  readonly repository: Repository;
  readonly tags: readonly string[];
  /** The content key, pushed first: whoever gets it decides which image the tags are put on. */
  readonly keyTag: string | undefined;
}

/** What one attempt has to do. */
export interface Attempt {
  readonly write: SettledTags['write'];
  readonly present: SettledTags['present'];
  readonly remote: ReadonlyMap<string, RemoteImage>;
  /** Holds the tags that are kept; those that are put come to it. */
  readonly outcomes: Map<string, TagOutcome>;
}

/**
 * Pushes an image under its tags; one that failed is pushed again. What the tags name is read before
 * each attempt: another run may have pushed the same image, or, under the content key, another of
 * the same content. That one is then taken in place of the one built here.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `tag-taken` of the last attempt, `cancelled`, `ecr-…`, and as `push` does
 */
export async function pushUnderTags(
  ports: PushPorts,
  image: KnownImage,
  { repository, tags, keyTag }: TagRequest,
  push: (attempt: Attempt) => Promise<Pushed>,
): Promise<Pushed> {
  const { ecr } = ports;
  const wanted = keyTag === undefined ? tags : [keyTag, ...tags];
  return withAgain(ports, async () => {
    const remote = await ecr.imagesByTag(repository.name, wanted);
    const winner = keyTag === undefined ? undefined : remote.get(keyTag);
    if (winner === undefined || isSameImage(image, winner)) {
      return push(attemptOf(image, wanted, repository, remote));
    }
    const { digest } = winner;
    const { write, outcomes } = attemptOf({ digest }, tags, repository, remote);
    await putTags(ecr, repository.name, manifestOf(winner), write, outcomes);
    return { digest, outcomes, adopted: true };
  });
}

function attemptOf(
  image: KnownImage,
  tags: readonly string[],
  repository: Repository,
  remote: ReadonlyMap<string, RemoteImage>,
): Attempt {
  const { write, present, conflicts } = settleTags(image, tags, repository, remote);
  if (conflicts.length > 0) throw new UserError(conflicts);
  const outcomes = new Map<string, TagOutcome>(present.map(({ tag }) => [tag, 'kept']));
  return { write, present, remote, outcomes };
}
