import PQueue from 'p-queue';
import { OperationError } from '../shared/errors.js';
import type { Ecr } from './ecr.js';
import { readRange, type Blob, type LocalImage } from './image.js';

export interface UploadReport {
  readonly sent: number;
  /** Already in the repository. */
  readonly skipped: number;
  readonly sentBytes: number;
}

const uploadsAtOnce = 3;

/**
 * Sends what the repository lacks of an image, all but the manifest that tags are put on: a tag
 * then never names an incomplete image.
 */
export async function uploadImage(
  ecr: Ecr,
  repository: string,
  image: LocalImage,
  onBlob: (blob: Blob, outcome: 'sent' | 'present') => void,
): Promise<UploadReport> {
  const present = await ecr.layersPresent(
    repository,
    image.blobs.map(({ digest }) => digest),
  );
  const missing = image.blobs.filter(({ digest }) => !present.has(digest));
  for (const blob of image.blobs) if (present.has(blob.digest)) onBlob(blob, 'present');

  const queue = new PQueue({ concurrency: uploadsAtOnce });
  await Promise.all(
    missing.map((blob) =>
      queue.add(async () => {
        await uploadBlob(ecr, repository, blob).catch((thrown: unknown) => {
          // One failure ends the push: the others need not begin.
          queue.clear();
          throw thrown;
        });
        onBlob(blob, 'sent');
      }),
    ),
  );
  for (const manifest of image.children) await ecr.putManifest(repository, manifest);
  return {
    sent: missing.length,
    skipped: image.blobs.length - missing.length,
    sentBytes: missing.reduce((sum, { content }) => sum + content.size, 0),
  };
}

/** @throws OperationError `upload-stuck` where ECR asks for the same byte again and again */
async function uploadBlob(ecr: Ecr, repository: string, { digest, content }: Blob): Promise<void> {
  const { uploadId, partSizeBytes } = await ecr.startUpload(repository);
  let repeats = 0;
  for (let position = 0; position < content.size;) {
    const part = await readRange(content, position, partSizeBytes);
    const next = await ecr.uploadPart(repository, uploadId, { firstByte: position, content: part });
    repeats = next > position ? 0 : repeats + 1;
    if (part.length === 0 || repeats > 3 || next > content.size) {
      throw new OperationError('upload-stuck', `${digest} cannot be sent past byte ${position}`, {
        details: { digest, position },
      });
    }
    position = next;
  }
  await ecr.completeUpload(repository, uploadId, digest);
}
