import { OperationError } from '../shared/errors.js';
import { suggestion } from '../shared/inputs.js';

/** The names to choose from, where one was given that is not there; `undefined`: they are not known. */
export function whatThereIs(
  kind: string,
  typed: string,
  names: readonly string[] | undefined,
): string {
  if (names === undefined) return `this role may not list ${kind}`;
  if (names.length === 0) return `there are no ${kind} there`;
  const near = suggestion(typed, names);
  const shown = names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
  return `${near === undefined ? '' : `${near} `}there: ${shown}`;
}

/** Names are a help: where the role may not list them, the error itself must still come. */
export async function orNone<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof OperationError) return undefined;
    throw thrown;
  }
}
