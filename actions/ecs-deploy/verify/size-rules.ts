import { containersOf, objectOf } from '../definition/task-definition.js';
import { cpuUnits, memoryMib } from '../definition/task-size.js';
import type { JsonObject } from '../model.js';
import { fargateCpus, fargateMemory } from './fargate-sizes.js';
import type { Finding } from './findings.js';
import { containerPlace, isFargate, type Subject } from './subject.js';

/**
 * The size of the task and of its containers.
 *
 * Developer Guide, "Task definition parameters": on Fargate both sizes are needed and only certain
 * pairs are allowed; the memory reserved for all containers must fit into the task's, and so must
 * their CPU units. Windows tasks on Fargate have no fewer than 1 vCPU.
 */
export function sizeFindings(subject: Subject): readonly Finding[] {
  const { definition } = subject;
  const cpu = cpuUnits(definition['cpu']);
  const memory = memoryMib(definition['memory']);
  return [
    ...(isFargate(subject) ? fargateFindings(subject, cpu, memory) : []),
    ...sumFindings(definition, cpu, memory),
  ];
}

function fargateFindings(
  { definition, wiring }: Subject,
  cpu: number | undefined,
  memory: number | undefined,
): readonly Finding[] {
  const finding = (place: string, message: string, hint: string): readonly Finding[] => [
    { code: 'task-size', place, message, hint },
  ];
  const cpus = fargateCpus.join(', ');
  const allowed = cpu === undefined ? undefined : fargateMemory(cpu);
  if (cpu === undefined) return finding('cpu', 'is needed on Fargate', `one of ${cpus}`);
  if (allowed === undefined)
    return finding('cpu', `${cpu} is no size of Fargate`, `one of ${cpus}`);
  const memories = describeSizes(allowed);
  if (memory === undefined) return finding('memory', 'is needed on Fargate', memories);
  if (!allowed.includes(memory)) {
    return finding(
      'memory',
      `${memory} MiB does not go with ${cpu} CPU units on Fargate`,
      memories,
    );
  }
  const family = objectOf(definition['runtimePlatform'])['operatingSystemFamily'];
  if (typeof family === 'string' && family.startsWith('WINDOWS') && cpu < 1024) {
    return finding('cpu', `${cpu} is too small for Windows on Fargate`, '1024 or more');
  }
  if (cpu >= 8192 && /^1\.[0-3]\./.test(wiring.platformVersion ?? '')) {
    return finding(
      'cpu',
      `${cpu} needs platform version 1.4.0, and the service has ${wiring.platformVersion ?? ''}`,
      'set the platform version of the service to LATEST',
    );
  }
  return [];
}

/** `512, 1024, 2048`, or the first, the last and the step of a longer list. */
function describeSizes(sizes: readonly number[]): string {
  const [first = 0, second = 0] = sizes;
  return sizes.length <= 7
    ? `one of ${sizes.join(', ')} MiB`
    : `${first} to ${sizes.at(-1) ?? 0} MiB in steps of ${second - first}`;
}

function sumFindings(
  definition: JsonObject,
  cpu: number | undefined,
  memory: number | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  const containers = containersOf(definition);
  const sum = (of: (container: JsonObject) => number): number =>
    containers.reduce((total, container) => total + of(container), 0);
  const reserved = sum((one) => numberOf(one['memoryReservation']) ?? numberOf(one['memory']) ?? 0);
  const units = sum((one) => numberOf(one['cpu']) ?? 0);
  if (memory !== undefined) {
    for (const container of containers) {
      const hard = numberOf(container['memory']);
      if (hard === undefined || hard <= memory) continue;
      findings.push({
        code: 'container-size',
        place: containerPlace(container, 'memory'),
        message: `${hard} MiB is more than the task's ${memory} MiB`,
      });
    }
    if (reserved > memory && findings.length === 0) {
      findings.push({
        code: 'container-size',
        place: 'memory',
        message: `the containers reserve ${reserved} MiB of the task's ${memory} MiB`,
        hint: 'raise memory, or lower memoryReservation or memory of a container',
      });
    }
  }
  if (cpu !== undefined && units > cpu) {
    findings.push({
      code: 'container-size',
      place: 'cpu',
      message: `the containers have ${units} CPU units together, and the task ${cpu}`,
      hint: 'raise cpu, or lower that of a container',
    });
  }
  return findings;
}

function numberOf(value: JsonObject[string] | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
