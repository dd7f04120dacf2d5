import { toError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';

/** What GitHub shows of an apply is no reason for it to fail: the log says what went wrong. */
export async function untroubled(
  { log, secrets }: { readonly log: Logger; readonly secrets: Secrets },
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    log.info(secrets.redact(`${what}: ${toError(thrown).message}`));
  }
}
