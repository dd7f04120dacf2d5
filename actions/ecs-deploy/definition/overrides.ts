import type { Json, JsonObject } from '../model.js';
import { scalarText } from './meaning.js';
import { nameMemberOf, readNamedPatches } from './named-lists.js';
import { asArray, isObject, objectOf } from './task-definition.js';

/** Something in a patch that could not be applied, and where; never the value. */
export interface PatchProblem {
  /** `containerDefinitions.app.healthCheck` */
  readonly place: string;
  readonly message: string;
  readonly hint?: string;
}

export interface Patched {
  readonly definition: JsonObject;
  readonly problems: readonly PatchProblem[];
  /** Places whose removal changed nothing, as nothing was there. */
  readonly alreadyAbsent: readonly string[];
}

/**
 * Applies a patch to a definition: objects merge, lists whose items have names merge by name
 * (see named-lists.ts), every other value replaces what was there, and `null` removes. An empty
 * list empties. Fields that nobody knows are treated alike.
 *
 * A container that is not there is a problem, and so is a value of another kind than the one in
 * its place: it could only be a mistake, and ECS would name no place. Removing what is not there
 * is none, since that is what was asked for.
 */
export function applyPatch(definition: JsonObject, patch: JsonObject): Patched {
  const problems: PatchProblem[] = [];
  const alreadyAbsent: string[] = [];

  const mergeObject = (base: JsonObject, changes: JsonObject, place: string): JsonObject => {
    const result = { ...base };
    for (const [key, change] of Object.entries(changes)) {
      const here = place === '' ? key : `${place}.${key}`;
      const merged = mergeValue(base[key], change, key, here);
      if (merged === undefined) Reflect.deleteProperty(result, key);
      else result[key] = merged;
    }
    return result;
  };

  const mergeValue = (
    base: Json | undefined,
    change: Json,
    key: string,
    place: string,
  ): Json | undefined => {
    if (change === null) {
      if (base === undefined || base === null) alreadyAbsent.push(place);
      return undefined;
    }
    const member = nameMemberOf(key);
    const named = member !== undefined && (base === undefined || Array.isArray(base));
    if (named && typeof change === 'object' && !isEmptyList(change)) {
      return mergeNamed(asArray(base), change, key, member, place);
    }
    const before = kindOf(base ?? null);
    if (before !== 'absent' && before !== kindOf(change)) {
      problems.push({ place, message: `is ${before} and cannot become ${kindOf(change)}` });
      return base;
    }
    if (!isObject(change)) return change;
    return mergeObject(objectOf(base), change, place);
  };

  const mergeNamed = (
    base: readonly Json[],
    change: Json,
    key: string,
    member: string,
    place: string,
  ): Json => {
    const result: (Json | undefined)[] = [...base];
    for (const entry of readNamedPatches(key, member, change)) {
      if ('wrong' in entry) {
        problems.push({ place: `${place}.${entry.place}`, message: entry.wrong });
        continue;
      }
      const here = `${place}.${entry.name}`;
      const found = indicesOf(result, member, entry.name, entry.patch);
      const [index] = found;
      if (found.length > 1) {
        problems.push({
          place: here,
          message: 'is there more than once',
          hint: 'give its protocol',
        });
      } else if (entry.patch === null) {
        if (index === undefined) alreadyAbsent.push(here);
        else result[index] = undefined;
      } else if (index !== undefined) {
        result[index] = mergeObject(objectOf(result[index]), entry.patch, here);
      } else if (key === 'containerDefinitions') {
        problems.push({
          place: here,
          message: 'there is no such container',
          hint: `containers: ${base.map((item) => scalarText(objectOf(item)[member])).join(', ')}`,
        });
      } else {
        result.push(mergeObject({}, entry.patch, here));
      }
    }
    return result.filter((item) => item !== undefined);
  };

  return { definition: mergeObject(definition, patch, ''), problems, alreadyAbsent };
}

/** Items of a name; where several ports have it, those of the patch's protocol. */
function indicesOf(
  items: readonly (Json | undefined)[],
  member: string,
  name: string,
  patch: JsonObject | null,
): readonly number[] {
  const all = items.flatMap((item, index) =>
    isObject(item) && scalarText(item[member]) === name ? [index] : [],
  );
  const protocol = patch?.['protocol'];
  if (all.length < 2 || member !== 'containerPort' || protocol === undefined) return all;
  return all.filter((index) => (objectOf(items[index])['protocol'] ?? 'tcp') === protocol);
}

function isEmptyList(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function kindOf(value: Json): 'a list' | 'a plain value' | 'absent' | 'an object' {
  if (value === null) return 'absent';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : 'a plain value';
}
