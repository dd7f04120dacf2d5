import { formatPath, shown, type Side } from '../review/attribute-diff.js';
import type { ShownValue } from '../review/changes.js';
import type { DriftedAttribute } from './findings.js';

type Path = readonly (string | number)[];

/** One value three times, with Terraform's marks. */
export interface Sides {
  readonly state: Side;
  readonly world: Side;
  readonly code: Side;
}

/**
 * What differs between state and world, leaf by leaf, where the code does not say what the world
 * says. Terraform notes `null` that became `{}` as drift: empty values are one value here. Lists
 * of more than one item are compared as sets, since their order may be the provider's.
 */
export function driftOf(sides: Sides): readonly DriftedAttribute[] {
  const found: DriftedAttribute[] = [];
  const visit = (place: Place, { state, world, code }: Sides): void => {
    if (same(state.value, world.value)) return;
    if (!hasUnknown(code.unknown) && same(world.value, code.value)) return;
    const hidden = [state, world, code].some(({ sensitive }) => sensitive === true);
    if (!hidden && code.unknown !== true) {
      const keys = keysToEnter(state.value, world.value, code.value);
      if (keys !== undefined) {
        for (const key of keys) {
          visit(stepInto(place, key), {
            state: child(state, key),
            world: child(world, key),
            code: child(code, key),
          });
        }
        return;
      }
      const documents = jsonDocuments([state.value, world.value, code.value]);
      if (documents !== undefined) {
        const [first, second, third] = documents.map((value) => plain(value));
        if (first !== undefined && second !== undefined && third !== undefined) {
          const inner = { prefix: `${textOf(place)} → `, path: [] };
          visit(inner, { state: first, world: second, code: third });
          return;
        }
      }
    }
    found.push({
      path: textOf(place),
      ...(place.prefix === '' ? { steps: place.path } : {}),
      state: shown(state, hidden),
      world: shown(world, hidden),
      code: shown(code, hidden),
      ...(hidden ? {} : listChanges(state, world)),
    });
  };
  visit({ prefix: '', path: [] }, sides);
  return withoutEchoes(found);
}

interface Place {
  /** What stands before the path inside a JSON document. */
  readonly prefix: string;
  readonly path: Path;
}

function stepInto({ prefix, path }: Place, key: string | number): Place {
  return { prefix, path: [...path, key] };
}

function textOf({ prefix, path }: Place): string {
  return path.length === 0 && prefix !== '' ? prefix.trimEnd() : prefix + formatPath(path);
}

/** What follows from another change is left out: computed values, and the copy of the tags. */
function withoutEchoes(found: readonly DriftedAttribute[]): readonly DriftedAttribute[] {
  const known = found.filter(({ code }) => code.kind !== 'unknown');
  const kept = known.length > 0 ? known : found;
  const paths = new Set(kept.map(({ path }) => path));
  return kept.filter(
    ({ path }) => !path.startsWith('tags_all') || !paths.has(path.replace('tags_all', 'tags')),
  );
}

/** Keys to go on with: all sides are objects, or lists of one block; else undefined. */
function keysToEnter(
  state: unknown,
  world: unknown,
  code: unknown,
): readonly (string | number)[] | undefined {
  const sides = [state, world, code];
  const present = sides.filter((side) => !isEmpty(side));
  if (present.every(isObject)) {
    return [...new Set(present.flatMap((side) => Object.keys(side)))].sort();
  }
  const single = sides.every((side) => Array.isArray(side) && side.length === 1);
  return single && sides.every((side) => isObject(member(side, 0))) ? [0] : undefined;
}

function listChanges(
  state: Side,
  world: Side,
): Pick<DriftedAttribute, 'added' | 'removed'> | undefined {
  const lists = [state, world].every(({ value }) => isEmpty(value) || Array.isArray(value));
  if (!lists) return undefined;
  return { added: without(world, state), removed: without(state, world) };
}

/** Items of one list that the other has not; what is marked inside an item stays hidden. */
function without(list: Side, other: Side): readonly ShownValue[] {
  const left: unknown[] = Array.isArray(other.value) ? [...(other.value as unknown[])] : [];
  const items: readonly unknown[] = Array.isArray(list.value) ? list.value : [];
  return items.flatMap((value, position): ShownValue[] => {
    const index = left.findIndex((candidate) => same(candidate, value));
    if (index < 0) {
      const item = child(list, position);
      return [shown(item, item.sensitive === true)];
    }
    left.splice(index, 1);
    return [];
  });
}

function child(side: Side, key: string | number): Side {
  return {
    value: member(side.value, key),
    sensitive: side.sensitive === true ? true : (member(side.sensitive, key) ?? false),
    unknown: side.unknown === true ? true : (member(side.unknown, key) ?? false),
  };
}

function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? (value[key] as unknown) : undefined;
  if (isObject(value) && Object.hasOwn(value, key)) return value[key];
  return undefined;
}

function plain(value: unknown): Side {
  return { value, sensitive: false, unknown: false };
}

function jsonDocuments(values: readonly unknown[]): readonly unknown[] | undefined {
  const documents = values.map((value): unknown => {
    if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return undefined;
    }
  });
  return documents.every((document) => document !== undefined) ? documents : undefined;
}

function hasUnknown(mark: unknown): boolean {
  if (mark === true) return true;
  return typeof mark === 'object' && mark !== null && Object.values(mark).some(hasUnknown);
}

function same(left: unknown, right: unknown): boolean {
  if (left === right || (isEmpty(left) && isEmpty(right))) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => same(item, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => same(member(left, key), member(right, key)));
  }
  return false;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
