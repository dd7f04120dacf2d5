import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs';
import { deploymentId } from '../arns.js';
import type { Context } from '../context.js';
import type {
  RevisionCounts,
  ServiceDeploymentRecord,
  ServiceRecord,
  ServiceRevisionRecord,
  TaskRecord,
} from '../model.js';

// States and their order: Developer Guide, "View service history using Amazon ECS service
// deployments" and "Stopping Amazon ECS service deployments".

const ENDED: ReadonlySet<ServiceDeploymentStatus> = new Set<ServiceDeploymentStatus>([
  'SUCCESSFUL',
  'STOPPED',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
]);

export function hasEnded(deployment: ServiceDeploymentRecord): boolean {
  return ENDED.has(deployment.status);
}

/** A new service deployment in PENDING, put first in the service's history. */
export function newServiceDeployment(
  context: Context,
  service: ServiceRecord,
  target: ServiceRevisionRecord,
): ServiceDeploymentRecord {
  const now = context.clock.now();
  const sources = service.deployments
    .filter((deployment) =>
      tasksOfRevision(context, service, deployment.revision).some(
        (task) => task.desiredStatus === 'RUNNING',
      ),
    )
    .map((deployment) => deployment.revision);
  const record: ServiceDeploymentRecord = {
    arn: context.arns.of(
      `service-deployment/${service.cluster.name}/${service.name}/${deploymentId()}`,
    ),
    service,
    createdAtMs: now,
    updatedAtMs: now,
    target,
    sources,
    configuration: structuredClone(service.deploymentConfiguration),
    status: 'PENDING',
    breakerStatus: service.deploymentConfiguration.deploymentCircuitBreaker?.enable
      ? 'MONITORING'
      : 'DISABLED',
    failureCount: 0,
    alarmStatus: service.deploymentConfiguration.alarms?.enable ? 'MONITORING' : 'DISABLED',
    triggeredAlarms: [],
  };
  service.serviceDeployments.unshift(record);
  return record;
}

/** Moves on to a state that is not an end. */
export function advance(
  context: Context,
  deployment: ServiceDeploymentRecord,
  status: 'IN_PROGRESS' | 'STOP_REQUESTED' | 'ROLLBACK_REQUESTED' | 'ROLLBACK_IN_PROGRESS',
): void {
  deployment.status = status;
  deployment.updatedAtMs = context.clock.now();
  if (status === 'IN_PROGRESS') deployment.startedAtMs = context.clock.now();
}

/** Ends a service deployment and keeps the task counts of that moment. */
export function finish(
  context: Context,
  deployment: ServiceDeploymentRecord,
  status: 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_SUCCESSFUL' | 'ROLLBACK_FAILED',
  reason?: string,
): void {
  const now = context.clock.now();
  deployment.status = status;
  deployment.updatedAtMs = now;
  deployment.finishedAtMs = now;
  if (status === 'STOPPED') deployment.stoppedAtMs = now;
  if (reason !== undefined) deployment.statusReason = reason;
  if (deployment.breakerStatus === 'MONITORING') deployment.breakerStatus = 'MONITORING_COMPLETE';
  if (deployment.alarmStatus === 'MONITORING') deployment.alarmStatus = 'MONITORING_COMPLETE';
  deployment.finalCounts = new Map(
    [deployment.target, ...deployment.sources].map((revision) => [
      revision.arn,
      countRevision(context, deployment, revision),
    ]),
  );
}

/** Task counts of one of its revisions: now, or as they were at its end. */
export function countRevision(
  context: Context,
  deployment: ServiceDeploymentRecord,
  revision: ServiceRevisionRecord,
): RevisionCounts {
  const kept = deployment.finalCounts?.get(revision.arn);
  if (kept) return kept;
  const tasks = tasksOfRevision(context, deployment.service, revision).filter(
    (task) => task.desiredStatus === 'RUNNING',
  );
  const primary = deployment.service.deployments[0]?.revision;
  return {
    requested: revision === primary ? deployment.service.desiredCount : tasks.length,
    running: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pending: tasks.filter((task) => task.lastStatus !== 'RUNNING').length,
  };
}

function tasksOfRevision(
  context: Context,
  service: ServiceRecord,
  revision: ServiceRevisionRecord,
): TaskRecord[] {
  return [...context.state.tasks.values()].filter(
    (task) => task.deployment?.service === service && task.deployment.revision === revision,
  );
}
