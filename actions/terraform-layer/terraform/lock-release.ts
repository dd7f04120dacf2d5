import { readFile, rm } from 'node:fs/promises';
import { toError } from '../../shared/errors.js';
import type { Clock } from '../../shared/clock.js';
import { parseLockInfo } from './lock-info.js';
import type { RescueCommands } from './rescue-commands.js';

export type Release =
  | { readonly kind: 'released' }
  /** It still stands, in the words of who tried. */
  | { readonly kind: 'stands'; readonly why: string };

const pausesMilliseconds = [0, 1000, 4000];

/**
 * Releases a lock that a Terraform of this run took and, having ended, cannot give back itself.
 * Only for locks whose id that Terraform's own log has named.
 */
export async function releaseLock(
  lockId: string,
  ports: { readonly commands: Pick<RescueCommands, 'forceUnlock'>; readonly clock: Clock },
): Promise<Release> {
  let why = '';
  for (const pause of pausesMilliseconds) {
    if (pause > 0) await ports.clock.sleep(pause);
    try {
      await ports.commands.forceUnlock(lockId);
      return { kind: 'released' };
    } catch (thrown) {
      why = toError(thrown).message;
      // Given back after all, by a last act of Terraform's.
      if (isGone(why)) return { kind: 'released' };
    }
  }
  return { kind: 'stands', why };
}

/**
 * Whether these are the words for a lock that is not there: of S3, and of Terraform 1.11 and OpenTofu
 * for a DynamoDB table. Where locks are taken in both, either alone may be the one that stands.
 */
function isGone(words: string): boolean {
  const inFile = !/NoSuchKey|StatusCode: 404|no such key/i.test(words);
  const inTable = !/unexpected end of JSON input|no lock info found for/i.test(words);
  return words.includes('both S3 and DynamoDB') ? !inFile && !inTable : !inFile || !inTable;
}

/**
 * Removes the lock file that a killed Terraform leaves beside a local state: the lock itself ended
 * with the process (it is the kernel's), the file only misleads. `startedAt` is in milliseconds.
 */
export async function removeLocalLock(lockFile: string, startedAt: number): Promise<void> {
  const lock = parseLockInfo(await readFile(lockFile, 'utf8').catch(() => undefined));
  if (lock === undefined || !(Date.parse(lock.created) >= startedAt)) return;
  await rm(lockFile, { force: true });
}
