import type { Problem } from '../../shared/errors.js';
import { suggestion } from '../../shared/inputs.js';
import type { JsonObject, Tag } from '../model.js';
import { nonTextEnvironment, toTagList } from './definition-file.js';
import { applyPatch } from './overrides.js';
import {
  isServerField,
  asArray,
  containerName,
  containerNames,
  containersOf,
  isObject,
  objectOf,
  textOf,
} from './task-definition.js';

/** `[container:]NAME` with a value: of a variable, or the ARN of a secret. */
export interface NamedValue {
  /** Absent: the main container. */
  readonly container: string | undefined;
  readonly name: string;
  readonly value: string;
}

export type NameToRemove = Omit<NamedValue, 'value'>;

/** What the inputs change in a definition, besides its images. */
export interface DefinitionEdits {
  readonly environment: readonly NamedValue[];
  readonly removeEnvironment: readonly NameToRemove[];
  readonly secrets: readonly NamedValue[];
  readonly removeSecrets: readonly NameToRemove[];
  /** CPU units, or `1 vCPU`. */
  readonly cpu: string | undefined;
  /** MiB, or `2 GB`. */
  readonly memory: string | undefined;
  readonly overrides: JsonObject | undefined;
}

interface Edited {
  readonly definition: JsonObject;
  readonly tags: readonly Tag[];
  readonly problems: readonly Problem[];
  /** Removals that changed nothing. */
  readonly notices: readonly string[];
}

/**
 * Changes a definition as the inputs ask: first removals, then values, then the size, then the
 * overrides. All other fields stay as they are, and no value is ever part of a message.
 *
 * Problems: `container-missing`, `environment-conflict` (a name set and removed, or a variable
 * that is a secret too, which ECS refuses), `override-not-applicable`. Removing what is not there
 * is only told: the definition is as asked.
 */
export function applyEdits(
  base: { readonly definition: JsonObject; readonly tags: readonly Tag[] },
  mainContainer: string,
  edits: DefinitionEdits,
): Edited {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const names = containerNames(base.definition);
  const containerOf = (entry: NameToRemove): string => entry.container ?? mainContainer;

  const lists = [
    ['env-vars', 'environment', 'value', edits.environment, edits.removeEnvironment],
    ['secrets', 'secrets', 'valueFrom', edits.secrets, edits.removeSecrets],
  ] as const;
  let containers = containersOf(base.definition);
  for (const [input, list, , set, remove] of lists) {
    for (const entry of remove) {
      const at = { input: `remove-${input}` };
      const container = containerOf(entry);
      if (!names.includes(container)) problems.push(missing(container, names, at.input));
      else if (set.some((one) => one.name === entry.name && containerOf(one) === container)) {
        problems.push(conflict(`${container}:${entry.name} is both set and removed`, at.input));
      } else {
        const removed = without(containers, container, list, entry.name);
        if (removed === undefined) notices.push(`${at.input}: ${container} has no ${entry.name}`);
        containers = removed ?? containers;
      }
    }
  }
  for (const [input, list, member, set] of lists) {
    for (const entry of set) {
      const container = containerOf(entry);
      if (!names.includes(container)) problems.push(missing(container, names, input));
      else containers = withEntry(containers, container, list, entry.name, member, entry.value);
    }
  }
  const edited: JsonObject = {
    ...base.definition,
    containerDefinitions: containers,
    ...(edits.cpu === undefined ? {} : { cpu: edits.cpu }),
    ...(edits.memory === undefined ? {} : { memory: edits.memory }),
  };
  const patched = patch(edited, base.tags, edits.overrides);
  problems.push(...patched.problems);
  notices.push(...patched.notices);
  if (edits.environment.length + edits.secrets.length > 0 || edits.overrides !== undefined) {
    problems.push(...sharedNames(patched.definition));
  }
  return { definition: patched.definition, tags: patched.tags, problems, notices };
}

/** Names that a container has both as a variable and as a secret. */
export function namesSetTwice(definition: JsonObject): readonly string[] {
  return containersOf(definition).flatMap((container) => {
    const secrets = new Set(itemNames(container['secrets']));
    return itemNames(container['environment'])
      .filter((name) => secrets.has(name))
      .map((name) => `${containerName(container)}:${name}`);
  });
}

function sharedNames(definition: JsonObject): readonly Problem[] {
  return namesSetTwice(definition).map((name) => ({
    code: 'environment-conflict',
    message: `${name} is a secret and an environment variable at once, which ECS refuses`,
    hint: 'remove one of the two with remove-env-vars or remove-secrets',
  }));
}

function itemNames(list: JsonObject[string] | undefined): readonly string[] {
  return asArray(list).flatMap((item) => (isObject(item) ? (textOf(item['name']) ?? []) : []));
}

function without(
  containers: readonly JsonObject[],
  container: string,
  list: string,
  name: string,
): readonly JsonObject[] | undefined {
  const found = containers.find((one) => one['name'] === container);
  if (!itemNames(found?.[list]).includes(name)) return undefined;
  return containers.map((one) =>
    one === found
      ? {
          ...one,
          [list]: asArray(one[list]).filter((item) => !isObject(item) || item['name'] !== name),
        }
      : one,
  );
}

function withEntry(
  containers: readonly JsonObject[],
  container: string,
  list: string,
  name: string,
  member: string,
  value: string,
): readonly JsonObject[] {
  return containers.map((one) => {
    if (one['name'] !== container) return one;
    const items = asArray(one[list]);
    return itemNames(items).includes(name)
      ? {
          ...one,
          [list]: items.map((item) =>
            isObject(item) && item['name'] === name ? { ...item, [member]: value } : item,
          ),
        }
      : { ...one, [list]: [...items, { name, [member]: value }] };
  });
}

function patch(
  definition: JsonObject,
  tags: readonly Tag[],
  overrides: JsonObject | undefined,
): Edited {
  if (overrides === undefined) return { definition, tags, problems: [], notices: [] };
  const refused = notForOverrides(overrides);
  const withTags: JsonObject = { ...definition, tags: tags.map((tag) => ({ ...tag })) };
  const patched = applyPatch(withTags, overrides);
  const { tags: newTags, ...rest } = patched.definition;
  const problem = (place: string, message: string, hint?: string): Problem => ({
    code: 'override-not-applicable',
    message: `${place}: ${message}`,
    at: { input: 'overrides' },
    ...(hint === undefined ? {} : { hint }),
  });
  const sized = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      (key === 'cpu' || key === 'memory') && typeof value === 'number' ? String(value) : value,
    ]),
  );
  return {
    definition: sized,
    tags: toTagList(newTags),
    problems: [
      ...refused.map(([place, hint]) => problem(place, 'is not for overrides', hint)),
      ...patched.problems.map(({ place, message, hint }) => problem(place, message, hint)),
      ...nonTextEnvironment(sized).map((place) =>
        problem(
          place,
          'is no text: ECS takes values of variables only as text',
          'put it in quotes',
        ),
      ),
    ],
    notices: patched.alreadyAbsent.map((place) => `overrides: there is no ${place} to remove`),
  };
}

/** What an override could not change in earnest, with the input that can. */
function notForOverrides(overrides: JsonObject): readonly (readonly [string, string])[] {
  const top = Object.keys(overrides).flatMap((key): readonly (readonly [string, string])[] => {
    if (key === 'family') return [[key, 'the revision goes to the live family of the service']];
    return isServerField(key) ? [[key, 'ECS sets it itself']] : [];
  });
  const containers = overrides['containerDefinitions'];
  const entries: readonly (readonly [string, JsonObject[string]])[] = Array.isArray(containers)
    ? (containers as readonly JsonObject[string][]).map((item) => [
        isObject(item) ? containerName(item) : '',
        item,
      ])
    : Object.entries(objectOf(containers));
  const inContainers = entries.flatMap(([name, item]): readonly (readonly [string, string])[] => {
    const place = `containerDefinitions.${name}`;
    if (item === null) return [];
    return isObject(item) && 'image' in item
      ? [[`${place}.image`, `use image or images, which prove the digest: images: ${name}=…`]]
      : [];
  });
  return [...top, ...inContainers];
}

function missing(container: string, names: readonly string[], input: string): Problem {
  return {
    code: 'container-missing',
    message: `there is no container "${container}"`,
    at: { input },
    hint: [suggestion(container, names), `containers: ${names.join(', ')}`]
      .filter((part) => part !== undefined)
      .join(' '),
  };
}

function conflict(message: string, input: string): Problem {
  return { code: 'environment-conflict', message, at: { input } };
}
