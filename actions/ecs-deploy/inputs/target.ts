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

/** Reads which service is meant: by its contract, or by plain names. */
export function readTarget(reader: InputReader): TargetInputs {
  const allowed = 'letters, digits, ".", "_" and "-"';
  const project = reader.matching('project', namePart, allowed);
  const environment = reader.matching('environment', namePart, allowed);
  const service = reader.matching('service', namePart, allowed);
  const cluster = reader.text('cluster');
  const serviceName = reader.text('service-name');
  const taskDefinition = reader.text('task-definition');
  const byContract = { project, environment, service };
  const plain = { cluster, 'service-name': serviceName, 'task-definition': taskDefinition };
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
    return {
      kind: 'contract',
      key: { project: project ?? '', environment: environment ?? '', service: service ?? '' },
    };
  }
  for (const [name, value] of Object.entries({ cluster, 'service-name': serviceName })) {
    if (value === undefined) reader.problem(name, 'input-required', 'is required');
  }
  return {
    kind: 'plain',
    cluster: cluster ?? '',
    serviceName: serviceName ?? '',
    taskDefinition:
      taskDefinition === undefined
        ? undefined
        : isDefinitionFile(taskDefinition)
          ? { kind: 'file', path: taskDefinition }
          : { kind: 'registered', reference: taskDefinition },
  };
}
