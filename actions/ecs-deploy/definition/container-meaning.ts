import type { Json, JsonObject } from '../model.js';
import { keyedBy, scalarText, withDefaults } from './meaning.js';
import { asArray, isObject } from './task-definition.js';

/** Switches that are off where they are left out (API reference, "ContainerDefinition"). */
const offByDefault = [
  'disableNetworking',
  'interactive',
  'privileged',
  'pseudoTerminal',
  'readonlyRootFilesystem',
] as const;

/** A container with ECS's defaults filled in, and lists of named things by name. */
export function normalizedContainer(
  container: JsonObject,
  networkMode: string | undefined,
): JsonObject {
  return {
    ...container,
    ...Object.fromEntries(offByDefault.map((name) => [name, container[name] ?? false])),
    essential: container['essential'] ?? true,
    // Null and zero CPU units mean the same ("ContainerDefinition", cpu).
    cpu: container['cpu'] === 0 ? null : (container['cpu'] ?? null),
    // "By default, the value is enabled."
    versionConsistency: container['versionConsistency'] ?? 'enabled',
    portMappings: portMappings(container['portMappings'], networkMode),
    environment: keyedBy(container['environment'], 'name'),
    secrets: keyedBy(container['secrets'], 'name'),
    // "The default value is false" for both.
    mountPoints: keyedBy(
      withDefaults(container['mountPoints'], { readOnly: false }),
      'containerPath',
    ),
    volumesFrom: keyedBy(
      withDefaults(container['volumesFrom'], { readOnly: false }),
      'sourceContainer',
    ),
    dependsOn: keyedBy(container['dependsOn'], 'containerName'),
    ulimits: keyedBy(container['ulimits'], 'name'),
    systemControls: keyedBy(container['systemControls'], 'namespace'),
    resourceRequirements: keyedBy(container['resourceRequirements'], 'type'),
    logConfiguration: withNamedList(container['logConfiguration'], 'secretOptions'),
    healthCheck: healthCheck(container['healthCheck']),
    restartPolicy: restartPolicy(container['restartPolicy']),
  };
}

/**
 * "PortMapping": the protocol is tcp by default. In awsvpc and host mode the host's port is the
 * container's; in bridge mode 0 and absent both mean a port that the host chooses.
 */
function portMappings(list: Json | undefined, networkMode: string | undefined): Json {
  const mapped = withDefaults(list, { protocol: 'tcp' }).map((mapping): Json => {
    if (!isObject(mapping)) return mapping;
    const { hostPort, ...rest } = mapping;
    const port = mapping['containerPort'];
    if (port === undefined) return mapping;
    const fixed = networkMode === 'awsvpc' || networkMode === 'host';
    const given = hostPort === undefined || hostPort === 0 ? (fixed ? port : null) : hostPort;
    return { ...rest, hostPort: given };
  });
  return keyedBy(mapped, portKey);
}

/** `8080/tcp`, or the range of ports. */
export function portKey(mapping: JsonObject): string {
  const port = scalarText(mapping['containerPort'] ?? mapping['containerPortRange']);
  return `${port}/${scalarText(mapping['protocol'] ?? 'tcp')}`;
}

/** "HealthCheck": 30 s, 5 s, 3 retries, and no start period. */
function healthCheck(given: Json | undefined): Json {
  if (!isObject(given) || asArray(given['command']).length === 0) return given ?? null;
  return {
    ...given,
    interval: given['interval'] ?? 30,
    timeout: given['timeout'] ?? 5,
    retries: given['retries'] ?? 3,
    startPeriod: given['startPeriod'] ?? 0,
  };
}

/** "ContainerRestartPolicy": a container must run for 300 s by default. */
function restartPolicy(given: Json | undefined): Json {
  if (!isObject(given)) return given ?? null;
  if (given['enabled'] !== true) return given;
  return { ...given, restartAttemptPeriod: given['restartAttemptPeriod'] ?? 300 };
}

function withNamedList(given: Json | undefined, name: string): Json {
  return isObject(given) ? { ...given, [name]: keyedBy(given[name], 'name') } : (given ?? null);
}
