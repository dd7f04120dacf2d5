import type { Clock } from '../shared/clock.js';
import { UserError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';
import { adoptWinner } from './adopt.js';
import { withAgain } from './again.js';
import type { Ecr } from './ecr.js';
import type { Blob, LocalImage } from './image.js';
import { putTags, type Pushed, type TagOutcome } from './put-tags.js';
import type { Repository } from './repository.js';
import { settleTags } from './tags.js';
import { uploadImage, type UploadReport } from './upload.js';

export interface ArchivePushRequest {
  readonly repository: Repository;
  readonly image: LocalImage;
  readonly tags: readonly string[];
  readonly keyTag: string | undefined;
  readonly onBlob: (blob: Blob, outcome: 'sent' | 'present') => void;
}

/**
 * Pushes what an engine has built as an archive, as `pushWithRetries` does what lies in its store.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `tag-taken` of the last attempt, `cancelled`, `ecr-…`
 */
export async function pushBuiltArchive(
  ports: {
    readonly ecr: Ecr;
    readonly clock: Clock;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
  request: ArchivePushRequest,
): Promise<Pushed & { readonly upload: UploadReport | undefined }> {
  const { ecr } = ports;
  const { repository, image, tags, keyTag } = request;
  const wanted = keyTag === undefined ? tags : [keyTag, ...tags];
  return withAgain(ports, async () => {
    const remote = await ecr.imagesByTag(repository.name, wanted);
    const known = { digest: image.root.digest };
    const winner = await adoptWinner(ecr, { repository, image: known, tags, keyTag, remote });
    if (winner !== undefined) return { ...winner, upload: undefined };
    const settled = settleTags(known, wanted, repository, remote);
    if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
    const outcomes = new Map<string, TagOutcome>(settled.present.map(({ tag }) => [tag, 'kept']));
    const upload =
      settled.present.length > 0
        ? undefined
        : await uploadImage(ecr, repository.name, image, request.onBlob);
    await putTags(ecr, repository.name, image.root, settled.write, outcomes);
    return { digest: image.root.digest, outcomes, adopted: false, upload };
  });
}
