import { formatLocation, type Problem } from '../../shared/errors.js';
import { locate, type Expression, type Source } from '../hcl/syntax.js';
import type { Unknown } from '../hcl/value.js';

/** The problem of an expression that cannot be told: which one, where, and what it lacks. */
export function notEvaluable(options: {
  /** What it is the value of: `network: config.key`. */
  readonly what: string;
  /** The part of it that is shown. */
  readonly written: Expression;
  readonly source: Source;
  readonly unknown: Unknown;
  /** The stack's directory. */
  readonly directory: string;
  readonly hint: string;
}): Problem {
  const { what, written, source, unknown, directory } = options;
  const own = unknown.source.file === source.file && unknown.source.text === source.text;
  return {
    code: 'not-evaluable',
    message:
      `${what} = ${shortText(source, written)} cannot be told for ${directory}: ` + unknown.reason,
    at: locate(source, own ? unknown.start : written.start),
    hint: own ? options.hint : `see ${formatLocation(locate(unknown.source, unknown.start))}`,
  };
}

function shortText({ text }: Source, { start, end }: Expression): string {
  const shown = text.slice(start, end).replace(/\s+/g, ' ');
  return shown.length > 120 ? `${shown.slice(0, 120)}…` : shown;
}
