import { OperationError, toError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';

/**
 * Runs what a run can do without: where it throws, `fallback` is the answer, and the fault is told
 * once for each right that lacks, with what follows from it.
 */
export type Tolerate = <T>(
  options: { readonly fallback: T; readonly consequence: string },
  body: () => Promise<T>,
) => Promise<T>;

export function tolerance(ports: {
  readonly log: Pick<Logger, 'warning'>;
  readonly secrets: Pick<Secrets, 'redact'>;
}): Tolerate {
  const told = new Set<string>();
  return async ({ fallback, consequence }, body) => {
    try {
      return await body();
    } catch (thrown) {
      const error = toError(thrown);
      const known = error instanceof OperationError ? error : undefined;
      const { right, bucket } = known?.details ?? {};
      const key = JSON.stringify([known?.code ?? error.name, right, bucket, consequence]);
      if (!told.has(key))
        ports.log.warning(ports.secrets.redact(`${error.message}: ${consequence}`));
      told.add(key);
      return fallback;
    }
  };
}
