import type { Json, JsonObject } from '../model.js';
import { asArray, isObject } from './task-definition.js';

/**
 * A list whose items have a name, by that name: their order then does not count. Items with the
 * same name are all kept; something that is no such list stays what it is.
 */
export function keyedBy(
  list: Json | undefined,
  key: string | ((item: JsonObject) => string),
): Json {
  const items = asArray(list);
  if (!items.every(isObject)) return list ?? null;
  const result: Record<string, Json> = {};
  for (const item of items) {
    const name = typeof key === 'string' ? scalarText(item[key]) : key(item);
    let unique = name;
    for (let count = 2; Object.hasOwn(result, unique); count += 1) unique = `${name}#${count}`;
    result[unique] = item;
  }
  return result;
}

/** A name or number as text; `''` where there is none. */
export function scalarText(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Each object of a list with `defaults` under it; other items stay. */
export function withDefaults(list: Json | undefined, defaults: JsonObject): readonly Json[] {
  return asArray(list).map((item) =>
    isObject(item) ? { ...defaults, ...withoutNulls(item) } : item,
  );
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** Drops null, `[]` and `{}` at any depth: ECS returns them for what was not set. */
export function withoutEmpty(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutEmpty);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, withoutEmpty(item)] as const)
      .filter(([, item]) => !isEmpty(item)),
  );
}

function isEmpty(value: Json): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
