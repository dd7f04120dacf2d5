import { formatProblem, toError, UserError } from '../errors.js';
import type { Notice } from './notice.js';

/** Why something failed, in one line. */
export function causeOf(thrown: unknown): string {
  const error = toError(thrown);
  if (!(error instanceof UserError)) return firstLine(error.message);
  const [first, ...more] = error.problems;
  if (first === undefined) return firstLine(error.message);
  return `${formatProblem(first)}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}

/** Something ended with an error: it failed, or was cancelled. */
export function brokenOff(
  subject: string,
  thrown: unknown,
  { cancelled }: { readonly cancelled: boolean },
): Notice {
  const cause = causeOf(thrown);
  return cancelled
    ? { kind: 'cancelled', subject, sentence: cause }
    : { kind: 'failed', subject, cause };
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replace(/:$/, '');
}
