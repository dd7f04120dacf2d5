import { parseJson } from '../../shared/json-text.js';

/** One side of a change, with Terraform's marks, which have the value's shape or are `true`. */
export interface Side {
  readonly value: unknown;
  readonly sensitive: unknown;
  readonly unknown: unknown;
}

/** A value with nothing marked. */
export function sideOf(value: unknown): Side {
  return { value, sensitive: false, unknown: false };
}

/** A member of a side, with the marks that hold for it. */
export function memberOf(side: Side, key: string | number): Side {
  return {
    value: member(side.value, key),
    sensitive: side.sensitive === true ? true : (member(side.sensitive, key) ?? false),
    unknown: side.unknown === true ? true : (member(side.unknown, key) ?? false),
  };
}

/** Whether a mark holds for any part of the value. */
export function holdsAnywhere(mark: unknown): boolean {
  if (typeof mark !== 'object' || mark === null) return mark === true;
  return Object.values(mark).some(holdsAnywhere);
}

export function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? (value[key] as unknown) : undefined;
  // A key such as `constructor` must not find what every object has.
  if (isObject(value) && Object.hasOwn(value, key)) return value[key];
  return undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values are one, at any depth; all that `isNothing` takes is one value. */
export function equalValues(
  left: unknown,
  right: unknown,
  isNothing: (value: unknown) => boolean,
): boolean {
  if (left === right || (isNothing(left) && isNothing(right))) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length &&
      left.every((item, index) => equalValues(item, right[index], isNothing))
    );
  }
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => equalValues(member(left, key), member(right, key), isNothing));
  }
  return false;
}

/** Values as documents, where each is a JSON object or list written in a string. */
export function jsonDocuments(values: readonly unknown[]): readonly unknown[] | undefined {
  const documents: unknown[] = [];
  for (const value of values) {
    const document = jsonDocument(value);
    if (document === undefined) return undefined;
    documents.push(document);
  }
  return documents;
}

function jsonDocument(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? parseJson(value) : undefined;
}
