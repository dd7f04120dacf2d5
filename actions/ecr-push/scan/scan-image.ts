import { OperationError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { visible } from '../../shared/markdown.js';
import type { Images } from '../ecr.js';
import { awaitScan, type ScanPorts } from './await-scan.js';
import type { ScannedImage, ScanOutcome } from './image-scan.js';
import { platformImages, type PlatformImage } from './platform-images.js';

/**
 * Waits for the scans of an image, which are several for an index, all at once. Whatever ECR fails
 * with is the outcome `failed`: the image was pushed, and what is known of it is still to be told.
 *
 * @throws OperationError `cancelled`
 */
export async function scanImage(
  ports: ScanPorts & { readonly ecr: Images; readonly log: Logger },
  repository: string,
  digest: string,
  timeoutMinutes: number,
): Promise<readonly ScannedImage[]> {
  const { ecr, log, clock } = ports;
  const deadline = clock.now() + timeoutMinutes * 60_000;
  const found = await orFailed(platformImages(ecr, repository, digest));
  if ('kind' in found) return [{ repository, digest, platform: undefined, outcome: found }];
  return Promise.all(
    found.map(async (image) => {
      const name = `${repository} ${image.platform ?? image.digest}`;
      log.info(visible(`Waiting for the scan of ${name}`));
      const outcome = await orFailed(awaitScan(ports, repository, image.digest, deadline));
      log.info(visible(`${name}: ${describeOutcome(outcome)}`));
      return { ...image, repository, outcome };
    }),
  );
}

function describeOutcome(outcome: ScanOutcome): string {
  if (outcome.kind !== 'scanned') return `no result (${outcome.kind})`;
  return `${outcome.type} scan, ${outcome.findings.length} findings`;
}

async function orFailed<T extends ScanOutcome | readonly PlatformImage[]>(
  attempt: Promise<T>,
): Promise<T | Extract<ScanOutcome, { kind: 'failed' }>> {
  try {
    return await attempt;
  } catch (thrown) {
    if (!(thrown instanceof OperationError) || thrown.code === 'cancelled') throw thrown;
    return { kind: 'failed', status: thrown.code, reason: thrown.message };
  }
}
