import { cancelled } from '../cancelled.js';
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import { OperationError, toError } from '../../shared/errors.js';
import type { BlobSource } from '../upload.js';
import type { BlobDescriptor } from './image-graph.js';
import type { ReadRange } from './read-range.js';
import type { SourceRepository } from './source-registry.js';

export interface RemoteBlobPorts {
  readonly source: Pick<SourceRepository, 'downloadUrl'>;
  readonly readRange: ReadRange;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of bytes that were read for the first time. */
  readonly onRead?: (bytes: number) => void;
}

const attempts = 6;
const firstPauseMilliseconds = 250;

/**
 * A layer or configuration that lies in a registry, read part by part as it is sent on. Parts that
 * fail are read again, by a new address: addresses expire.
 *
 * Its `read` throws OperationError `blob-download-failed` after six attempts, its `check` throws
 * `blob-digest-differs`.
 */
export function remoteBlob(ports: RemoteBlobPorts, blob: BlobDescriptor): BlobSource {
  const { digest, sizeBytes } = blob;
  const hash = createHash('sha256');
  let hashed = 0;
  let url: string | undefined;

  async function readOnce(position: number, length: number): Promise<Buffer> {
    url ??= await ports.source.downloadUrl(digest);
    const answer = await ports.readRange(url, { position, length }, ports.signal);
    if (answer.kind === 'refused') throw new Error(`HTTP status ${answer.status}`);
    if (answer.content.length === length) return answer.content;
    throw new Error(`${answer.content.length} of ${length} bytes`);
  }

  async function readPart(position: number, length: number): Promise<Buffer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readOnce(position, length);
      } catch (thrown) {
        if (ports.signal.aborted) {
          throw cancelled();
        }
        // What ECR itself refuses was tried again where it was asked.
        if (thrown instanceof OperationError) throw thrown;
        url = undefined;
        if (attempt === attempts) throw downloadFailed(digest, position, toError(thrown));
        await ports.clock.sleep(firstPauseMilliseconds * 2 ** (attempt - 1), ports.signal);
      }
    }
  }

  return {
    digest,
    sizeBytes,
    async read(position, length) {
      const content = await readPart(position, Math.min(length, sizeBytes - position));
      // A part that ECR has lost is read twice, and counts once.
      const fresh = content.subarray(Math.max(0, hashed - position));
      hash.update(fresh);
      hashed += fresh.length;
      ports.onRead?.(fresh.length);
      return content;
    },
    check() {
      const found = `sha256:${hash.digest('hex')}`;
      if (hashed === sizeBytes && found === digest) return;
      throw new OperationError(
        'blob-digest-differs',
        `what the source registry gave for ${digest} is ${found}`,
        { details: { digest, found, bytes: hashed } },
      );
    },
  };
}

function downloadFailed(digest: string, position: number, cause: Error): OperationError {
  return new OperationError(
    'blob-download-failed',
    `${digest} cannot be read from byte ${position} on: ${cause.message}; run it again, what has arrived is not sent twice`,
    { details: { digest, position }, cause },
  );
}
