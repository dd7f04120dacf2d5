import { formatPath, shown } from '../review/attribute-diff.js';
import type { ShownValue } from '../review/changes.js';
import {
  equalValues,
  holdsAnywhere,
  isObject,
  jsonDocuments,
  member,
  memberOf,
  sideOf,
  type Side,
} from '../review/side.js';
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
    if (!holdsAnywhere(code.unknown) && same(world.value, code.value)) return;
    const hidden = [state, world, code].some(({ sensitive }) => sensitive === true);
    if (!hidden && code.unknown !== true) {
      const keys = keysToEnter(state.value, world.value, code.value);
      if (keys !== undefined) {
        for (const key of keys) {
          visit(stepInto(place, key), {
            state: memberOf(state, key),
            world: memberOf(world, key),
            code: memberOf(code, key),
          });
        }
        return;
      }
      const documents = jsonDocuments([state.value, world.value, code.value]);
      if (documents !== undefined) {
        const [first, second, third] = documents.map(sideOf);
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
      const item = memberOf(list, position);
      return [shown(item, item.sensitive === true)];
    }
    left.splice(index, 1);
    return [];
  });
}

function same(left: unknown, right: unknown): boolean {
  return equalValues(left, right, isEmpty);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
