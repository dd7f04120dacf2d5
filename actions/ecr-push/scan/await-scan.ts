import { cancelled } from '../cancelled.js';
import type { Clock } from '../../shared/clock.js';
import type { Scans } from '../ecr.js';
import type { ImageScan, ScanOutcome } from './image-scan.js';

export interface ScanPorts {
  readonly ecr: Scans;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Flat: a scan takes seconds to minutes, and ECR counts calls by the second. */
const pauseMilliseconds = 5_000;
const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Waits until ECR has scanned an image. A basic scan is asked for where there is none, where it
 * failed, or where it is older than a day, since it knows only what was known then. ECR scans an
 * image once in 24 hours (ECR API reference, "StartImageScan"): the result of that day is taken.
 * Enhanced scans begin by rules of the registry, and none can be asked for.
 *
 * @param deadline milliseconds since the epoch
 * @throws OperationError `ecr-denied`, `ecr-failed`, `cancelled`
 */
export async function awaitScan(
  { ecr, clock, signal }: ScanPorts,
  repository: string,
  digest: string,
  deadline: number,
): Promise<ScanOutcome> {
  let start: Awaited<ReturnType<Scans['startScan']>> | undefined;
  /** What was there when a scan was asked for, which is not its result. */
  let earlier: ImageScan | undefined;
  for (;;) {
    const scan = await ecr.scanOf(repository, digest);
    if (start === undefined && wantsStart(scan, clock.now())) {
      start = await ecr.startScan(repository, digest);
      if (start.kind === 'unsupported') return start;
      if (start.kind === 'started') earlier = scan;
    }
    const outcome = isEarlier(scan, earlier) ? undefined : outcomeOf(scan);
    if (outcome !== undefined) return outcome;
    if (clock.now() >= deadline) {
      const notStarted = start?.kind === 'not-by-hand' ? start.reason : undefined;
      return { kind: 'timed-out', status: scan?.status, notStarted };
    }
    await sleep(clock, signal);
  }
}

function wantsStart(scan: ImageScan | undefined, now: number): boolean {
  if (scan === undefined) return true;
  if (scan.type === 'enhanced') return false;
  if (scan.status === 'FAILED') return true;
  return (
    scan.status === 'COMPLETE' &&
    scan.completedAt !== undefined &&
    now - scan.completedAt >= dayMilliseconds
  );
}

function isEarlier(scan: ImageScan | undefined, earlier: ImageScan | undefined): boolean {
  if (scan === undefined || earlier === undefined) return false;
  if (scan === earlier) return true;
  return (
    earlier.status === 'COMPLETE' &&
    scan.status === 'COMPLETE' &&
    scan.completedAt === earlier.completedAt
  );
}

/** ECR API reference, "ImageScanStatus"; `undefined` while it is on its way. */
function outcomeOf(scan: ImageScan | undefined): ScanOutcome | undefined {
  if (scan === undefined) return undefined;
  const { status, findings, type } = scan;
  switch (status) {
    case 'IN_PROGRESS':
    case 'PENDING':
      return undefined;
    case 'COMPLETE':
    case 'ACTIVE':
      return findings === undefined ? undefined : { kind: 'scanned', type, findings };
    case 'UNSUPPORTED_IMAGE':
      return { kind: 'unsupported', reason: scan.description };
    default:
      return { kind: 'failed', status, reason: scan.description };
  }
}

async function sleep(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(pauseMilliseconds, signal);
  } catch (thrown) {
    if (signal.aborted) throw cancelled();
    throw thrown;
  }
}
