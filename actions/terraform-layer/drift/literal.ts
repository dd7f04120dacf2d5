import type { SourceLocation } from '../../shared/errors.js';
import { hclQuoted } from '../hcl/quoted-text.js';

/** Where the code gives a value, and what stands there. */
export interface Origin {
  readonly at: SourceLocation;
  /** What is written there; undefined where it is a file that is not read by line (JSON). */
  readonly value: string | number | boolean | undefined;
  /** The whole line, and the part of it that is the value; absent where it cannot be edited. */
  readonly line?: { readonly text: string; readonly start: number; readonly end: number };
}

/** A change of one line of the code. */
export interface OfferedEdit {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/**
 * The edit that makes the code say what the world says; undefined where the value is no literal
 * on one line, or the new value is none.
 */
export function editTo(origin: Origin, world: unknown): OfferedEdit | undefined {
  const { at, line } = origin;
  const written = literalOf(world, origin.value);
  if (line === undefined || at.line === undefined || written === undefined) return undefined;
  const after = line.text.slice(0, line.start) + written + line.text.slice(line.end);
  if (after === line.text) return undefined;
  return { file: at.file, line: at.line, before: line.text, after };
}

/** The value as Terraform's language writes it, in the way the old one was written. */
function literalOf(value: unknown, old: Origin['value']): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return typeof old === 'string' ? JSON.stringify(String(value)) : String(value);
  }
  if (typeof value !== 'string' || /\p{Cc}/u.test(value)) return undefined;
  if (typeof old === 'number' && /^-?\d+(?:\.\d+)?$/.test(value)) return value;
  return hclQuoted(value);
}
