import { OperationError } from '../shared/errors.js';
import type { Images } from './ecr.js';
import type { Manifest } from './image.js';
import type { UploadReport } from './upload.js';

export type TagOutcome = 'written' | 'kept';

/** How an image came to be under its tags. */
export interface Pushed {
  readonly digest: string;
  readonly outcomes: ReadonlyMap<string, TagOutcome>;
  /** Another run has pushed an image of the same content first, and that one is taken. */
  readonly adopted: boolean;
  /** Layers sent by this action itself, where it did. */
  readonly upload?: UploadReport | undefined;
}

/**
 * Puts tags on a manifest whose layers are there.
 *
 * @throws OperationError `tag-taken` where an immutable one was put on another image meanwhile
 */
export async function putTags(
  images: Images,
  repository: string,
  manifest: Manifest,
  tags: readonly string[],
  outcomes: Map<string, TagOutcome>,
): Promise<void> {
  for (const tag of tags) {
    const outcome = await images.putManifest(repository, manifest, tag);
    if (outcome === 'tag-immutable') {
      throw new OperationError('tag-taken', `the tag ${tag} was taken meanwhile`, {
        details: { repository, tag, digest: manifest.digest },
      });
    }
    outcomes.set(tag, outcome === 'written' ? 'written' : 'kept');
  }
}
