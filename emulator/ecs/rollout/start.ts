import { numericId } from '../arns.js';
import type { Context } from '../context.js';
import { addEvent } from '../events.js';
import type {
  DeploymentRecord,
  ServiceDeploymentRecord,
  ServiceRecord,
  Workload,
} from '../model.js';
import type { ImageResolution } from '../ports.js';
import { advance, finish, hasEnded, newServiceDeployment } from './service-deployments.js';
import { cancelStage } from './shift-back.js';
import { enterNextStage, newShift } from './traffic-shift.js';

// AWS gives the states; these words are ours.
const SUPERSEDED = 'The service deployment was stopped because a newer service deployment started.';

/**
 * Makes a new revision the primary deployment; a rollout that is still going is superseded.
 * `wake` tells the service scheduler when the deployment has started.
 */
export function startDeployment(
  context: Context,
  service: ServiceRecord,
  workload: Workload,
  images: Map<string, ImageResolution>,
  wake: () => void,
): DeploymentRecord {
  const now = context.clock.now();
  const id = `ecs-svc/${numericId()}`;
  const running = service.deployments[0];
  const olderDeployments = [...service.deployments];
  service.workload = workload;
  const shift = newShift(context, service, olderDeployments, wake);
  const revision = {
    arn: context.arns.of(`service-revision/${service.cluster.name}/${service.name}/${numericId()}`),
    createdAtMs: now,
    workload,
    images,
    alternate: shift?.old !== undefined && !shift.old.revision.alternate,
  };
  service.revisions.push(revision);
  const serviceDeployment = newServiceDeployment(context, service, revision);
  serviceDeployment.shift = shift;
  const deployment: DeploymentRecord = {
    id,
    service,
    revision,
    createdAtMs: now,
    updatedAtMs: now,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    failedRounds: 0,
    failedSinceLaunch: false,
    throttledUntilMs: 0,
    serviceDeployment,
    warnedDeadlock: false,
  };
  if (running) supersede(context, running.serviceDeployment);
  service.deployments.unshift(deployment);
  service.steady = false;
  context.after(context.timings.deploymentStartMs, () => {
    if (serviceDeployment.status !== 'PENDING') return;
    advance(context, serviceDeployment, 'IN_PROGRESS');
    if (shift) enterNextStage(context, deployment);
    wake();
  });
  return deployment;
}

// Seen in kayac/ecspresso#899: the older service deployment ends as STOPPED, a fraction of a second
// after the newer one was created. What becomes of a rollback under way is an assumption.
function supersede(context: Context, older: ServiceDeploymentRecord): void {
  if (hasEnded(older)) return;
  if (older.shift) cancelStage(older.shift);
  const end = older.rollback ? 'ROLLBACK_FAILED' : 'STOPPED';
  if (end === 'STOPPED') advance(context, older, 'STOP_REQUESTED');
  context.after(context.timings.deploymentStartMs, () => {
    if (!hasEnded(older)) finish(context, older, end, SUPERSEDED);
  });
}

/** Ends the primary's rollout well, and drops the deployments that it replaced. */
export function completeDeployment(context: Context, primary: DeploymentRecord): void {
  const { service, serviceDeployment } = primary;
  primary.rolloutState = 'COMPLETED';
  primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
  primary.updatedAtMs = context.clock.now();
  addEvent(context, service, `(deployment ${primary.id}) deployment completed.`);
  finish(
    context,
    serviceDeployment,
    serviceDeployment.rollback ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL',
    serviceDeployment.rollback?.reason,
  );
  service.deployments = [primary];
}
