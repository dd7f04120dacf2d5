import { AwsError } from '../aws-error.js';
import { FATE_SYNTAX, FATE_VARIABLE, parseFate } from './fates.js';
import type { ContainerDefinition, RegisterInput } from './task-definition-input.js';

function refuse(message: string): never {
  throw new AwsError('ClientException', message);
}

// Developer Guide, "Amazon ECS task definition parameters for Fargate", task size: MiB from, to, step.
const FARGATE_MEMORY: Readonly<Record<string, readonly number[]>> = {
  '256': [512, 1024, 2048],
  '512': range(1024, 4096, 1024),
  '1024': range(2048, 8192, 1024),
  '2048': range(4096, 16384, 1024),
  '4096': range(8192, 30720, 1024),
  '8192': range(16384, 61440, 4096),
  '16384': range(32768, 122880, 8192),
};

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}

/** Throws ClientException for the first rule of RegisterTaskDefinition that the input breaks. */
export function checkTaskDefinition(input: RegisterInput): void {
  const family = input.family ?? '';
  if (family === '') refuse('Family should not be null or empty.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family)) refuse('Family contains invalid characters.');
  const containers = input.containerDefinitions ?? [];
  if (containers.length === 0) refuse('Container list cannot be empty.');
  for (const container of containers) checkContainer(container, input);
  const names = containers.map((container) => container.name ?? '');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`Container name '${twice}' is used more than once.`);
  if (containers.every((container) => container.essential === false)) {
    refuse('At least one essential container is required.');
  }
  for (const container of containers) {
    for (const { containerName = '' } of container.dependsOn ?? []) {
      if (!names.includes(containerName)) {
        refuse(
          `Container '${container.name ?? ''}' depends on unknown container '${containerName}'.`,
        );
      }
    }
  }
  if (input.requiresCompatibilities?.includes('FARGATE')) checkFargate(input, containers);
}

function checkContainer(container: ContainerDefinition, input: RegisterInput): void {
  const name = container.name ?? '';
  if (name === '') refuse('Container.name should not be null or empty.');
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) refuse('Container name contains invalid characters.');
  if ((container.image ?? '') === '') refuse('Container.image should not be null or empty.');
  if (/\s/.test(container.image ?? '')) refuse('Container.image contains invalid characters.');
  if (
    input.memory === undefined &&
    container.memory === undefined &&
    container.memoryReservation === undefined
  ) {
    refuse(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (container.memory !== undefined && container.memory < 6) {
    refuse(`Invalid setting for container '${name}'. 'memory' must be at least 6 MiB.`);
  }
  if (container.healthCheck && (container.healthCheck.command ?? []).length === 0) {
    refuse(`Container '${name}' has a health check without a command.`);
  }
  for (const { containerPort } of container.portMappings ?? []) {
    if (containerPort !== undefined && (containerPort < 1 || containerPort > 65535)) {
      refuse(`Container '${name}' has an invalid port ${containerPort}.`);
    }
  }
  const variables = new Set(container.environment?.map((entry) => entry.name));
  const shared = container.secrets?.find((secret) => variables.has(secret.name));
  if (shared !== undefined) {
    refuse(
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${shared.name ?? ''}'.`,
    );
  }
  const fate = container.environment?.find((entry) => entry.name === FATE_VARIABLE)?.value;
  if (fate !== undefined && fate !== '' && !parseFate(fate)) {
    refuse(`${FATE_VARIABLE} "${fate}" is none of ${FATE_SYNTAX} (a rule of the emulator).`);
  }
}

function checkFargate(input: RegisterInput, containers: readonly ContainerDefinition[]): void {
  if (input.networkMode !== 'awsvpc') {
    refuse("Fargate only supports network mode 'awsvpc'.");
  }
  if (input.cpu === undefined) refuse("Fargate requires that 'cpu' be defined at the task level.");
  if (input.memory === undefined) {
    refuse("Fargate requires that 'memory' be defined at the task level.");
  }
  const cpu = units(input.cpu, 'vCPU');
  const memory = units(input.memory, 'GB');
  if (!FARGATE_MEMORY[cpu]?.includes(memory)) {
    refuse(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  }
  const asked = containers.reduce((sum, { memoryReservation: soft, memory: hard }) => {
    return sum + (soft ?? hard ?? 0);
  }, 0);
  if (asked > memory) {
    refuse(`The memory of the containers (${asked} MiB) exceeds the task's (${memory} MiB).`);
  }
  for (const { name = '', portMappings = [] } of containers) {
    for (const { containerPort, hostPort } of portMappings) {
      if (hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort) {
        refuse(
          `When networkMode=awsvpc, the host ports and container ports in port mappings must match (container '${name}').`,
        );
      }
    }
  }
}

// `1 vCPU` and `2 GB` are allowed and mean 1024 units each (API reference, RegisterTaskDefinition).
function units(text: string, unit: string): number {
  const match = new RegExp(`^(\\d*\\.?\\d+)\\s*(${unit})?$`, 'i').exec(text.trim());
  if (!match) refuse(`Invalid setting for task: '${text}'.`);
  return Number(match[1]) * (match[2] === undefined ? 1 : 1024);
}
