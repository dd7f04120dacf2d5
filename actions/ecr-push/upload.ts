import PQueue from 'p-queue';
import { OperationError } from '../shared/errors.js';
import type { Ecr, Layers } from './ecr.js';
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

  const byDigest = new Map(missing.map((blob) => [blob.digest, blob]));
  await sendBlobs(ecr, repository, missing.map(localBlob), ({ digest }) => {
    const blob = byDigest.get(digest);
    if (blob !== undefined) onBlob(blob, 'sent');
  });
  for (const manifest of image.children) await ecr.putManifest(repository, manifest);
  return {
    sent: missing.length,
    skipped: image.blobs.length - missing.length,
    sentBytes: missing.reduce((sum, { content }) => sum + content.size, 0),
  };
}

/** A blob as it is sent, wherever it lies. */
export interface BlobSource {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Reads bytes from `position` on; fewer than `length` only at the end. */
  read(position: number, length: number): Promise<Buffer>;
  /** Called once all was read; throws where that is not what the digest says. */
  readonly check?: () => void;
}

function localBlob({ digest, content }: Blob): BlobSource {
  const read = (position: number, length: number): Promise<Buffer> =>
    readRange(content, position, length);
  return { digest, sizeBytes: content.size, read };
}

/**
 * Sends blobs, several at a time and each part by part: no more than the parts is in memory.
 *
 * @throws OperationError `upload-stuck`, `ecr-…`, and what the sources throw
 */
export async function sendBlobs(
  layers: Layers,
  repository: string,
  blobs: readonly BlobSource[],
  onSent: (blob: BlobSource) => void,
): Promise<void> {
  const queue = new PQueue({ concurrency: uploadsAtOnce });
  await Promise.all(
    blobs.map((blob) =>
      queue.add(async () => {
        await sendBlob(layers, repository, blob).catch((thrown: unknown) => {
          // One failure ends the push: the others need not begin.
          queue.clear();
          throw thrown;
        });
        onSent(blob);
      }),
    ),
  );
}

/** @throws OperationError `upload-stuck` where ECR asks for the same byte again and again */
async function sendBlob(layers: Layers, repository: string, blob: BlobSource): Promise<void> {
  const { digest, sizeBytes } = blob;
  const { uploadId, partSizeBytes } = await layers.startUpload(repository);
  let repeats = 0;
  for (let position = 0; position < sizeBytes;) {
    const part = await blob.read(position, partSizeBytes);
    const sent = { firstByte: position, content: part };
    const next = await layers.uploadPart(repository, uploadId, sent);
    repeats = next > position ? 0 : repeats + 1;
    if (part.length === 0 || repeats > 3 || next > sizeBytes) {
      throw new OperationError('upload-stuck', `${digest} cannot be sent past byte ${position}`, {
        details: { digest, position },
      });
    }
    position = next;
  }
  blob.check?.();
  await layers.completeUpload(repository, uploadId, digest);
}
