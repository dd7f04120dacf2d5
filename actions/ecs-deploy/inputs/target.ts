import type { InputReader } from '../../shared/inputs.js';
import type { ContractKey } from '../contract.js';
import { isDefinitionFile } from '../definition/definition-file.js';

export type TargetInputs =
  | { readonly kind: 'contract'; readonly key: ContractKey }
  | {
      readonly kind: 'plain';
      readonly cluster: string;
      readonly serviceName: string;
      /** Absent: what the service runs now. */
      readonly taskDefinition: TaskDefinitionSource | undefined;
    };

type TaskDefinitionSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'registered'; readonly reference: string };

const namePart = /^[A-Za-z0-9_.-]+$/;

/** At least one. */
export type Targets = readonly [TargetInputs, ...TargetInputs[]];

/** How a service was named. */
export function nameOf(target: TargetInputs): string {
  return target.kind === 'contract' ? target.key.service : target.serviceName;
}

/** Reads which services are meant: by their contracts, or by plain names. */
export function readTargets(reader: InputReader): Targets {
  const allowed = 'letters, digits, ".", "_" and "-"';
  const project = reader.matching('project', namePart, allowed);
  const environment = reader.matching('environment', namePart, allowed);
  const services = namesOf(reader, 'service', reader.list('service'));
  const cluster = reader.text('cluster');
  const serviceNames = namesOf(reader, 'service-name', reader.list('service-name'));
  const taskDefinition = reader.text('task-definition');
  const byContract = { project, environment, service: services[0] };
  const plain = { cluster, 'service-name': serviceNames[0], 'task-definition': taskDefinition };
  const contractGiven = Object.values(byContract).some((value) => value !== undefined);
  const plainGiven = Object.entries(plain).filter(([, value]) => value !== undefined);

  if (contractGiven && plainGiven.length > 0) {
    for (const [name] of plainGiven) {
      reader.problem(
        name,
        'input-conflict',
        'does not go with project, environment and service, whose contract says it',
      );
    }
  }
  if (contractGiven || plainGiven.length === 0) {
    const hint =
      'give project, environment and service (made by terraform/modules/ssm-contract), or cluster and service-name';
    for (const [name, value] of Object.entries(byContract)) {
      if (value === undefined) reader.problem(name, 'input-required', 'is required', hint);
    }
    return eachOf(services, (service) => ({
      kind: 'contract',
      key: { project: project ?? '', environment: environment ?? '', service },
    }));
  }
  for (const [name, value] of Object.entries({ cluster, 'service-name': serviceNames[0] })) {
    if (value === undefined) reader.problem(name, 'input-required', 'is required');
  }
  if (serviceNames.length > 1 && taskDefinition !== undefined) {
    reader.problem(
      'task-definition',
      'input-conflict',
      'does not go with several services',
      'each of them takes what it runs now',
    );
  }
  return eachOf(serviceNames, (serviceName) => ({
    kind: 'plain',
    cluster: cluster ?? '',
    serviceName,
    taskDefinition: taskDefinition === undefined ? undefined : definitionSource(taskDefinition),
  }));
}

function namesOf(reader: InputReader, input: string, names: readonly string[]): readonly string[] {
  for (const name of names.filter((one) => !namePart.test(one))) {
    reader.problem(
      input,
      'input-malformed',
      `${JSON.stringify(name)} is not letters, digits, ".", "_" and "-"`,
    );
  }
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    reader.problem(input, 'input-malformed', `"${name}" is given twice`);
  }
  return names;
}

function eachOf(names: readonly string[], make: (name: string) => TargetInputs): Targets {
  const [first = '', ...more] = names;
  return [make(first), ...more.map(make)];
}

function definitionSource(text: string): TaskDefinitionSource {
  return isDefinitionFile(text)
    ? { kind: 'file', path: text }
    : { kind: 'registered', reference: text };
}
