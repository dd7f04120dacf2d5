import { formatProblem, toError, UserError } from '../errors.js';

/** Why something failed, in one line. */
export function causeOf(thrown: unknown): string {
  const error = toError(thrown);
  if (!(error instanceof UserError)) return firstLine(error.message);
  const [first, ...more] = error.problems;
  if (first === undefined) return firstLine(error.message);
  return `${formatProblem(first)}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replace(/:$/, '');
}
