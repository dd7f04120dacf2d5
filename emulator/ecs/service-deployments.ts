import type {
  Failure,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { AwsError } from '../aws-error.js';
import { requireCluster } from './clusters.js';
import type { Context } from './context.js';
import { digestOf } from './images.js';
import type { ServiceDeploymentRecord, ServiceRecord, ServiceRevisionRecord } from './model.js';
import { failureThreshold } from './rollout/circuit-breaker.js';
import { requestRollback } from './rollout/scheduler.js';
import { countRevision, hasEnded } from './rollout/service-deployments.js';
import { requireService } from './services.js';
import { type Input, type Output, page, parse, seconds, type Wire } from './wire.js';

const listServiceDeploymentsSchema = z.looseObject({
  cluster: z.string().optional(),
  service: z.string(),
  status: z.array(z.string()).optional(),
  createdAt: z
    .looseObject({ before: z.number().optional(), after: z.number().optional() })
    .optional(),
});

export function listServiceDeployments(context: Context, input: Input): Output {
  const request = parse(listServiceDeploymentsSchema, input);
  const service = requireService(
    context,
    requireCluster(context, request.cluster),
    request.service,
  );
  const { after = -Infinity, before = Infinity } = request.createdAt ?? {};
  const records = service.serviceDeployments
    .filter((record) => request.status?.includes(record.status) ?? true)
    .filter(({ createdAtMs }) => createdAtMs / 1000 > after && createdAtMs / 1000 < before);
  const { items, nextToken } = page(records, input);
  return { serviceDeployments: items.map(brief), nextToken };
}

function brief(record: ServiceDeploymentRecord): Wire<ServiceDeploymentBrief> {
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.service.arn,
    clusterArn: record.service.cluster.arn,
    createdAt: seconds(record.createdAtMs),
    startedAt: seconds(record.startedAtMs),
    finishedAt: seconds(record.finishedAtMs),
    targetServiceRevisionArn: record.target.arn,
    status: record.status,
    statusReason: record.statusReason,
  };
}

const describeServiceDeploymentsSchema = z.looseObject({
  serviceDeploymentArns: z.array(z.string()).min(1).max(20),
});

export function describeServiceDeployments(context: Context, input: Input): Output {
  const { serviceDeploymentArns } = parse(describeServiceDeploymentsSchema, input);
  const { found, failures } = lookUp(serviceDeploymentArns, (arn) =>
    findServiceDeployment(context, arn),
  );
  return {
    serviceDeployments: found.map((record) => describe(context, record)),
    failures,
  };
}

function describe(context: Context, record: ServiceDeploymentRecord): Wire<ServiceDeployment> {
  const breaker = record.configuration.deploymentCircuitBreaker;
  const summary = (revision: ServiceRevisionRecord) => {
    const counts = countRevision(context, record, revision);
    return {
      arn: revision.arn,
      requestedTaskCount: counts.requested,
      runningTaskCount: counts.running,
      pendingTaskCount: counts.pending,
      ...trafficOf(record, revision),
    };
  };
  return {
    ...brief(record),
    updatedAt: seconds(record.updatedAtMs),
    stoppedAt: seconds(record.stoppedAtMs),
    sourceServiceRevisions: record.sources.map(summary),
    targetServiceRevision: summary(record.target),
    deploymentConfiguration: record.configuration,
    rollback: record.rollback && {
      reason: record.rollback.reason,
      startedAt: seconds(record.rollback.startedAtMs),
      serviceRevisionArn: record.rollback.revision.arn,
    },
    deploymentCircuitBreaker: {
      status: record.breakerStatus,
      failureCount: record.failureCount,
      threshold: failureThreshold(breaker, record.service.desiredCount),
    },
    alarms: {
      status: record.alarmStatus,
      alarmNames: record.configuration.alarms?.alarmNames,
      triggeredAlarmNames: record.triggeredAlarms,
    },
    lifecycleStage: record.shift?.stage as Wire<ServiceDeployment>['lifecycleStage'],
    lifecycleHookDetails: record.shift?.hooks.map((hook) => ({
      hookId: hook.id,
      targetType: hook.targetType,
      targetArn: hook.targetArn,
      status: hook.status,
      expiresAt: seconds(hook.expiresAtMs),
      timeoutAction: hook.timeoutAction,
    })),
  };
}

/** "A snapshot of the traffic distribution" (API reference, ServiceRevisionSummary); none where ECS shifts no traffic. */
function trafficOf(record: ServiceDeploymentRecord, revision: ServiceRevisionRecord) {
  const { shift } = record;
  if (!shift?.managed) return {};
  const isOld = shift.old?.revision === revision;
  const isTarget = !isOld && record.target === revision;
  const share = (ofNew: number): number => (isTarget ? ofNew : isOld ? 100 - ofNew : 0);
  return {
    requestedProductionTrafficWeight: share(shift.production),
    ...(shift.tested && { requestedTestTrafficWeight: share(shift.test) }),
  };
}

const describeServiceRevisionsSchema = z.looseObject({
  serviceRevisionArns: z.array(z.string()).min(1).max(20),
});

export function describeServiceRevisions(context: Context, input: Input): Output {
  const { serviceRevisionArns } = parse(describeServiceRevisionsSchema, input);
  const all = services(context).flatMap((service) =>
    service.revisions.map((revision) => ({ service, revision })),
  );
  const { found, failures } = lookUp(serviceRevisionArns, (arn) =>
    all.find(({ revision }) => revision.arn === arn),
  );
  return {
    serviceRevisions: found.map(({ service, revision }) => describeRevision(service, revision)),
    failures,
  };
}

function describeRevision(
  service: ServiceRecord,
  revision: ServiceRevisionRecord,
): Wire<ServiceRevision> {
  const { workload } = revision;
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    taskDefinition: workload.taskDefinition.arn,
    launchType: workload.launchType as Wire<ServiceRevision>['launchType'],
    capacityProviderStrategy: workload.capacityProviderStrategy,
    platformVersion: workload.platformVersion === 'LATEST' ? '1.4.0' : workload.platformVersion,
    platformFamily: workload.platformVersion === undefined ? undefined : 'Linux',
    loadBalancers: workload.loadBalancers,
    serviceRegistries: workload.serviceRegistries as Wire<ServiceRevision>['serviceRegistries'],
    networkConfiguration: workload.networkConfiguration,
    containerImages: (workload.taskDefinition.definition.containerDefinitions ?? []).map(
      ({ name, image = '' }) => ({
        containerName: name,
        image,
        imageDigest: digestOf(image, revision.images.get(image) ?? { kind: 'missing' }),
      }),
    ),
    guardDutyEnabled: false,
    serviceConnectConfiguration:
      workload.serviceConnectConfiguration as Wire<ServiceRevision>['serviceConnectConfiguration'],
    volumeConfigurations:
      workload.volumeConfigurations as Wire<ServiceRevision>['volumeConfigurations'],
    resolvedConfiguration: { loadBalancers: targetGroupsOf(revision) },
    createdAt: seconds(revision.createdAtMs),
  };
}

/** API reference, ServiceRevisionLoadBalancer. */
function targetGroupsOf({ workload, alternate }: ServiceRevisionRecord) {
  return workload.loadBalancers.map(({ targetGroupArn, advancedConfiguration }) => ({
    targetGroupArn: alternate ? advancedConfiguration?.alternateTargetGroupArn : targetGroupArn,
    productionListenerRule: advancedConfiguration?.productionListenerRule,
  }));
}

const stopServiceDeploymentSchema = z.looseObject({
  serviceDeploymentArn: z.string(),
  stopType: z.string().optional(),
});

/** StopServiceDeployment; from the states that the Developer Guide names in "Stopping Amazon ECS service deployments". */
export function stopServiceDeployment(context: Context, input: Input): Output {
  const { serviceDeploymentArn, stopType = 'ROLLBACK' } = parse(stopServiceDeploymentSchema, input);
  if (stopType !== 'ROLLBACK') {
    throw new AwsError('InvalidParameterException', `Unsupported stopType ${stopType}.`);
  }
  const record = findServiceDeployment(context, serviceDeploymentArn);
  if (!record) {
    throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.');
  }
  if (hasEnded(record)) {
    throw new AwsError(
      'ConflictException',
      `The service deployment is in the state ${record.status} and cannot be stopped.`,
    );
  }
  const primary = record.service.deployments[0];
  if (
    primary?.serviceDeployment === record &&
    (record.status === 'PENDING' || record.status === 'IN_PROGRESS')
  ) {
    requestRollback(context, primary);
  }
  return { serviceDeploymentArn };
}

function services(context: Context): ServiceRecord[] {
  return [...context.state.services.values()];
}

/** A service deployment by its ARN. */
export function findServiceDeployment(
  context: Context,
  arn: string,
): ServiceDeploymentRecord | undefined {
  return services(context)
    .flatMap((service) => service.serviceDeployments)
    .find((record) => record.arn === arn);
}

function lookUp<T>(
  arns: readonly string[],
  get: (arn: string) => T | undefined,
): { found: T[]; failures: Failure[] } {
  const found: T[] = [];
  const failures: Failure[] = [];
  for (const arn of arns) {
    const record = get(arn);
    if (record) found.push(record);
    else failures.push({ arn, reason: 'MISSING' });
  }
  return { found, failures };
}
