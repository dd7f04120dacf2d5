import { createHash } from 'node:crypto';
import { parseLockInfo } from './lock-info.js';

/**
 * OpenTofu's S3 backend does not log the id of its lock, but at level DEBUG what it sends: the
 * digest of each lock file, and the whole item for a DynamoDB table (seen in OpenTofu 1.12.6).
 */

/** Whether a core log tells of a lock that OpenTofu sent and did not take back by its own account. */
export function maySendLock(log: string): boolean {
  let file = false;
  let table = false;
  for (const entry of entriesOf(log)) {
    if (isItem(entry)) table = true;
    else if (isOfLockFile(entry, 'PutObject')) file = true;
    else if (
      isOfLockFile(entry, 'DeleteObject') &&
      /: HTTP Response Received: /.test(entry) &&
      /http\.status_code=2\d\d/.test(entry)
    ) {
      file = false;
    }
  }
  return file || table;
}

/**
 * The id of the lock that stands in the place of a state's lock, where the OpenTofu of this core
 * log has written that very text: the id in it is random, so nobody else has. Undefined where
 * nothing stands there, or what somebody else has written.
 */
export function tofuLock(log: string, lockText: string | undefined): string | undefined {
  const id = parseLockInfo(lockText)?.id;
  if (lockText === undefined || id === undefined) return undefined;
  const digest = createHash('sha256').update(lockText).digest();
  const signs = [
    `x_amz_content_sha256=${digest.toString('hex')}`,
    `x_amz_checksum_sha256="${digest.toString('base64')}"`,
  ];
  const isOurs = entriesOf(log).some(
    (entry) =>
      /: HTTP Request Sent: /.test(entry) &&
      (isItem(entry)
        ? entry.includes(`{\\"ID\\":\\"${id}\\"`)
        : isOfLockFile(entry, 'PutObject') && signs.some((sign) => entry.includes(sign))),
  );
  return isOurs ? id : undefined;
}

/** An entry of the log begins with its time; bodies follow on lines of their own. */
function entriesOf(log: string): readonly string[] {
  return log.split(/\n(?=\d{4}-\d{2}-\d{2}T)/);
}

function isOfLockFile(entry: string, method: string): boolean {
  return (
    entry.includes(` rpc.method=S3/${method} `) && /aws\.s3\.key=(?:"[^"]*|\S*)\.tflock/.test(entry)
  );
}

/** The digest of a state is put into the same table, without this condition. */
function isItem(entry: string): boolean {
  return (
    entry.includes(' rpc.method=DynamoDB/PutItem ') &&
    entry.includes('"attribute_not_exists(LockID)"')
  );
}
