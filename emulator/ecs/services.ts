import type { Failure, Service } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { shortName } from './arns.js';
import { requireCluster } from './clusters.js';
import type { Context } from './context.js';
import { checkStrategy, mergeConfiguration, withDefaults } from './deployment-strategy.js';
import { resolveImages } from './images.js';
import type { ClusterRecord, ServiceRecord } from './model.js';
import { wake } from './rollout/scheduler.js';
import { startDeployment } from './rollout/start.js';
import { checkTargetGroup, createTaskSet, refuseForCodeDeploy } from './rollout/task-sets.js';
import {
  checkPercents,
  createServiceSchema,
  refuseUnsupported,
  updateServiceSchema,
} from './service-input.js';
import { describeService } from './service-shape.js';
import { setTags } from './tags.js';
import { requireActiveTaskDefinition } from './task-definitions.js';
import { type Input, type Output, page, parse, type Wire } from './wire.js';
import { changedWorkload, newWorkload, sameWorkload } from './workload.js';

/** A service by name or ARN, whatever its status. Throws ServiceNotFoundException. */
export function requireService(
  context: Context,
  cluster: ClusterRecord,
  nameOrArn: string,
): ServiceRecord {
  const service = context.state.services.get(serviceArn(context, cluster, nameOrArn));
  if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  return service;
}

function serviceArn(context: Context, cluster: ClusterRecord, nameOrArn: string): string {
  return context.arns.of(`service/${cluster.name}/${shortName(nameOrArn)}`);
}

export async function createService(context: Context, input: Input): Promise<Output> {
  const request = parse(createServiceSchema, input);
  refuseUnsupported(request);
  checkPercents(request.deploymentConfiguration ?? {});
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(request.serviceName)) {
    throw new AwsError('InvalidParameterException', 'Service name contains invalid characters.');
  }
  const taskDefinition = requireActiveTaskDefinition(context, request.taskDefinition);
  const images = await resolveImages(context, taskDefinition);

  const cluster = requireCluster(context, request.cluster);
  const arn = serviceArn(context, cluster, request.serviceName);
  const former = context.state.services.get(arn);
  if (former?.status === 'ACTIVE') {
    throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
  }
  if (former?.status === 'DRAINING') {
    throw new AwsError(
      'InvalidParameterException',
      'Unable to Start a service that is still Draining.',
    );
  }
  const workload = newWorkload(cluster, request, taskDefinition);
  const deploymentConfiguration = withDefaults({
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
    ...request.deploymentConfiguration,
  });
  checkStrategy({
    ...workload,
    asked: request.deploymentConfiguration,
    configuration: deploymentConfiguration,
    vpcLatticeConfigurations: workload.vpcLatticeConfigurations,
    serviceConnectConfiguration: workload.serviceConnectConfiguration,
  });
  const service: ServiceRecord = {
    name: request.serviceName,
    arn,
    cluster,
    createdAtMs: context.clock.now(),
    controller: request.deploymentController?.type === 'CODE_DEPLOY' ? 'CODE_DEPLOY' : 'ECS',
    status: 'ACTIVE',
    desiredCount: request.desiredCount ?? 1,
    workload,
    deploymentConfiguration,
    healthCheckGracePeriodSeconds: request.healthCheckGracePeriodSeconds ?? 0,
    enableExecuteCommand: request.enableExecuteCommand ?? false,
    enableECSManagedTags: request.enableECSManagedTags ?? false,
    propagateTags: request.propagateTags ?? 'NONE',
    placementConstraints: request.placementConstraints ?? [],
    placementStrategy: request.placementStrategy ?? [],
    availabilityZoneRebalancing: request.availabilityZoneRebalancing ?? 'DISABLED',
    roleArn: roleOf(context, request.role, workload.loadBalancers.length > 0),
    deployments: [],
    taskSets: [],
    serviceDeployments: [],
    revisions: [],
    events: [],
    steady: false,
    reconcileQueued: false,
  };
  setTags(context, arn, request.tags);
  context.state.services.set(arn, service);
  if (service.controller === 'CODE_DEPLOY') {
    checkTargetGroup(workload);
    createTaskSet(context, service, workload, images);
    wake(context, service);
  } else {
    startDeployment(context, service, workload, images, () => wake(context, service));
  }
  return { service: describeService(context, service, true) };
}

export async function updateService(context: Context, input: Input): Promise<Output> {
  const request = parse(updateServiceSchema, input);
  refuseUnsupported(request);
  const found = requireService(context, requireCluster(context, request.cluster), request.service);
  if (found.controller === 'CODE_DEPLOY') refuseForCodeDeploy(request);
  const taskDefinition =
    request.taskDefinition === undefined
      ? found.workload.taskDefinition
      : requireActiveTaskDefinition(context, request.taskDefinition);
  const images = await resolveImages(context, taskDefinition);

  // The wait may have outlived the service.
  const service = requireService(
    context,
    requireCluster(context, request.cluster),
    request.service,
  );
  if (service.status !== 'ACTIVE') {
    throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  }
  const configuration = mergeConfiguration(
    service.deploymentConfiguration,
    request.deploymentConfiguration,
  );
  checkPercents(configuration);
  const workload = changedWorkload(service.workload, request, taskDefinition);
  checkStrategy({
    ...workload,
    asked: request.deploymentConfiguration,
    configuration,
    vpcLatticeConfigurations: workload.vpcLatticeConfigurations,
    serviceConnectConfiguration: workload.serviceConnectConfiguration,
  });

  service.deploymentConfiguration = configuration;
  service.desiredCount = request.desiredCount ?? service.desiredCount;
  service.healthCheckGracePeriodSeconds =
    request.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds;
  service.enableExecuteCommand = request.enableExecuteCommand ?? service.enableExecuteCommand;
  service.enableECSManagedTags = request.enableECSManagedTags ?? service.enableECSManagedTags;
  service.propagateTags = request.propagateTags ?? service.propagateTags;
  service.placementConstraints = request.placementConstraints ?? service.placementConstraints;
  service.placementStrategy = request.placementStrategy ?? service.placementStrategy;
  service.availabilityZoneRebalancing =
    request.availabilityZoneRebalancing ?? service.availabilityZoneRebalancing;

  if (!sameWorkload(workload, service.workload) || request.forceNewDeployment === true) {
    startDeployment(context, service, workload, images, () => wake(context, service));
  } else {
    wake(context, service);
  }
  return { service: describeService(context, service, true) };
}

const deleteServiceSchema = z.looseObject({
  cluster: z.string().optional(),
  service: z.string(),
  force: z.boolean().optional(),
});

export function deleteService(context: Context, input: Input): Output {
  const request = parse(deleteServiceSchema, input);
  const cluster = requireCluster(context, request.cluster);
  const service = requireService(context, cluster, request.service);
  if (service.status === 'INACTIVE') {
    throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  }
  if (service.desiredCount > 0 && request.force !== true) {
    throw new AwsError(
      'InvalidParameterException',
      'The service cannot be stopped while it is scaled above 0.',
    );
  }
  service.status = 'DRAINING';
  service.desiredCount = 0;
  wake(context, service);
  return { service: describeService(context, service, true) };
}

const describeServicesSchema = z.looseObject({
  cluster: z.string().optional(),
  services: z.array(z.string()),
  include: z.array(z.string()).optional(),
});

export function describeServices(context: Context, input: Input): Output {
  const request = parse(describeServicesSchema, input);
  const cluster = requireCluster(context, request.cluster);
  if (request.services.length === 0) {
    throw new AwsError('InvalidParameterException', 'Services cannot be empty.');
  }
  if (request.services.length > 10) {
    throw new AwsError('InvalidParameterException', 'At most 10 services can be described.');
  }
  const services: Wire<Service>[] = [];
  const failures: Failure[] = [];
  for (const nameOrArn of request.services) {
    const arn = serviceArn(context, cluster, nameOrArn);
    const service = context.state.services.get(arn);
    if (service) {
      services.push(describeService(context, service, request.include?.includes('TAGS') ?? false));
    } else failures.push({ arn, reason: 'MISSING' });
  }
  return { services, failures };
}

const listServicesSchema = z.looseObject({
  cluster: z.string().optional(),
  launchType: z.string().optional(),
});

export function listServices(context: Context, input: Input): Output {
  const request = parse(listServicesSchema, input);
  const cluster = requireCluster(context, request.cluster);
  const arns = [...context.state.services.values()]
    .filter((service) => service.cluster === cluster && service.status !== 'INACTIVE')
    .filter(({ workload }) => (request.launchType ?? workload.launchType) === workload.launchType)
    .map((service) => service.arn);
  const { items, nextToken } = page(arns, input);
  return { serviceArns: items, nextToken };
}

function roleOf(context: Context, role: string | undefined, balanced: boolean): string | undefined {
  if (role?.startsWith('arn:')) return role;
  const prefix = `arn:aws:iam::${context.arns.accountId}:role/`;
  if (role !== undefined) return `${prefix}${role}`;
  return balanced ? `${prefix}aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS` : undefined;
}
