import type { ErrorCode } from '@aws-sdk/client-codedeploy';
import { allAtOnce, requireConfig } from './configs.js';
import { type Context, deploymentId } from './context.js';
import type { DeploymentRecord, LifecycleEventRecord } from './model.js';
import { taskSetsOf } from './targets.js';

// States, messages and the two ends of `rollbackInfo`: seen on AWS with ECSLinear10PercentEvery1Minutes
// and a firing alarm; User Guide, "Redeploy and roll back a deployment with CodeDeploy".

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Stopped']);

export function hasEnded(deployment: DeploymentRecord): boolean {
  return ENDED.has(deployment.status);
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A lifecycle event failed: the deployment is over, and goes back where the group says so. */
export function fail(context: Context, deployment: DeploymentRecord, failure: Failure): void {
  end(context, deployment, 'Failed', failure);
  if (rollsBackOn(deployment, 'DEPLOYMENT_FAILURE')) rollBack(context, deployment);
}

/** A stop by hand or by an alarm; `rollback` undefined: as the deployment group says. */
export function stop(
  context: Context,
  deployment: DeploymentRecord,
  failure: Failure,
  rollback?: boolean,
): void {
  const event =
    failure.code === 'ALARM_ACTIVE' ? 'DEPLOYMENT_STOP_ON_ALARM' : 'DEPLOYMENT_STOP_ON_REQUEST';
  end(context, deployment, 'Stopped', failure);
  if (rollback ?? rollsBackOn(deployment, event)) rollBack(context, deployment);
}

export function succeed(context: Context, deployment: DeploymentRecord): void {
  end(context, deployment, 'Succeeded', undefined);
  deployment.group.lastSuccessful = deployment;
}

function end(
  context: Context,
  deployment: DeploymentRecord,
  status: 'Succeeded' | 'Failed' | 'Stopped',
  failure: Failure | undefined,
): void {
  const now = context.clock.now();
  deployment.status = status;
  deployment.completedAtMs = now;
  deployment.updatedAtMs = now;
  delete deployment.waitsFor;
  if (failure !== undefined) deployment.error = failure;
  for (const event of deployment.events) {
    if (event.status === 'InProgress') {
      event.status = 'Failed';
      event.endMs = now;
    } else if (event.status === 'Pending') event.status = 'Skipped';
  }
  deployment.finalTaskSets = taskSetsOf(context, deployment);
}

function rollsBackOn(deployment: DeploymentRecord, event: string): boolean {
  const { enabled, events } = deployment.autoRollback ?? {};
  return enabled === true && (events ?? []).some((candidate) => candidate === event);
}

/**
 * "Rerouting traffic from the replacement task set to the original task set", as a deployment of
 * its own (User Guide, "Redeployments and deployment rollbacks"). Before `Install` there is nothing
 * to go back from: "A rollback is not possible at this point" (AppSpec hooks, BeforeInstall).
 */
function rollBack(context: Context, failed: DeploymentRecord): void {
  if (failed.greenId === undefined || failed.creator === 'codeDeployRollback') return;
  const now = context.clock.now();
  const rollback: DeploymentRecord = {
    id: deploymentId(),
    group: failed.group,
    config: requireConfig(context, allAtOnce),
    revision: failed.previousRevision ?? failed.revision,
    previousRevision: failed.revision,
    description: undefined,
    creator: 'codeDeployRollback',
    autoRollback: undefined,
    alarms: undefined,
    createdAtMs: now,
    updatedAtMs: now,
    events: failed.events.map(({ name }): LifecycleEventRecord => ({ name, status: 'Pending' })),
    status: 'Created',
    terminationWaitStarted: false,
    ...(failed.blueId === undefined ? {} : { blueId: failed.blueId }),
    greenId: failed.greenId,
    greenWeight: failed.greenWeight,
    stopRequested: false,
  };
  rollback.rollback = {
    rollbackTriggeringDeploymentId: failed.id,
    rollbackMessage: `Deployment ${rollback.id} is triggered to roll back deployment ${failed.id}.`,
  };
  failed.rollback = {
    rollbackDeploymentId: rollback.id,
    rollbackMessage: `Deployment ${failed.id} terminated. Automatic rollback is triggered with a DeploymentId ${rollback.id}.`,
  };
  context.state.deployments.set(rollback.id, rollback);
  failed.group.lastAttempted = rollback;
  context.after(context.timings.startMs, () => {
    rollback.status = 'InProgress';
    rollback.startedAtMs = context.clock.now();
    for (const event of rollback.events) event.status = 'InProgress';
  });
  context.after(context.timings.rollbackMs, () => finishRollback(context, rollback));
}

function finishRollback(context: Context, rollback: DeploymentRecord): void {
  const { rollbackFailure } = context.state;
  if (rollbackFailure !== undefined) {
    end(context, rollback, 'Failed', { code: 'ECS_UPDATE_ERROR', message: rollbackFailure });
    return;
  }
  const { cluster, service } = rollback.group.settings;
  rollback.greenWeight = 0;
  if (rollback.blueId !== undefined)
    context.taskSets.makePrimary(cluster, service, rollback.blueId);
  if (rollback.greenId !== undefined) context.taskSets.drain(cluster, service, rollback.greenId);
  const now = context.clock.now();
  for (const event of rollback.events) {
    event.status = 'Succeeded';
    event.startMs = rollback.startedAtMs ?? now;
    event.endMs = now;
  }
  succeed(context, rollback);
}
