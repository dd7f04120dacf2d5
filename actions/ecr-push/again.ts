import type { Clock } from '../shared/clock.js';
import { OperationError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';

const attempts = 3;
const pauseMilliseconds = 3_000;

/**
 * Does a push again that failed in a way that may not come back: what arrived before is not sent
 * twice, and what the tags name is read anew.
 */
export async function withAgain<T>(
  ports: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
  once: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once();
    } catch (thrown) {
      const again =
        thrown instanceof OperationError &&
        (thrown.code === 'push-failed' || thrown.code === 'tag-taken');
      if (!again || attempt === attempts) throw thrown;
      ports.log.warning(`${thrown.message}; trying again`);
      await ports.clock.sleep(pauseMilliseconds * attempt, ports.signal);
    }
  }
}
