import { UserError, type Problem } from './errors.js';

/** Reads one input as the workflow wrote it; `core.getInput` in an action. Absent is `''`. */
export type InputSource = (name: string) => string;

/**
 * Reads typed inputs and collects every problem, so that the user sees all of them at once.
 *
 * A reader method never throws: on a bad value it notes the problem and returns a stand-in, which
 * is safe because `finish()` must be called before any value is used.
 */
export class InputReader {
  readonly #source: InputSource;
  readonly #problems: Problem[] = [];
  readonly #names = new Set<string>();

  constructor(source: InputSource) {
    this.#source = source;
  }

  /** Names read so far; a contract test holds them against `action.yml`. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /** The trimmed value, or `undefined` where it is absent. */
  text(name: string): string | undefined {
    this.#names.add(name);
    const value = this.#source(name).trim();
    return value === '' ? undefined : value;
  }

  /** The trimmed value; absent is a problem, with `hint` as what to do. */
  required(name: string, hint?: string): string {
    const value = this.text(name);
    if (value === undefined) {
      this.problem(name, 'input-required', `is required`, hint);
      return '';
    }
    return value;
  }

  /** One of `allowed`; absent takes `fallback`, or is a problem where there is none. */
  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.text(name);
    const match = allowed.find((candidate) => candidate === value);
    if (match !== undefined) return match;
    if (value === undefined) {
      if (fallback !== undefined) return fallback;
      this.problem(name, 'input-required', 'is required', `one of ${allowed.join(', ')}`);
    } else {
      this.problem(
        name,
        'input-not-allowed',
        `${quote(value)} is none of ${allowed.join(', ')}`,
        suggestion(value, allowed),
      );
    }
    return fallback ?? (allowed[0] as T);
  }

  /** YAML's booleans as GitHub takes them (`core.getBooleanInput`), with a fallback. */
  boolean(name: string, fallback: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (/^(true|True|TRUE)$/.test(value)) return true;
    if (/^(false|False|FALSE)$/.test(value)) return false;
    this.problem(name, 'input-not-boolean', `${quote(value)} is neither true nor false`);
    return fallback;
  }

  /** A whole number within `min..max`. */
  integer(
    name: string,
    bounds: { readonly min: number; readonly max: number },
  ): number | undefined {
    return this.#numeric(name, bounds, /^-?\d+$/, 'a whole number');
  }

  /** A decimal number within `min..max`. */
  number(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    return this.#numeric(name, bounds, /^-?\d+(\.\d+)?$/, 'a number');
  }

  /** Items one a line or separated by commas; blanks dropped. */
  list(name: string): readonly string[] {
    return splitList(this.text(name) ?? '');
  }

  /** Lines `KEY=value`; the value may hold anything but a line break. */
  keyValues(name: string): Readonly<Record<string, string>> {
    const result: Record<string, string> = {};
    for (const line of (this.text(name) ?? '').split('\n')) {
      const trimmed = line.trim();
      if (trimmed === '') continue;
      const at = trimmed.indexOf('=');
      if (at <= 0) {
        this.problem(name, 'input-not-key-value', `${quote(trimmed)} is not KEY=value`);
        continue;
      }
      const key = trimmed.slice(0, at).trim();
      if (key in result) {
        this.problem(name, 'input-duplicate-key', `${quote(key)} is given twice`);
      }
      result[key] = trimmed.slice(at + 1);
    }
    return result;
  }

  /** A value that must match `pattern`; `allowed` says in words what fits. */
  matching(name: string, pattern: RegExp, allowed: string): string | undefined {
    const value = this.text(name);
    if (value !== undefined && !pattern.test(value)) {
      this.problem(name, 'input-malformed', `${quote(value)} is not ${allowed}`);
    }
    return value;
  }

  /** Notes a problem that only the caller can see, such as two inputs that exclude each other. */
  problem(name: string, code: string, message: string, hint?: string): void {
    this.#problems.push({
      code,
      message,
      at: { input: name },
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Throws a `UserError` with every problem noted; returns `value` where there is none. */
  finish<T>(value: T): T {
    if (this.#problems.length > 0) throw new UserError(this.#problems);
    return value;
  }

  #numeric(
    name: string,
    bounds: { readonly min: number; readonly max: number },
    pattern: RegExp,
    kind: string,
  ): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (!pattern.test(value) || parsed < bounds.min || parsed > bounds.max) {
      this.problem(
        name,
        'input-out-of-range',
        `${quote(value)} is not ${kind} from ${bounds.min} to ${bounds.max}`,
      );
      return undefined;
    }
    return parsed;
  }
}

/** Splits at commas and line breaks; blanks dropped. */
export function splitList(text: string): readonly string[] {
  return text
    .split(/[\n,]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The candidate nearest to what was typed, as "did you mean …?", when one is near. */
export function suggestion(typed: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(typed.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(typed.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best === undefined ? undefined : `did you mean ${quote(best.candidate)}?`;
}

function quote(value: string): string {
  return JSON.stringify(value);
}

/** Levenshtein distance by one row. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
