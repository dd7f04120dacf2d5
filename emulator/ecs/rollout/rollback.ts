import type { Context } from '../context.js';
import { addEvent } from '../events.js';
import type { DeploymentRecord } from '../model.js';
import { advance, finish } from './service-deployments.js';
import { cancelStage, shiftBack } from './shift-back.js';

export const BREAKER_ROLLBACK_REASON =
  'Service deployment rolled back because the circuit breaker threshold was exceeded.';
const BREAKER_FAILURE_REASON =
  'Service deployment failed because the circuit breaker threshold was exceeded.';
const NO_CANDIDATE_REASON = 'No rollback candidate was found to run the rollback.';
// Ours: AWS documents the states of these, not their words.
export const CONTINUE_ROLLBACK_REASON =
  'Service deployment rolled back because ContinueServiceDeployment was called with ROLLBACK.';
export const STOP_ROLLBACK_REASON =
  'Service deployment rolled back because StopServiceDeployment was called.';

/**
 * What follows when the circuit breaker trips (Developer Guide, "How the Amazon ECS deployment
 * circuit breaker detects failures"): the deployment is FAILED and launches nothing more; with the
 * rollback option the last COMPLETED deployment takes over.
 */
export function tripBreaker(context: Context, primary: DeploymentRecord): void {
  const { service, serviceDeployment } = primary;
  serviceDeployment.breakerStatus = 'TRIGGERED';
  failDeployment(context, primary, 'ECS deployment circuit breaker: tasks failed to start.');
  addEvent(
    context,
    service,
    `(deployment ${primary.id}) deployment failed: tasks failed to start.`,
  );
  if (serviceDeployment.rollback) {
    finish(context, serviceDeployment, 'ROLLBACK_FAILED', BREAKER_ROLLBACK_REASON);
  } else if (serviceDeployment.configuration.deploymentCircuitBreaker?.rollback) {
    rollBack(context, primary, BREAKER_ROLLBACK_REASON, 'ECS deployment circuit breaker: ');
  } else {
    if (serviceDeployment.shift) cancelStage(serviceDeployment.shift);
    finish(context, serviceDeployment, 'STOPPED', BREAKER_FAILURE_REASON);
  }
}

/**
 * Gives the service back to its last completed deployment, which goes from COMPLETED to
 * IN_PROGRESS; without one the rollback fails and the service stays as it is.
 */
export function rollBack(
  context: Context,
  failed: DeploymentRecord,
  reason: string,
  prefix = '',
): void {
  const { service, serviceDeployment } = failed;
  const now = context.clock.now();
  const target = service.deployments.find(
    (deployment) => deployment !== failed && deployment.rolloutState === 'COMPLETED',
  );
  const { shift } = serviceDeployment;
  if (!target) {
    if (shift) cancelStage(shift);
    failDeployment(context, failed, failed.rolloutStateReason);
    finish(context, serviceDeployment, 'ROLLBACK_FAILED', NO_CANDIDATE_REASON);
    return;
  }
  advance(context, serviceDeployment, 'ROLLBACK_IN_PROGRESS');
  serviceDeployment.statusReason = reason;
  serviceDeployment.rollback = { reason, startedAtMs: now, revision: target.revision };
  target.rolloutState = 'IN_PROGRESS';
  target.rolloutStateReason = `${prefix}rolling back to deploymentId ${target.id}.`;
  target.updatedAtMs = now;
  target.failedTasks = 0;
  target.serviceDeployment = serviceDeployment;
  service.workload = target.revision.workload;
  service.deployments = [
    target,
    ...service.deployments.filter((deployment) => deployment !== target),
  ];
  service.steady = false;
  addEvent(context, service, `rolling back to (deployment ${target.id}).`);
  shiftBack(context, serviceDeployment);
}

/** A failed deployment "doesn't launch any new tasks" (API reference, Deployment, `rolloutState`). */
export function failDeployment(
  context: Context,
  deployment: DeploymentRecord,
  reason: string,
): void {
  deployment.rolloutState = 'FAILED';
  deployment.rolloutStateReason = reason;
  deployment.updatedAtMs = context.clock.now();
}
