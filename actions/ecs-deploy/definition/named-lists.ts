import type { Json, JsonObject } from '../model.js';
import { scalarText } from './meaning.js';

/** The member that tells the items of a list apart, by the list's name (ECS API reference). */
const nameMembers: Readonly<Record<string, string>> = {
  containerDefinitions: 'name',
  dependsOn: 'containerName',
  environment: 'name',
  mountPoints: 'containerPath',
  portMappings: 'containerPort',
  properties: 'name',
  resourceRequirements: 'type',
  secretOptions: 'name',
  secrets: 'name',
  systemControls: 'namespace',
  tags: 'key',
  ulimits: 'name',
  volumes: 'name',
  volumesFrom: 'sourceContainer',
};

/** What a plain text stands for where an item of the list is meant: `LOG_LEVEL: debug`. */
const valueMembers: Readonly<Record<string, string>> = {
  environment: 'value',
  properties: 'value',
  secretOptions: 'valueFrom',
  secrets: 'valueFrom',
  systemControls: 'value',
  tags: 'value',
};

/** The member that names the items of a list; `undefined`: they have no name. */
export function nameMemberOf(list: string): string | undefined {
  return Object.hasOwn(nameMembers, list) ? nameMembers[list] : undefined;
}

export interface NamedPatch {
  readonly name: string;
  /** `null` removes the item. */
  readonly patch: JsonObject | null;
}

/**
 * Reads a patch of a named list in either form: a list of items, or an object of items by name.
 *
 * @returns the items, or what is wrong with one
 */
export function readNamedPatches(
  list: string,
  member: string,
  patch: Json,
): readonly (NamedPatch | { readonly wrong: string; readonly place: string })[] {
  if (Array.isArray(patch)) {
    return (patch as readonly Json[]).map((item, index) => {
      const name = isPlain(item) ? scalarText(item[member]) : '';
      return isPlain(item) && name !== ''
        ? { name, patch: item }
        : { wrong: `has no ${member}`, place: String(index) };
    });
  }
  return Object.entries(patch as JsonObject).map(([name, item]) => {
    if (item === null) return { name, patch: null };
    const valueMember = valueMembers[list];
    if (typeof item === 'string' && valueMember !== undefined) {
      return { name, patch: { [member]: name, [valueMember]: item } };
    }
    if (!isPlain(item)) return { wrong: 'is neither an object nor null', place: name };
    if (member in item && scalarText(item[member]) !== name) {
      return { wrong: `has another ${member} than its key`, place: name };
    }
    const own = member === 'containerPort' ? Number(name) : name;
    return { name, patch: { [member]: own, ...item } };
  });
}

function isPlain(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
