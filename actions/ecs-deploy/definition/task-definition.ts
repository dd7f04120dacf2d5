import diff from 'microdiff';
import { UserError } from '../../shared/errors.js';
import type { Json, JsonObject, Tag } from '../model.js';

/** What ECS adds to a definition and RegisterTaskDefinition refuses (API reference, "TaskDefinition"). */
const serverFields = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
]);

/** The definition as it can be registered again; every other field is kept, empty ones too. */
export function withoutServerFields(definition: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([key]) => !serverFields.has(key)));
}

/**
 * Reads a task definition file: the input of RegisterTaskDefinition, or the output of
 * DescribeTaskDefinition.
 *
 * @throws UserError `task-definition-malformed`
 */
export function parseTaskDefinitionFile(
  text: string,
  file: string,
): { readonly definition: JsonObject; readonly tags: readonly Tag[] } {
  const problem = (message: string): UserError =>
    new UserError({ code: 'task-definition-malformed', message, at: { file } });
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw problem(`is not JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
  if (!isObject(json)) throw problem('is not a JSON object');
  const wrapped = json['taskDefinition'];
  const outer = isObject(wrapped ?? null) ? (wrapped as JsonObject) : json;
  const { tags, ...definition } = outer;
  if (containersOf(definition).length === 0) throw problem('has no containerDefinitions');
  return {
    definition: withoutServerFields(definition),
    tags: asArray(tags ?? json['tags']).flatMap((tag) =>
      isObject(tag) && typeof tag['key'] === 'string'
        ? [{ key: tag['key'], value: typeof tag['value'] === 'string' ? tag['value'] : '' }]
        : [],
    ),
  };
}

export function containersOf(definition: JsonObject): readonly JsonObject[] {
  return asArray(definition['containerDefinitions']).filter(isObject);
}

export function containerNames(definition: JsonObject): readonly string[] {
  return containersOf(definition).map((container) => textOf(container['name']) ?? '');
}

export function findContainer(definition: JsonObject, name: string): JsonObject | undefined {
  return containersOf(definition).find((container) => container['name'] === name);
}

export function imageOf(definition: JsonObject, container: string): string | undefined {
  return textOf(findContainer(definition, container)?.['image']);
}

export function familyOf(definition: JsonObject): string | undefined {
  return textOf(definition['family']);
}

/** The definition with the images of the containers named; all else stays as it is. */
export function withImages(
  definition: JsonObject,
  images: Readonly<Record<string, string>>,
): JsonObject {
  return {
    ...definition,
    containerDefinitions: containersOf(definition).map((container) => {
      const image = images[textOf(container['name']) ?? ''];
      return image === undefined ? container : { ...container, image };
    }),
  };
}

/** One difference between two definitions; values are left out, as they may be secret. */
export interface DefinitionChange {
  /** `containers.app.environment.LOG_LEVEL` */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
}

/**
 * What differs between two definitions in meaning: ECS fills in defaults and reorders lists that
 * have names, so those do not count.
 */
export function definitionChanges(from: JsonObject, to: JsonObject): readonly DefinitionChange[] {
  const kinds = { CREATE: 'added', CHANGE: 'changed', REMOVE: 'removed' } as const;
  return diff(normalized(from), normalized(to)).map((change) => ({
    path: change.path.join('.'),
    kind: kinds[change.type],
  }));
}

function normalized(definition: JsonObject): Record<string, Json> {
  const awsvpc = definition['networkMode'] === 'awsvpc';
  const containers = Object.fromEntries(
    containersOf(definition).map((container) => [
      textOf(container['name']) ?? '',
      withoutEmpty(normalizedContainer(container, awsvpc)),
    ]),
  );
  const top = Object.fromEntries(
    Object.entries(withoutServerFields(definition))
      .filter(([key]) => key !== 'containerDefinitions' && key !== 'tags')
      .map(([key, value]) => [key, topLevel(key, value)]),
  );
  return { ...(withoutEmpty(top) as Record<string, Json>), containers };
}

function topLevel(key: string, value: Json): Json {
  if ((key === 'cpu' || key === 'memory') && typeof value === 'number') return String(value);
  if (key === 'requiresCompatibilities') return asArray(value).map(String).sort();
  if (key === 'volumes') return keyedBy(value, 'name');
  return value;
}

function normalizedContainer(container: JsonObject, awsvpc: boolean): JsonObject {
  const ports = asArray(container['portMappings'])
    .filter(isObject)
    .map((port) => ({
      protocol: 'tcp',
      ...port,
      ...(awsvpc && port['containerPort'] !== undefined ? { hostPort: port['containerPort'] } : {}),
    }));
  return {
    ...container,
    essential: container['essential'] ?? true,
    cpu: container['cpu'] === 0 ? null : (container['cpu'] ?? null),
    portMappings: ports,
    environment: keyedBy(container['environment'], 'name'),
    secrets: keyedBy(container['secrets'], 'name'),
  };
}

function keyedBy(list: Json | undefined, key: string): JsonObject {
  return Object.fromEntries(
    asArray(list)
      .filter(isObject)
      .map((item) => [textOf(item[key]) ?? '', item]),
  );
}

/** Drops null, `[]` and `{}` at any depth: ECS returns them for what was not set. */
function withoutEmpty(value: Json): Json {
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

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
