import {
  bad,
  codePoints,
  list,
  map,
  number,
  string,
  strings,
  type Implementations,
} from './function-arguments.js';
import {
  asBoolean,
  entriesInOrder,
  isList,
  isMap,
  mapOf,
  member,
  sameValue,
  setOf,
  type Evaluated,
} from './value.js';

function has(items: readonly Evaluated[], item: Evaluated): boolean {
  return items.some((other) => sameValue(other, item));
}

function flatten(values: readonly Evaluated[]): readonly Evaluated[] {
  return values.flatMap((value) => (isList(value) ? flatten(value) : [value]));
}

/** Every choice of one item of each list, the last list the fastest. */
function product(lists: readonly (readonly Evaluated[])[]): readonly Evaluated[] {
  if (lists.length < 2) return bad('two lists or more are needed');
  return lists.reduce<readonly (readonly Evaluated[])[]>(
    (choices, items) => choices.flatMap((choice) => items.map((item) => [...choice, item])),
    [[]],
  );
}

/** Functions that only move values: unknown parts stay where they are. */
export const movingFunctions = {
  merge: (values) =>
    mapOf(values.flatMap((value) => (value === null ? [] : Object.entries(map(value))))),
  concat: (values) => values.flatMap(list),
  flatten: ([value]) => flatten(list(value)),
  lookup: ([from, key, fallback]) =>
    member(map(from), string(key)) ?? fallback ?? bad(`there is no key ${string(key)}`),
  element: ([from, index]) => {
    const items = list(from);
    const length = items.length === 0 ? bad('the list is empty') : items.length;
    return items[((number(index) % length) + length) % length] ?? null;
  },
  keys: ([value]) => entriesInOrder(map(value)).map(([key]) => key),
  values: ([value]) => entriesInOrder(map(value)).map(([, item]) => item),
  length: ([value]) =>
    typeof value === 'string'
      ? codePoints(value).length
      : value !== undefined && isMap(value)
        ? Object.keys(value).length
        : list(value).length,
  slice: ([value, start, end]) => list(value).slice(number(start), number(end)),
  reverse: ([value]) => [...list(value)].reverse(),
  zipmap: ([keys, values]) =>
    mapOf(strings(keys).map((key, index) => [key, list(values)[index] ?? null])),
  one: ([value]) => {
    const items = list(value);
    return items.length > 1 ? bad('more than one item') : (items[0] ?? null);
  },
  tolist: ([value]) => list(value),
  tomap: ([value]) => map(value),
  sensitive: ([value]) => value ?? null,
  nonsensitive: ([value]) => value ?? null,
  ephemeralasnull: () => null,
} satisfies Implementations;

export const collectionFunctions = {
  alltrue: ([value]) => list(value).every((item) => asBoolean(item) === true),
  anytrue: ([value]) => list(value).some((item) => asBoolean(item) === true),
  chunklist: ([value, size]) => {
    const items = list(value);
    const step = number(size) > 0 ? number(size) : Math.max(items.length, 1);
    return Array.from({ length: Math.ceil(items.length / step) }, (_, index) =>
      items.slice(index * step, (index + 1) * step),
    );
  },
  coalesce: (values) =>
    values.find((value) => value !== null && value !== '') ?? bad('every argument is empty'),
  coalescelist: (values) =>
    values.find((value) => isList(value) && value.length > 0) ?? bad('every list is empty'),
  compact: ([value]) => list(value).filter((item) => item !== null && item !== ''),
  contains: ([from, item]) => has(list(from), item ?? null),
  distinct: ([value]) => {
    const result: Evaluated[] = [];
    for (const item of list(value)) if (!has(result, item)) result.push(item);
    return result;
  },
  index: ([from, item]) => {
    const found = list(from).findIndex((other) => sameValue(other, item ?? null));
    return found < 0 ? bad('the item is not in the list') : found;
  },
  matchkeys: ([values, keys, wanted]) => {
    const names = list(keys);
    return list(values).filter((_, index) => has(list(wanted), names[index] ?? null));
  },
  setintersection: ([first, ...rest]) =>
    setOf(list(first).filter((item) => rest.every((other) => has(list(other), item)))),
  setproduct: (values) => product(values.map(list)),
  setsubtract: ([first, second]) => setOf(list(first).filter((item) => !has(list(second), item))),
  setunion: (values) => setOf(values.flatMap(list)),
  sort: ([value]) => [...strings(value)].sort(),
  toset: ([value]) => setOf(list(value)),
  transpose: ([value]) => {
    const pairs = entriesInOrder(map(value)).flatMap(([key, names]) =>
      strings(names).map((name) => [name, key] as const),
    );
    const names = setOf(pairs.map(([name]) => name)).map(string);
    return mapOf(
      names.map((name) => [name, pairs.filter(([own]) => own === name).map(([, key]) => key)]),
    );
  },
} satisfies Implementations;
