import type { Deployment, Service, TaskSet } from '@aws-sdk/client-ecs';
import type { Context } from './context.js';
import type { DeploymentRecord, ServiceRecord, TaskRecord, Workload } from './model.js';
import { hasEnded } from './rollout/service-deployments.js';
import { tasksOfService } from './rollout/scheduler.js';
import { computedDesiredCount, taskSetArn } from './rollout/task-sets.js';
import { tagsOf } from './tags.js';
import { seconds, type Wire } from './wire.js';

/** A service as DescribeServices returns it. */
export function describeService(
  context: Context,
  service: ServiceRecord,
  withTags: boolean,
): Wire<Service> {
  const tasks = tasksOfService(context, service);
  const { workload } = service;
  const current = service.serviceDeployments[0];
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: running(tasks),
    pendingCount: pending(tasks),
    ...placementOf(workload),
    taskDefinition: workload.taskDefinition.arn,
    loadBalancers: workload.loadBalancers,
    serviceRegistries: workload.serviceRegistries as Wire<Service>['serviceRegistries'],
    deploymentConfiguration: service.deploymentConfiguration,
    deploymentController: { type: service.controller },
    deployments: service.deployments.map((deployment, index) =>
      describeDeployment(deployment, tasks, index === 0),
    ),
    taskSets:
      service.controller === 'CODE_DEPLOY'
        ? service.taskSets.map((set) => describeTaskSet(service, set, tasks))
        : undefined,
    roleArn: service.roleArn,
    events: service.events.map((event) => ({
      id: event.id,
      createdAt: seconds(event.atMs),
      message: event.message,
    })),
    createdAt: seconds(service.createdAtMs),
    createdBy: `arn:aws:iam::${context.arns.accountId}:root`,
    currentServiceDeployment: current && !hasEnded(current) ? current.arn : undefined,
    currentServiceRevisions: service.deployments.map(({ revision, ...deployment }) => {
      const own = tasks.filter((task) => task.deployment?.id === deployment.id);
      return {
        arn: revision.arn,
        requestedTaskCount: own.filter((task) => task.desiredStatus === 'RUNNING').length,
        runningTaskCount: running(own),
        pendingTaskCount: pending(own),
      };
    }),
    placementConstraints: service.placementConstraints as Wire<Service>['placementConstraints'],
    placementStrategy: service.placementStrategy as Wire<Service>['placementStrategy'],
    networkConfiguration: workload.networkConfiguration,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: 'REPLICA',
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags as Wire<Service>['propagateTags'],
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing:
      service.availabilityZoneRebalancing as Wire<Service>['availabilityZoneRebalancing'],
    tags: withTags ? tagsOf(context, service.arn) : undefined,
  };
}

function placementOf(workload: Workload) {
  return {
    launchType: workload.launchType as Wire<Service>['launchType'],
    capacityProviderStrategy: workload.capacityProviderStrategy,
    platformVersion: workload.platformVersion,
    platformFamily: workload.platformVersion === undefined ? undefined : 'Linux',
  };
}

function describeDeployment(
  deployment: DeploymentRecord,
  tasks: readonly TaskRecord[],
  primary: boolean,
): Wire<Deployment> {
  const own = tasks.filter((task) => task.deployment === deployment);
  const { workload } = deployment.revision;
  return {
    id: deployment.id,
    status: primary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: workload.taskDefinition.arn,
    desiredCount: primary
      ? deployment.service.desiredCount
      : own.filter((task) => task.desiredStatus === 'RUNNING').length,
    pendingCount: pending(own),
    runningCount: running(own),
    failedTasks: deployment.failedTasks,
    createdAt: seconds(deployment.createdAtMs),
    updatedAt: seconds(deployment.updatedAtMs),
    ...placementOf(workload),
    networkConfiguration: workload.networkConfiguration,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
    serviceConnectConfiguration:
      workload.serviceConnectConfiguration as Wire<Deployment>['serviceConnectConfiguration'],
    volumeConfigurations: workload.volumeConfigurations as Wire<Deployment>['volumeConfigurations'],
  };
}

function describeTaskSet(
  service: ServiceRecord,
  record: DeploymentRecord,
  tasks: readonly TaskRecord[],
): Wire<TaskSet> {
  const own = tasks.filter((task) => task.deployment === record);
  const { workload } = record.revision;
  const { taskSet } = record;
  return {
    id: record.id,
    taskSetArn: taskSetArn(service, record),
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    startedBy: taskSet?.externalId === undefined ? undefined : 'CODE_DEPLOY',
    externalId: taskSet?.externalId,
    status: taskSet?.status,
    taskDefinition: workload.taskDefinition.arn,
    computedDesiredCount: computedDesiredCount(record),
    pendingCount: pending(own),
    runningCount: running(own),
    createdAt: seconds(record.createdAtMs),
    updatedAt: seconds(record.updatedAtMs),
    ...placementOf(workload),
    networkConfiguration: workload.networkConfiguration,
    loadBalancers: workload.loadBalancers,
    serviceRegistries: workload.serviceRegistries as Wire<TaskSet>['serviceRegistries'],
    scale: { value: taskSet?.scale ?? 100, unit: 'PERCENT' },
    stabilityStatus: taskSet?.stability,
    stabilityStatusAt: seconds(taskSet?.stabilityAtMs),
    tags: [],
  };
}

function running(tasks: readonly TaskRecord[]): number {
  return tasks.filter((task) => task.lastStatus === 'RUNNING').length;
}

function pending(tasks: readonly TaskRecord[]): number {
  return tasks.filter(({ lastStatus }) => lastStatus === 'PROVISIONING' || lastStatus === 'PENDING')
    .length;
}
