import type { AttributeChange, ShownValue } from './changes.js';
import { detached, diffLines, sameLength } from './line-diff.js';

/** More of one value than any report shows. */
const keptCharacters = 2000;
const contextCharacters = 40;

/**
 * The change as a report needs it: texts of several lines as the lines that differ, and of a long
 * value the piece where the two begin to differ. Nothing of the plan's JSON stays alive with it.
 * Sensitive values must be hidden before: a piece of one cannot be told.
 */
export function shortenChange(change: AttributeChange): AttributeChange {
  const lines = changedLines(change);
  return { ...shortenValues(change), ...(lines === undefined ? {} : { lines }) };
}

/** As `shortenChange`, of two values alone. */
export function shortenValues<
  T extends { readonly before: ShownValue; readonly after: ShownValue },
>(change: T): T {
  const { before, after } = change;
  const [left, right] = [textOf(before), textOf(after)];
  const same = left === undefined || right === undefined ? 0 : sameLength(left, right);
  const from = same < keptCharacters / 2 ? 0 : same - contextCharacters;
  return { ...change, before: shortenValue(before, from), after: shortenValue(after, from) };
}

/** Characters that a change keeps in memory, roughly. */
export function keptSize({ before, after, lines }: AttributeChange): number {
  return (
    100 +
    valueSize(before) +
    valueSize(after) +
    (lines ?? []).reduce((sum, { text }) => sum + text.length + 20, 0)
  );
}

function changedLines({ before, after }: AttributeChange): AttributeChange['lines'] {
  const [left, right] = [textOf(before), textOf(after)];
  if (left === undefined && right === undefined) return undefined;
  if (![before, after].every(({ kind }) => kind === 'absent' || kind === 'value')) return undefined;
  if (left === undefined && before.kind === 'value') return undefined;
  if (right === undefined && after.kind === 'value') return undefined;
  // A line break at the end makes no text of several lines.
  if (![left, right].some((text) => text !== undefined && /\n[^]/.test(text))) return undefined;
  if (left === right) return undefined;
  const lines = diffLines(left ?? '', right ?? '');
  // Two texts may differ in how their lines end alone.
  return lines.some(({ sign }) => sign === '+' || sign === '-') ? lines : undefined;
}

function textOf(value: ShownValue): string | undefined {
  return value.kind === 'value' && typeof value.value === 'string' ? value.value : undefined;
}

function valueSize(value: ShownValue): number {
  if (value.kind !== 'value') return 0;
  return typeof value.value === 'string' ? value.value.length : keptCharacters / 4;
}

function shortenValue(shown: ShownValue, from: number): ShownValue {
  if (shown.kind !== 'value') return shown;
  const { value } = shown;
  if (typeof value !== 'string') return { kind: 'value', value: shortInside(value) };
  if (value.length <= keptCharacters && from === 0) return shown;
  const excerpt = detached(value.slice(from, from + keptCharacters));
  return { kind: 'value', value: excerpt, from, length: value.length };
}

/** A copy of a list or an object with as much of it as fits. */
function shortInside(value: unknown): unknown {
  let room = keptCharacters;
  const copy = (inner: unknown): unknown => {
    room -= 8;
    if (typeof inner === 'string') {
      const text = inner.length <= room ? inner : `${inner.slice(0, Math.max(0, room))}…`;
      room -= text.length;
      return text === inner ? inner : detached(text);
    }
    if (Array.isArray(inner)) {
      const items: unknown[] = [];
      for (const item of inner as readonly unknown[]) {
        if (room <= 0) {
          items.push(`… ${inner.length - items.length} more`);
          break;
        }
        items.push(copy(item));
      }
      return items;
    }
    if (typeof inner === 'object' && inner !== null) {
      const entries: [string, unknown][] = [];
      const all = Object.entries(inner);
      for (const [key, item] of all) {
        if (room <= 0) {
          entries.push(['…', `${all.length - entries.length} more`]);
          break;
        }
        room -= key.length;
        entries.push([key, copy(item)]);
      }
      return Object.fromEntries(entries);
    }
    return inner;
  };
  return copy(value);
}
