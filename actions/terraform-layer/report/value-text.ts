import { visible } from '../../shared/markdown.js';
import type { ShownValue } from '../review/changes.js';

const shownCharacters = 160;
const glimpseCharacters = 60;

/** One value on one line; long ones are cut, and say how long they are. */
export function valueText(value: ShownValue): string {
  return cut(wholeText(value), 0, value);
}

/** Two values on one line each; of two long ones, the place where they begin to differ. */
export function valuePair(before: ShownValue, after: ShownValue): readonly [string, string] {
  const [left, right] = [wholeText(before), wholeText(after)];
  const most = after.kind === 'unknown' ? glimpseCharacters : shownCharacters;
  const short = [left, right].every((text) => text.length <= most);
  if (short && [before, after].every(isWhole)) return [left, right];
  // What it will be is not known: what it was needs no more than a glimpse.
  if (after.kind === 'unknown') return [cut(left, 0, before, glimpseCharacters), right];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const from = same < shownCharacters / 2 ? 0 : same - 20;
  return [cut(left, from, before), cut(right, from, after)];
}

function isWhole(value: ShownValue): boolean {
  return value.kind !== 'value' || value.length === undefined;
}

function wholeText(value: ShownValue): string {
  switch (value.kind) {
    case 'value':
      return visible(jsonText(value.value));
    case 'sensitive':
      return '(sensitive)';
    case 'unknown':
      return '(known after apply)';
    case 'absent':
      return '(none)';
  }
}

/** A JSON document inside a string is written as Terraform's own function would be called. */
function jsonText(value: unknown): string {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      return `jsonencode(${JSON.stringify(JSON.parse(value))})`;
    } catch {
      // It only looks like one, or is a piece of one.
    }
  }
  return JSON.stringify(value);
}

function cut(
  text: string,
  from: number,
  value: ShownValue,
  most: number = shownCharacters,
): string {
  const [start, length] =
    value.kind === 'value' && value.length !== undefined
      ? [value.from ?? 0, value.length]
      : [0, text.length];
  const head = from + start > 0 ? '…' : '';
  if (isWhole(value) && text.length - from <= most) return head + text.slice(from);
  return `${head}${text.slice(from, from + most)}… (${length} characters)`;
}
