import { pushUnderTags, type PushPorts, type TagRequest } from './attempt.js';
import type { Blob, LocalImage } from './image.js';
import { putTags, type Pushed } from './put-tags.js';
import { uploadImage } from './upload.js';

export interface ArchivePushRequest extends TagRequest {
  readonly image: LocalImage;
  readonly onBlob: (blob: Blob, outcome: 'sent' | 'present') => void;
}

/**
 * Pushes what an engine has built as an archive, as `pushWithRetries` does what lies in its store.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `tag-taken` of the last attempt, `cancelled`, `ecr-…`
 */
export async function pushBuiltArchive(
  ports: PushPorts,
  request: ArchivePushRequest,
): Promise<Pushed> {
  const { ecr } = ports;
  const { image, onBlob } = request;
  const { name } = request.repository;
  const { digest } = image.root;
  return pushUnderTags(ports, { digest }, request, async ({ write, present, outcomes }) => {
    const upload = present.length > 0 ? undefined : await uploadImage(ecr, name, image, onBlob);
    await putTags(ecr, name, image.root, write, outcomes);
    return { digest, outcomes, adopted: false, upload };
  });
}
