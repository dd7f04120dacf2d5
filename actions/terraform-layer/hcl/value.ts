import type { Source } from './syntax.js';

/** A value that Terraform's expression language can hold; a set is a sorted array. */
export type Value = string | number | boolean | null | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** What stands where a value cannot be found out before Terraform runs, and why. */
export class Unknown {
  constructor(
    readonly reason: string,
    readonly source: Source,
    readonly start: number,
    readonly end: number,
    /** Terraform will know it; otherwise Terraform will find the same mistake. */
    readonly deferred = false,
  ) {}
}

/** A value of which parts may be unknown. */
export type Evaluated =
  string | number | boolean | null | readonly Evaluated[] | EvaluatedMap | Unknown;
export interface EvaluatedMap {
  readonly [key: string]: Evaluated;
}

export function isList(value: Evaluated): value is readonly Evaluated[] {
  return Array.isArray(value);
}

export function isMap(value: Evaluated): value is EvaluatedMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unknown)
  );
}

/** The first unknown part at any depth. */
export function firstUnknown(value: Evaluated): Unknown | undefined {
  if (value instanceof Unknown) return value;
  if (isList(value)) return findUnknown(value);
  if (isMap(value)) return findUnknown(Object.values(value));
  return undefined;
}

function findUnknown(values: readonly Evaluated[]): Unknown | undefined {
  for (const value of values) {
    const found = firstUnknown(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value, or undefined where a part of it is unknown. */
export function known(value: Evaluated): Value | undefined {
  return firstUnknown(value) === undefined ? (value as Value) : undefined;
}

/** Own member of a map; `constructor` and its like are not members. */
export function member(map: EvaluatedMap, key: string): Evaluated | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** A map from entries; the last of one key wins, and `__proto__` is a key like any other. */
export function mapOf(entries: Iterable<readonly [string, Evaluated]>): EvaluatedMap {
  return Object.fromEntries(entries);
}

/** Entries in the order of the keys, as Terraform iterates. */
export function entriesInOrder(map: EvaluatedMap): (readonly [string, Evaluated])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Terraform's conversion to string, or undefined where there is none. */
export function asString(value: Evaluated): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
}

/** Terraform's conversion to number, or undefined where there is none. */
export function asNumber(value: Evaluated): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Terraform's conversion to bool, or undefined where there is none. */
export function asBoolean(value: Evaluated): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  return undefined;
}

/** Equality as `==` has it: same type, same content. */
export function sameValue(a: Evaluated, b: Evaluated): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index] ?? null));
  }
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key] ?? null, b[key] ?? null))
    );
  }
  return false;
}

/** Distinct items; strings in order, as Terraform iterates over a set of them. */
export function setOf(items: readonly Evaluated[]): readonly Evaluated[] {
  const distinct: Evaluated[] = [];
  for (const item of items) {
    if (!distinct.some((other) => sameValue(other, item))) distinct.push(item);
  }
  return distinct.every((item) => typeof item === 'string') ? distinct.sort() : distinct;
}
