import diff from 'microdiff';
import type { Json, JsonObject } from '../model.js';
import { normalizedContainer } from './container-meaning.js';
import { keyedBy, withoutEmpty } from './meaning.js';
import {
  asArray,
  containerName,
  containersOf,
  isObject,
  objectOf,
  textOf,
  withoutServerFields,
} from './task-definition.js';
import { cpuUnits, memoryMib } from './task-size.js';
import { normalizedVolume } from './volume-meaning.js';

/** One difference between two definitions; values are left out, as they may be secret. */
export interface DefinitionChange {
  /** `containers.app.environment.LOG_LEVEL` */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
}

/**
 * What differs between two definitions in meaning: the defaults that ECS fills in, the order of
 * lists whose items have names, and empty lists do not count. Tags are no part of it.
 *
 * Defaults: ECS API reference, "RegisterTaskDefinition", "ContainerDefinition" and the types that
 * they name; Developer Guide, "Task definition parameters" for Fargate's runtime platform.
 */
export function definitionChanges(from: JsonObject, to: JsonObject): readonly DefinitionChange[] {
  const kinds = { CREATE: 'added', CHANGE: 'changed', REMOVE: 'removed' } as const;
  return diff(normalized(from), normalized(to)).map((change) => ({
    path: change.path.join('.'),
    kind: kinds[change.type],
  }));
}

function normalized(definition: JsonObject): Record<string, Json> {
  const {
    containerDefinitions: _containers,
    tags: _tags,
    ...rest
  } = withoutServerFields(definition);
  const networkMode = networkModeOf(definition);
  const containers = Object.fromEntries(
    containersOf(definition).map((container) => [
      containerName(container),
      withoutEmpty(normalizedContainer(container, networkMode)),
    ]),
  );
  const top: JsonObject = {
    ...rest,
    networkMode: networkMode ?? null,
    cpu: sizeText(cpuUnits(definition['cpu']), definition['cpu']),
    memory: sizeText(memoryMib(definition['memory']), definition['memory']),
    requiresCompatibilities: asArray(definition['requiresCompatibilities']).map(String).sort(),
    volumes: keyedBy(asArray(definition['volumes']).map(normalizedVolume), 'name'),
    runtimePlatform: runtimePlatform(definition),
    proxyConfiguration: proxyConfiguration(definition['proxyConfiguration']),
    // "The default value is false."
    enableFaultInjection: definition['enableFaultInjection'] ?? false,
  };
  return { ...(withoutEmpty(top) as Record<string, Json>), containers };
}

/** `1 vCPU` is kept as `1024` ("String values are converted"); what nobody can read stays. */
function sizeText(units: number | undefined, given: Json | undefined): Json {
  return units === undefined ? (given ?? null) : String(units);
}

/** "If no network mode is specified, the default is bridge"; on Windows it is Docker's own. */
function networkModeOf(definition: JsonObject): string | undefined {
  const given = textOf(definition['networkMode']);
  if (given !== undefined) return given;
  const family = textOf(objectOf(definition['runtimePlatform'])['operatingSystemFamily']);
  return family?.startsWith('WINDOWS') === true ? undefined : 'bridge';
}

/** Fargate takes Linux on X86_64 where nothing else is said; on EC2 the instance decides. */
function runtimePlatform(definition: JsonObject): Json {
  const platform = objectOf(definition['runtimePlatform']);
  if (!asArray(definition['requiresCompatibilities']).includes('FARGATE')) return platform;
  return {
    ...platform,
    cpuArchitecture: platform['cpuArchitecture'] ?? 'X86_64',
    operatingSystemFamily: platform['operatingSystemFamily'] ?? 'LINUX',
  };
}

function proxyConfiguration(given: Json | undefined): Json {
  if (!isObject(given)) return given ?? null;
  return {
    ...given,
    // "The only supported value is APPMESH."
    type: given['type'] ?? 'APPMESH',
    properties: keyedBy(given['properties'], 'name'),
  };
}
