import { UserError } from '../shared/errors.js';
import type { Images } from './ecr.js';
import { manifestOf, putTags, type Pushed, type TagOutcome } from './put-tags.js';
import type { RemoteImage, Repository } from './repository.js';
import { isSameImage, settleTags, type KnownImage } from './tags.js';

/**
 * Takes an image of the same content that another run has pushed under the content key, in place of
 * the one built here: the tags are put on it. `undefined` where there is none, or it is this one.
 *
 * @throws UserError `tag-immutable` where a tag is on a third image
 * @throws OperationError `tag-taken`
 */
export async function adoptWinner(
  images: Images,
  request: {
    readonly repository: Repository;
    readonly image: KnownImage;
    readonly tags: readonly string[];
    readonly keyTag: string | undefined;
    readonly remote: ReadonlyMap<string, RemoteImage>;
  },
): Promise<Pushed | undefined> {
  const { repository, image, tags, keyTag, remote } = request;
  const winner = keyTag === undefined ? undefined : remote.get(keyTag);
  if (winner === undefined || isSameImage(image, winner)) return undefined;
  const settled = settleTags({ digest: winner.digest }, tags, repository, remote);
  if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
  const outcomes = new Map<string, TagOutcome>(settled.present.map(({ tag }) => [tag, 'kept']));
  await putTags(images, repository.name, manifestOf(winner), settled.write, outcomes);
  return { digest: winner.digest, outcomes, adopted: true };
}
