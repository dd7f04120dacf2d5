import type { Json, JsonObject } from '../model.js';

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

/** Whether only ECS itself sets the field. */
export function isServerField(name: string): boolean {
  return serverFields.has(name);
}

/** The definition as it can be registered again; every other field is kept, empty ones too. */
export function withoutServerFields(definition: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([key]) => !serverFields.has(key)));
}

export function containersOf(definition: JsonObject): readonly JsonObject[] {
  return asArray(definition['containerDefinitions']).filter(isObject);
}

/** A container's name; empty where it has none. */
export function containerName(container: JsonObject): string {
  return textOf(container['name']) ?? '';
}

export function containerNames(definition: JsonObject): readonly string[] {
  return containersOf(definition).map(containerName);
}

export function findContainer(definition: JsonObject, name: string): JsonObject | undefined {
  return containersOf(definition).find((container) => container['name'] === name);
}

export function imageOf(definition: JsonObject, container: string): string | undefined {
  return textOf(findContainer(definition, container)?.['image']);
}

/** The options of a container's awslogs driver; `undefined` for another driver. */
export function awslogsOf(container: JsonObject): JsonObject | undefined {
  const logging = objectOf(container['logConfiguration']);
  if (logging['logDriver'] !== 'awslogs') return undefined;
  return objectOf(logging['options']);
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
      const image = images[containerName(container)];
      return image === undefined ? container : { ...container, image };
    }),
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A member as an object; an empty one where it is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
