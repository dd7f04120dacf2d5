import { styleText } from 'node:util';
import { Help } from 'commander';
import type { Env } from '../actions/shared/env.js';

/** Where a command writes, and how it may look there. */
export interface Terminal {
  /** What was asked for. Text is written as it is, with no line break added. */
  readonly out: (text: string) => void;
  /** What went wrong, and progress. */
  readonly err: (text: string) => void;
  /** Columns of a line. */
  readonly columns: number;
  /** Of what was asked for. */
  readonly colours: boolean;
  /** Of what went wrong. */
  readonly errColours: boolean;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const usualColumns = 80;
/** Longer lines are hard to read. */
const widestColumns = 120;

/** Colours only where a person looks, and has not said `NO_COLOR` (no-color.org). */
export function terminalOf(
  streams: { readonly out: OutputStream; readonly err: OutputStream },
  env: Env,
): Terminal {
  const { out, err } = streams;
  const wanted = env('NO_COLOR') === undefined && env('TERM') !== 'dumb';
  return {
    out: (text) => void out.write(text),
    err: (text) => void err.write(text),
    columns: Math.min(
      out.isTTY === true ? (out.columns ?? usualColumns) : usualColumns,
      widestColumns,
    ),
    colours: wanted && out.isTTY === true,
    errColours: wanted && err.isTTY === true,
  };
}

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** The text in a style, or as it is where there are no colours. */
export function styled({ colours }: Pick<Terminal, 'colours'>, style: Style, text: string): string {
  // Whether there is a terminal has been decided; `styleText` would look at its own stream.
  return colours ? styleText(style, text, { validateStream: false }) : text;
}

/** Broken at words, so that no line is longer than `columns` unless a word is. */
export function wrapped(text: string, columns: number): readonly string[] {
  return new Help().boxWrap(text, columns).split('\n');
}
