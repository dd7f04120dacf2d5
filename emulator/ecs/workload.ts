import type { NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { z } from 'zod';
import { AwsError } from '../aws-error.js';
import type { ClusterRecord, TaskDefinitionRecord, Workload } from './model.js';
import type { createServiceSchema, NetworkInput, updateServiceSchema } from './service-input.js';

/** What a new service runs. Throws InvalidParameterException for what does not fit together. */
export function newWorkload(
  cluster: ClusterRecord,
  request: z.infer<typeof createServiceSchema>,
  taskDefinition: TaskDefinitionRecord,
): Workload {
  const placement = placementOf(cluster, request);
  const fargate =
    placement.launchType === 'FARGATE' || placement.capacityProviderStrategy !== undefined;
  const loadBalancers = request.loadBalancers ?? [];
  checkLoadBalancers(loadBalancers, taskDefinition);
  return {
    taskDefinition,
    ...placement,
    platformVersion: fargate ? (request.platformVersion ?? 'LATEST') : undefined,
    networkConfiguration: network(request.networkConfiguration, taskDefinition),
    loadBalancers,
    serviceRegistries: request.serviceRegistries ?? [],
    serviceConnectConfiguration: request.serviceConnectConfiguration,
    volumeConfigurations: request.volumeConfigurations,
    vpcLatticeConfigurations: request.vpcLatticeConfigurations,
  };
}

/**
 * Launch type or capacity providers: what was asked for, else the cluster's default strategy, else
 * EC2. An empty strategy, as the Terraform provider sends it beside a launch type, counts as none.
 */
export function placementOf(
  cluster: ClusterRecord,
  request: {
    readonly launchType?: string | undefined;
    readonly capacityProviderStrategy?: Workload['capacityProviderStrategy'];
  },
): Pick<Workload, 'launchType' | 'capacityProviderStrategy'> {
  const asked = request.capacityProviderStrategy ?? [];
  if (asked.length > 0 && request.launchType !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported.',
    );
  }
  if (asked.length > 0) return { capacityProviderStrategy: asked };
  const usual = cluster.defaultCapacityProviderStrategy;
  if (request.launchType === undefined && usual.length > 0) {
    return { capacityProviderStrategy: usual };
  }
  return { launchType: request.launchType ?? 'EC2' };
}

/** What the service runs after an update: members that are left out stay. */
export function changedWorkload(
  before: Workload,
  request: z.infer<typeof updateServiceSchema>,
  taskDefinition: TaskDefinitionRecord,
): Workload {
  const strategy = request.capacityProviderStrategy;
  const loadBalancers = request.loadBalancers ?? before.loadBalancers;
  checkLoadBalancers(loadBalancers, taskDefinition);
  return {
    ...before,
    taskDefinition,
    ...(strategy && strategy.length > 0
      ? { capacityProviderStrategy: strategy, launchType: undefined }
      : {}),
    platformVersion: request.platformVersion ?? before.platformVersion,
    networkConfiguration: request.networkConfiguration
      ? network(request.networkConfiguration, taskDefinition)
      : before.networkConfiguration,
    loadBalancers,
    serviceRegistries: request.serviceRegistries ?? before.serviceRegistries,
    serviceConnectConfiguration:
      request.serviceConnectConfiguration ?? before.serviceConnectConfiguration,
    volumeConfigurations: request.volumeConfigurations ?? before.volumeConfigurations,
    vpcLatticeConfigurations: request.vpcLatticeConfigurations ?? before.vpcLatticeConfigurations,
  };
}

/**
 * Whether an update leaves the workload as it is. Only a change of it starts a deployment
 * (Developer Guide, "View service history using Amazon ECS service deployments"): the count, the
 * percents and the grace period do not.
 */
export function sameWorkload(one: Workload, other: Workload): boolean {
  const key = (workload: Workload) =>
    JSON.stringify({ ...workload, taskDefinition: workload.taskDefinition.arn });
  return key(one) === key(other);
}

/** Checks and completes a network configuration; awsvpc needs one. Throws InvalidParameterException. */
export function network(
  configuration: NetworkInput | undefined,
  taskDefinition: TaskDefinitionRecord,
): NetworkConfiguration | undefined {
  const awsvpc = configuration?.awsvpcConfiguration;
  const needed = taskDefinition.definition.networkMode === 'awsvpc';
  if (needed && !awsvpc) {
    throw new AwsError(
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    );
  }
  if (!awsvpc) return undefined;
  if (!needed) {
    throw new AwsError(
      'InvalidParameterException',
      'Network Configuration is not valid for the given networkMode of this task definition.',
    );
  }
  if (awsvpc.subnets.length === 0) {
    throw new AwsError('InvalidParameterException', 'subnets can not be empty.');
  }
  return {
    awsvpcConfiguration: {
      ...awsvpc,
      securityGroups: awsvpc.securityGroups ?? [],
      assignPublicIp: awsvpc.assignPublicIp ?? 'DISABLED',
    },
  };
}

function checkLoadBalancers(
  loadBalancers: Workload['loadBalancers'],
  taskDefinition: TaskDefinitionRecord,
): void {
  const containers = taskDefinition.definition.containerDefinitions ?? [];
  for (const { containerName = '', containerPort = 0 } of loadBalancers) {
    const container = containers.find(({ name }) => name === containerName);
    if (!container) {
      throw new AwsError(
        'InvalidParameterException',
        `The container ${containerName} does not exist in the task definition.`,
      );
    }
    if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
      throw new AwsError(
        'InvalidParameterException',
        `The container ${containerName} did not have a container port ${containerPort} defined.`,
      );
    }
  }
}
