import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import { formatBytes } from '../report.js';
import type { BlobDescriptor } from './image-graph.js';

export interface Progress {
  readonly onRead: (bytes: number) => void;
  readonly onSent: (blob: BlobDescriptor) => void;
}

const tellEveryMilliseconds = 15_000;

/** Tells each blob that has arrived, and every 15 s how far a long copy is. */
export function tellProgress(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  blobs: readonly BlobDescriptor[],
): Progress {
  const total = formatBytes(blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  let readBytes = 0;
  let arrived = 0;
  let toldAt = clock.now();
  return {
    onRead(bytes) {
      readBytes += bytes;
      if (clock.now() - toldAt < tellEveryMilliseconds) return;
      toldAt = clock.now();
      const read = formatBytes(readBytes);
      log.info(`Copying: ${read} of ${total}, ${arrived} of ${blobs.length} layers have arrived`);
    },
    onSent({ digest, sizeBytes }) {
      arrived += 1;
      log.info(`${digest}: sent, ${formatBytes(sizeBytes)}`);
    },
  };
}
