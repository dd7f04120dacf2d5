import { OperationError } from '../../shared/errors.js';

/** Makes a value at its first use: SDK clients cost start time, so each is loaded when needed. */
export function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Runs one call of a service's client and names it in its error. */
export type Calls<Client, Sdk> = <T>(
  operation: string,
  send: (client: Client, sdk: Sdk) => Promise<T>,
) => Promise<T>;

/**
 * Calls of one service, whose client is loaded at the first: `service` is its prefix in IAM.
 *
 * @throws OperationError as `call` does
 */
export function callsOf<Client, Sdk>(
  service: string,
  load: () => Promise<{ readonly sdk: Sdk; readonly client: Client }>,
): Calls<Client, Sdk> {
  const open = lazy(load);
  return async (operation, send) => {
    const { client, sdk } = await open();
    return call(`${service}:${operation}`, () => send(client, sdk));
  };
}

/**
 * Runs one AWS call and names it in its error.
 *
 * @throws OperationError `aws-access-denied`, or `aws-call-failed` with `details.name`, the
 * service's own error name
 */
export async function call<T>(operation: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown instanceof OperationError) throw thrown;
    const denied = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/.test(thrown.name);
    throw new OperationError(
      denied ? 'aws-access-denied' : 'aws-call-failed',
      denied
        ? `this role may not call ${operation}: ${thrown.message}`
        : `${operation} failed: ${thrown.name}: ${thrown.message}`,
      { details: { operation, name: thrown.name }, cause: thrown },
    );
  }
}

/** The service's own name of an error made by `call`. */
export function awsErrorName(thrown: unknown): string | undefined {
  if (!(thrown instanceof OperationError)) return undefined;
  const { name } = thrown.details;
  return typeof name === 'string' ? name : undefined;
}

/** What a call gives; `undefined` where it fails with one of these errors of the service. */
export async function orUndefined<T>(
  missing: readonly string[],
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    if (missing.includes(awsErrorName(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

export function isAccessDenied(thrown: unknown): boolean {
  return thrown instanceof OperationError && thrown.code === 'aws-access-denied';
}
