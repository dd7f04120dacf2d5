import { parse as parseYaml } from 'yaml';
import { formatText } from './format-function.js';
import {
  asBoolean,
  asNumber,
  asString,
  firstUnknown,
  isList,
  isMap,
  mapOf,
  member,
  sameValue,
  setOf,
  Unknown,
  type Evaluated,
  type EvaluatedMap,
} from './value.js';

export type FunctionResult = { readonly value: Evaluated } | { readonly failure: string };

type ReadFile = (path: string) => string | undefined;
type Implementation = (values: readonly Evaluated[], readFile: ReadFile) => Evaluated;

/** Thrown inside an implementation only; `callFunction` turns it into a failure. */
class BadArgument extends Error {}

/**
 * Calls a function of Terraform's language. An unknown argument makes the result unknown, but the
 * functions that only move values (merge, concat, lookup …) keep unknown parts as they are.
 * Semantics: Terraform's "Functions" reference.
 */
export function callFunction(
  name: string,
  values: readonly Evaluated[],
  readFile: ReadFile,
): FunctionResult {
  const plainName = name.replace(/^core::/, '');
  const moving = movers.get(plainName);
  const implementation = moving ?? computers.get(plainName);
  if (implementation === undefined) {
    return { failure: 'this function is evaluated by Terraform only' };
  }
  for (const value of values) {
    const unknown = value instanceof Unknown ? value : moving ? undefined : firstUnknown(value);
    if (unknown !== undefined) return { value: unknown };
  }
  try {
    return { value: implementation(values, readFile) };
  } catch (error) {
    if (error instanceof BadArgument) return { failure: error.message };
    throw error;
  }
}

function bad(message: string): never {
  throw new BadArgument(message);
}

function string(value: Evaluated | undefined): string {
  return asString(value ?? null) ?? bad('text is needed');
}

function number(value: Evaluated | undefined): number {
  return asNumber(value ?? null) ?? bad('a number is needed');
}

function list(value: Evaluated | undefined): readonly Evaluated[] {
  return value !== undefined && isList(value) ? value : bad('a list is needed');
}

function map(value: Evaluated | undefined): EvaluatedMap {
  return value !== undefined && isMap(value) ? value : bad('a map is needed');
}

function strings(value: Evaluated | undefined): readonly string[] {
  return list(value).map(string);
}

function sortedKeys(value: EvaluatedMap): readonly string[] {
  return Object.keys(value).sort();
}

/** Unicode code points, as Terraform counts and cuts. */
function codePoints(text: string): string[] {
  return Array.from(text);
}

function flatten(values: readonly Evaluated[]): readonly Evaluated[] {
  return values.flatMap((value) => (isList(value) ? flatten(value) : [value]));
}

function textOf(path: Evaluated | undefined, readFile: ReadFile): string {
  return readFile(string(path)) ?? bad(`there is no file ${JSON.stringify(string(path))}`);
}

/** Terraform's regular expressions are RE2; what JavaScript reads otherwise is refused by it. */
function expression(pattern: string, flags = ''): RegExp {
  try {
    return new RegExp(pattern.replace(/^\(\?([ims]+)\)/, ''), flags + inlineFlags(pattern));
  } catch {
    return bad(`the pattern ${JSON.stringify(pattern)} is not understood`);
  }
}

function inlineFlags(pattern: string): string {
  return /^\(\?([ims]+)\)/.exec(pattern)?.[1] ?? '';
}

function replace(values: readonly Evaluated[]): string {
  const [text, search, replacement] = values.map(string);
  if (text === undefined || search === undefined || replacement === undefined)
    return bad('three arguments are needed');
  if (search.length > 1 && search.startsWith('/') && search.endsWith('/')) {
    const target = replacement.replace(/\$\{(\w+)\}/g, (_, group: string) => `$${group}`);
    return text.replace(expression(search.slice(1, -1), 'g'), target);
  }
  return text.replaceAll(search, () => replacement);
}

function regex(values: readonly Evaluated[]): Evaluated {
  const match = expression(string(values[0])).exec(string(values[1]));
  if (match === null) return bad('the pattern does not match');
  if (match.groups !== undefined) return mapOf(Object.entries(match.groups));
  return match.length > 1 ? match.slice(1) : match[0];
}

function substr(values: readonly Evaluated[]): string {
  const characters = codePoints(string(values[0]));
  const offset = number(values[1]);
  const length = number(values[2]);
  const start = offset < 0 ? characters.length + offset : offset;
  return characters.slice(start, length < 0 ? undefined : start + length).join('');
}

function decodeJson(text: string): Evaluated {
  try {
    return JSON.parse(text) as Evaluated;
  } catch {
    return bad('this is not valid JSON');
  }
}

function decodeYaml(text: string): Evaluated {
  try {
    return (parseYaml(text) ?? null) as Evaluated;
  } catch {
    return bad('this is not valid YAML');
  }
}

function sortedJson(value: Evaluated): unknown {
  if (isList(value)) return value.map(sortedJson);
  if (isMap(value))
    return Object.fromEntries(
      sortedKeys(value).map((key) => [key, sortedJson(value[key] ?? null)]),
    );
  return value;
}

function range(values: readonly Evaluated[]): readonly number[] {
  const numbers = values.map(number);
  const [start, limit] =
    numbers.length === 1 ? [0, numbers[0] ?? 0] : [numbers[0] ?? 0, numbers[1] ?? 0];
  const step = numbers[2] ?? (start <= limit ? 1 : -1);
  const result: number[] = [];
  if (step === 0) return bad('the step is 0');
  for (let n = start; step > 0 ? n < limit : n > limit; n += step) {
    if (result.push(n) > 1024) return bad('more than 1024 numbers');
  }
  return result;
}

function goDirname(path: string): string {
  const cut = path.replace(/\/[^/]*$/, '');
  if (cut === path) return '.';
  return cut === '' ? '/' : cut;
}

/** Functions that only move values: unknown parts stay where they are. */
const movers = new Map<string, Implementation>(
  Object.entries({
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
    keys: ([value]) => sortedKeys(map(value)),
    values: ([value]) => sortedKeys(map(value)).map((key) => map(value)[key] ?? null),
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
  } satisfies Record<string, Implementation>),
);

/** Functions that look into their arguments: an unknown part makes the result unknown. */
const computers = new Map<string, Implementation>(
  Object.entries({
    abs: ([value]) => Math.abs(number(value)),
    alltrue: ([value]) => list(value).every((item) => asBoolean(item) === true),
    anytrue: ([value]) => list(value).some((item) => asBoolean(item) === true),
    base64decode: ([value]) => Buffer.from(string(value), 'base64').toString('utf8'),
    base64encode: ([value]) => Buffer.from(string(value), 'utf8').toString('base64'),
    basename: ([value]) => string(value).replace(/\/+$/, '').replace(/^.*\//, ''),
    ceil: ([value]) => Math.ceil(number(value)),
    chomp: ([value]) => string(value).replace(/[\r\n]+$/, ''),
    coalesce: (values) =>
      values.find((value) => value !== null && value !== '') ?? bad('every argument is empty'),
    coalescelist: (values) =>
      values.find((value) => isList(value) && value.length > 0) ?? bad('every list is empty'),
    compact: ([value]) => list(value).filter((item) => item !== null && item !== ''),
    contains: ([from, item]) => list(from).some((other) => sameValue(other, item ?? null)),
    dirname: ([value]) => goDirname(string(value)),
    distinct: ([value]) => {
      const result: Evaluated[] = [];
      for (const item of list(value)) {
        if (!result.some((other) => sameValue(other, item))) result.push(item);
      }
      return result;
    },
    endswith: ([text, end]) => string(text).endsWith(string(end)),
    file: ([path], readFile) => textOf(path, readFile),
    fileexists: ([path], readFile) => readFile(string(path)) !== undefined,
    filebase64: ([path], readFile) =>
      Buffer.from(textOf(path, readFile), 'utf8').toString('base64'),
    floor: ([value]) => Math.floor(number(value)),
    format: ([text, ...rest]) =>
      formatText(string(text), rest) ?? bad('this format is evaluated by Terraform only'),
    indent: ([spaces, text]) =>
      string(text).replaceAll('\n', '\n' + ' '.repeat(Math.max(0, number(spaces)))),
    index: ([from, item]) => {
      const found = list(from).findIndex((other) => sameValue(other, item ?? null));
      return found < 0 ? bad('the item is not in the list') : found;
    },
    join: ([separator, ...lists]) => lists.flatMap(strings).join(string(separator)),
    jsondecode: ([text]) => decodeJson(string(text)),
    jsonencode: ([value]) => JSON.stringify(sortedJson(value ?? null)),
    lower: ([text]) => string(text).toLowerCase(),
    max: (values) => Math.max(...values.map(number)),
    min: (values) => Math.min(...values.map(number)),
    parseint: ([text, base]) => {
      const parsed = Number.parseInt(string(text), number(base));
      return Number.isNaN(parsed) ? bad('this is not a number') : parsed;
    },
    range: (values) => range(values),
    regex: (values) => regex(values),
    replace: (values) => replace(values),
    setintersection: ([first, ...rest]) =>
      setOf(
        list(first).filter((item) =>
          rest.every((other) => list(other).some((candidate) => sameValue(candidate, item))),
        ),
      ),
    setsubtract: ([first, second]) =>
      setOf(list(first).filter((item) => !list(second).some((other) => sameValue(other, item)))),
    setunion: (values) => setOf(values.flatMap(list)),
    sort: ([value]) => [...strings(value)].sort(),
    split: ([separator, text]) => string(text).split(string(separator)),
    startswith: ([text, start]) => string(text).startsWith(string(start)),
    strcontains: ([text, part]) => string(text).includes(string(part)),
    strrev: ([text]) => codePoints(string(text)).reverse().join(''),
    substr: (values) => substr(values),
    sum: ([value]) => list(value).reduce<number>((total, item) => total + number(item), 0),
    title: ([text]) => string(text).replace(/(^|\s)\p{L}/gu, (letter) => letter.toUpperCase()),
    tobool: ([value]) => (value === null ? null : (asBoolean(value ?? null) ?? bad('not a bool'))),
    tonumber: ([value]) => (value === null ? null : number(value)),
    toset: ([value]) => setOf(list(value)),
    tostring: ([value]) => (value === null ? null : string(value)),
    trim: ([text, characters]) => {
      const set = new Set(string(characters));
      const all = codePoints(string(text));
      const start = all.findIndex((character) => !set.has(character));
      const end = all.findLastIndex((character) => !set.has(character));
      return start < 0 ? '' : all.slice(start, end + 1).join('');
    },
    trimprefix: ([text, prefix]) =>
      string(text).startsWith(string(prefix))
        ? string(text).slice(string(prefix).length)
        : string(text),
    trimspace: ([text]) => string(text).trim(),
    trimsuffix: ([text, suffix]) =>
      string(suffix) !== '' && string(text).endsWith(string(suffix))
        ? string(text).slice(0, -string(suffix).length)
        : string(text),
    upper: ([text]) => string(text).toUpperCase(),
    yamldecode: ([text]) => decodeYaml(string(text)),
  } satisfies Record<string, Implementation>),
);
