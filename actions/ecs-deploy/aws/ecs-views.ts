import type {
  Deployment as SdkDeployment,
  DeploymentConfiguration,
  DeploymentLifecycleHookTargetType,
  Service as SdkService,
  ServiceDeployment as SdkServiceDeployment,
  ServiceDeploymentBrief as SdkBrief,
  ServiceRevision as SdkServiceRevision,
  Tag as SdkTag,
  Task as SdkTask,
  TaskSet as SdkTaskSet,
} from '@aws-sdk/client-ecs';
import type {
  Deployment,
  JsonObject,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
  ServiceWiring,
  Tag,
  Task,
  TrafficShift,
  TaskSet,
} from '../model.js';
import { shiftSettings } from '../rollout/shift-settings.js';
import { launchSettings } from './launch-settings.js';

export function toService(service: SdkService): Service {
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY');
  return {
    arn: service.serviceArn ?? '',
    name: service.serviceName ?? '',
    clusterArn: service.clusterArn ?? '',
    status: service.status ?? '',
    controller: service.deploymentController?.type ?? 'ECS',
    managedBy: service.resourceManagementType ?? 'CUSTOMER',
    scheduling: service.schedulingStrategy ?? 'REPLICA',
    strategy: service.deploymentConfiguration?.strategy ?? 'ROLLING',
    rollsBack:
      service.deploymentConfiguration?.deploymentCircuitBreaker?.rollback === true ||
      service.deploymentConfiguration?.alarms?.rollback === true,
    deploymentConfiguration: toConfiguration(service.deploymentConfiguration),
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    pendingCount: service.pendingCount ?? 0,
    taskDefinitionArn: primary?.taskDefinition ?? service.taskDefinition ?? '',
    wiring: toWiring(service),
    deployments: (service.deployments ?? []).map(toDeployment),
    taskSets: (service.taskSets ?? []).map(toTaskSet),
    events: (service.events ?? []).map((event) => ({
      id: event.id ?? '',
      atMs: event.createdAt?.getTime() ?? 0,
      message: event.message ?? '',
    })),
  };
}

/** It holds neither dates nor bytes: JSON is all of it. */
function toConfiguration(configuration: DeploymentConfiguration = {}): JsonObject {
  return JSON.parse(JSON.stringify(configuration)) as JsonObject;
}

function toTaskSet(set: SdkTaskSet): TaskSet {
  return {
    id: set.id ?? '',
    status: set.status ?? '',
    taskDefinitionArn: set.taskDefinition ?? '',
    desiredCount: set.computedDesiredCount ?? 0,
    runningCount: set.runningCount ?? 0,
    pendingCount: set.pendingCount ?? 0,
    steady: set.stabilityStatus === 'STEADY_STATE',
    loadBalancers: (set.loadBalancers ?? []).map(
      ({ targetGroupArn, containerName, containerPort }) => ({
        targetGroupArn,
        containerName,
        containerPort,
      }),
    ),
  };
}

function toWiring(service: SdkService): ServiceWiring {
  const { strategy, network, ...settings } = launchSettings(service);
  return {
    ...settings,
    capacityProviders: strategy.flatMap((item) => item.capacityProvider ?? []),
    network:
      network === undefined
        ? undefined
        : { subnets: network.subnets ?? [], securityGroups: network.securityGroups ?? [] },
    loadBalancers: (service.loadBalancers ?? []).map((mapping) => ({
      targetGroupArns: [
        mapping.targetGroupArn,
        mapping.advancedConfiguration?.alternateTargetGroupArn,
      ].filter((arn) => arn !== undefined),
      container: mapping.containerName ?? '',
      port: mapping.containerPort,
    })),
  };
}

function toDeployment(deployment: SdkDeployment): Deployment {
  return {
    id: deployment.id ?? '',
    status: deployment.status ?? '',
    taskDefinitionArn: deployment.taskDefinition ?? '',
    desiredCount: deployment.desiredCount ?? 0,
    runningCount: deployment.runningCount ?? 0,
    pendingCount: deployment.pendingCount ?? 0,
    failedTasks: deployment.failedTasks ?? 0,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
    createdAtMs: deployment.createdAt?.getTime() ?? 0,
  };
}

export function toBrief(brief: SdkBrief): ServiceDeploymentBrief {
  return {
    arn: brief.serviceDeploymentArn ?? '',
    status: brief.status ?? '',
    createdAtMs: brief.createdAt?.getTime() ?? 0,
    targetRevisionArn: brief.targetServiceRevisionArn ?? '',
  };
}

export function toServiceDeployment(deployment: SdkServiceDeployment): ServiceDeployment {
  const { targetServiceRevision: target, deploymentCircuitBreaker: breaker } = deployment;
  return {
    arn: deployment.serviceDeploymentArn ?? '',
    status: deployment.status ?? '',
    statusReason: deployment.statusReason,
    createdAtMs: deployment.createdAt?.getTime() ?? 0,
    finishedAtMs: deployment.finishedAt?.getTime(),
    stoppedAtMs: deployment.stoppedAt?.getTime(),
    targetRevisionArn: target?.arn ?? '',
    target: {
      requested: target?.requestedTaskCount ?? 0,
      running: target?.runningTaskCount ?? 0,
      pending: target?.pendingTaskCount ?? 0,
    },
    breaker: {
      status: breaker?.status ?? 'DISABLED',
      failureCount: breaker?.failureCount ?? 0,
      threshold: breaker?.threshold,
    },
    triggeredAlarms: deployment.alarms?.triggeredAlarmNames ?? [],
    shift: toShift(deployment),
    rollback:
      deployment.rollback === undefined
        ? undefined
        : {
            reason: deployment.rollback.reason,
            startedAtMs: deployment.rollback.startedAt?.getTime(),
            revisionArn: deployment.rollback.serviceRevisionArn,
          },
  };
}

function toShift(deployment: SdkServiceDeployment): TrafficShift | undefined {
  const settings = shiftSettings(toConfiguration(deployment.deploymentConfiguration));
  if (settings === undefined) return undefined;
  return {
    ...settings,
    stage: deployment.lifecycleStage,
    updatedAtMs: deployment.updatedAt?.getTime(),
    productionPercent: deployment.targetServiceRevision?.requestedProductionTrafficWeight,
    hooks: (deployment.lifecycleHookDetails ?? []).map((hook) => ({
      id: hook.hookId ?? '',
      kind: hookKind(hook.targetType),
      targetArn: hook.targetArn,
      status: hook.status ?? '',
      expiresAtMs: hook.expiresAt?.getTime(),
      timeoutAction: hook.timeoutAction,
    })),
    configuredHooks: (deployment.deploymentConfiguration?.lifecycleHooks ?? []).map((hook) => ({
      kind: hookKind(hook.targetType),
      targetArn: hook.hookTargetArn,
      stages: hook.lifecycleStages ?? [],
    })),
  };
}

function hookKind(type: DeploymentLifecycleHookTargetType | undefined): 'lambda' | 'pause' {
  return type === 'PAUSE' ? 'pause' : 'lambda';
}

export function toServiceRevision(revision: SdkServiceRevision): ServiceRevision {
  return {
    arn: revision.serviceRevisionArn ?? '',
    taskDefinitionArn: revision.taskDefinition ?? '',
    images: (revision.containerImages ?? []).map((image) => ({
      container: image.containerName ?? '',
      image: image.image ?? '',
      digest: image.imageDigest,
    })),
  };
}

export function toTask(task: SdkTask): Task {
  return {
    arn: task.taskArn ?? '',
    taskDefinitionArn: task.taskDefinitionArn ?? '',
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    createdAtMs: task.createdAt?.getTime(),
    startedAtMs: task.startedAt?.getTime(),
    stoppedAtMs: task.stoppedAt?.getTime() ?? task.executionStoppedAt?.getTime(),
    containers: (task.containers ?? []).map((container) => ({
      name: container.name ?? '',
      image: container.image,
      exitCode: container.exitCode,
      reason: container.reason,
      healthStatus: container.healthStatus,
      imageDigest: container.imageDigest,
    })),
  };
}

export function toTags(tags: readonly SdkTag[] | undefined): readonly Tag[] {
  return (tags ?? []).map((tag) => ({ key: tag.key ?? '', value: tag.value ?? '' }));
}
