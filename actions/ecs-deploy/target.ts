import { UserError } from '../shared/errors.js';
import {
  contractPath,
  parseContract,
  releasePath,
  type Contract,
  type ContractKey,
} from './contract.js';
import type { TargetInputs } from './inputs/target.js';
import { familyOfArn, shortName, type JsonObject, type Service, type Tag } from './model.js';
import type { DeployPorts } from './ports.js';
import { parseRelease, type Release } from './release.js';
import { parseTaskDefinitionFile } from './definition/definition-file.js';
import { familyOf, withoutServerFields } from './definition/task-definition.js';
import { orNone, whatThereIs } from './what-there-is.js';

/** The service to act on, and what its contract adds. */
export interface Target {
  readonly cluster: string;
  readonly serviceName: string;
  readonly contract: Contract | undefined;
  readonly release:
    | { readonly path: string; readonly current: Release | undefined; readonly exists: boolean }
    | undefined;
}

/**
 * Reads the contract and what was released.
 *
 * @throws UserError `contract-missing`, `contract-malformed`, `contract-mismatch`
 */
export async function resolveTarget(
  ports: Pick<DeployPorts, 'parameters'>,
  inputs: TargetInputs,
): Promise<Target> {
  if (inputs.kind === 'plain') {
    const { cluster, serviceName } = inputs;
    return { cluster, serviceName, contract: undefined, release: undefined };
  }
  const path = releasePath(inputs.key);
  const [text, release] = await Promise.all([
    ports.parameters.get(contractPath(inputs.key)),
    ports.parameters.get(path),
  ]);
  if (text === undefined) throw contractMissing(inputs.key);
  const contract = parseContract(text, inputs.key);
  return {
    cluster: contract.cluster,
    serviceName: contract.serviceName,
    contract,
    release: {
      path,
      current: release === undefined ? undefined : parseRelease(release),
      exists: release !== undefined,
    },
  };
}

function contractMissing(key: ContractKey): UserError {
  return new UserError({
    code: 'contract-missing',
    message: `there is no SSM parameter ${contractPath(key)} in this account and region`,
    hint: `check project, environment and service; the parameter is made by terraform/modules/ssm-contract when the layer of service "${key.service}" is applied to "${key.environment}"`,
  });
}

/**
 * Finds the service.
 *
 * @throws UserError `cluster-missing`, `service-missing`, `service-unsupported`
 */
export async function findService(
  ports: Pick<DeployPorts, 'ecs'>,
  target: Target,
): Promise<Service> {
  const { cluster, serviceName } = target;
  const lookup = await ports.ecs.lookUpService(cluster, serviceName);
  switch (lookup.kind) {
    case 'found':
      return lookup.service;
    case 'cluster-missing':
      throw new UserError({
        code: 'cluster-missing',
        message: `there is no ECS cluster "${cluster}" in this account and region`,
        hint: whatThereIs('clusters', cluster, await orNone(() => ports.ecs.clusterNames())),
      });
    case 'service-missing':
      throw new UserError({
        code: 'service-missing',
        message: `there is no ECS service "${serviceName}" in cluster "${cluster}"`,
        hint: whatThereIs(
          'services',
          serviceName,
          await orNone(() => ports.ecs.serviceNames(cluster)),
        ),
      });
  }
}

/** The definition that the new revision is made from. */
export interface BaseDefinition {
  readonly definition: JsonObject;
  readonly tags: readonly Tag[];
  /** `family:revision`, or the file. */
  readonly origin: string;
  readonly liveFamily: string;
}

/**
 * Reads the template, the family or file that was named, or what runs now.
 *
 * @throws UserError `task-definition-missing`, `task-definition-malformed`
 */
export async function readBaseDefinition(
  ports: Pick<DeployPorts, 'ecs' | 'readFile'>,
  inputs: TargetInputs,
  target: Target,
  service: Service,
): Promise<BaseDefinition> {
  const source =
    inputs.kind === 'plain'
      ? (inputs.taskDefinition ??
        ({ kind: 'registered', reference: service.taskDefinitionArn } as const))
      : ({ kind: 'registered', reference: target.contract?.templateFamily ?? '' } as const);

  if (source.kind === 'file') {
    const text = await ports.readFile(source.path);
    if (text === undefined) {
      throw new UserError({
        code: 'task-definition-missing',
        message: `there is no file ${source.path}`,
        at: { input: 'task-definition' },
        hint: 'the path is relative to the workspace; check the repository out first',
      });
    }
    const { definition, tags } = await parseTaskDefinitionFile(text, source.path);
    const liveFamily = familyOf(definition) ?? familyOfArn(service.taskDefinitionArn);
    return { definition, tags, origin: source.path, liveFamily };
  }

  const found = await ports.ecs.describeTaskDefinition(source.reference);
  if (found === undefined) {
    throw new UserError({
      code: 'task-definition-missing',
      message: `there is no active task definition "${source.reference}"`,
      hint:
        target.contract === undefined
          ? 'give a family, family:revision, an ARN, or a .json, .yaml or .yml file'
          : 'the template is registered by the Terraform module ecs-service; apply that layer again',
    });
  }
  return {
    definition: withoutServerFields(found.definition),
    tags: found.tags,
    origin: shortName(found.arn),
    liveFamily: target.contract?.liveFamily ?? familyOf(found.definition) ?? familyOfArn(found.arn),
  };
}
