import type { ShownValue } from '../review/changes.js';

const shownCharacters = 160;

/** One value on one line; long ones are cut, and say how long they are. */
export function valueText(value: ShownValue): string {
  return cut(wholeText(value));
}

/** Two values on one line each; of two long ones, the place where they begin to differ. */
export function valuePair(before: ShownValue, after: ShownValue): readonly [string, string] {
  const [left, right] = [wholeText(before), wholeText(after)];
  if (left.length <= shownCharacters && right.length <= shownCharacters) return [left, right];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const from = same < shownCharacters / 2 ? 0 : same - 20;
  return [cut(left, from), cut(right, from)];
}

/**
 * Makes control, invisible and direction-changing characters visible, so that a name cannot
 * reorder or hide what a reviewer reads.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function wholeText(value: ShownValue): string {
  switch (value.kind) {
    case 'value':
      return visible(JSON.stringify(value.value));
    case 'sensitive':
      return '(sensitive)';
    case 'unknown':
      return '(known after apply)';
    case 'absent':
      return '(none)';
  }
}

function cut(text: string, from = 0): string {
  const head = from > 0 ? '…' : '';
  if (text.length - from <= shownCharacters) return head + text.slice(from);
  return `${head}${text.slice(from, from + shownCharacters)}… (${text.length} characters)`;
}
