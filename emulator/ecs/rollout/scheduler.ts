import type { Context } from '../context.js';
import { addEvent, taskList } from '../events.js';
import { refreshMissing } from '../images.js';
import type { DeploymentRecord, ServiceRecord, TaskRecord, TrafficShift } from '../model.js';
import { launchTask, stopTask, type TaskListener } from '../task-lifecycle.js';
import { failureThreshold, resetsOnHealthyTask } from './circuit-breaker.js';
import { rollBack, STOP_ROLLBACK_REASON, tripBreaker } from './rollback.js';
import { planRolling } from './rolling.js';
import { advance, finish, hasEnded } from './service-deployments.js';
import { planShiftTasks } from './shift-tasks.js';
import { completeDeployment } from './start.js';
import { isShifting, watchTasks } from './traffic-shift.js';
import { reconcileTaskSets } from './task-sets.js';

// Rounds of failures in a row that are restarted at once.
const UNTHROTTLED_ROUNDS = 3;

/** Lets the service scheduler look at the service after its reaction time; several calls count once. */
export function wake(context: Context, service: ServiceRecord): void {
  if (service.reconcileQueued) return;
  service.reconcileQueued = true;
  context.after(context.timings.schedulerMs, () => {
    service.reconcileQueued = false;
    reconcile(context, service);
  });
}

/** The service scheduler's ear at its tasks. */
export function listenerOf(context: Context): TaskListener {
  return {
    changed(task) {
      if (task.deployment) wake(context, task.deployment.service);
    },
    becameHealthy(task) {
      if (task.deployment) onHealthy(context, task.deployment, task);
    },
    failed(task) {
      if (task.deployment) onFailure(context, task.deployment, task);
    },
  };
}

/** Tasks of the service that are not stopped. */
export function tasksOfService(context: Context, service: ServiceRecord): TaskRecord[] {
  return [...context.state.tasks.values()].filter(
    (task) => task.deployment?.service === service && task.lastStatus !== 'STOPPED',
  );
}

/** A rollback that somebody asked for starts with the scheduler's next look. */
export function requestRollback(
  context: Context,
  primary: DeploymentRecord,
  reason = STOP_ROLLBACK_REASON,
): void {
  advance(context, primary.serviceDeployment, 'ROLLBACK_REQUESTED');
  primary.serviceDeployment.requestedRollback = reason;
  wake(context, primary.service);
}

function reconcile(context: Context, service: ServiceRecord): void {
  const tasks = tasksOfService(context, service);
  if (service.status === 'DRAINING') {
    drain(context, service, tasks);
    return;
  }
  if (service.status === 'ACTIVE' && service.controller === 'CODE_DEPLOY') {
    reconcileTaskSets(context, service, tasks, { launch: launchTasks, stop: stopTasks });
    return;
  }
  const primary = service.deployments[0];
  if (service.status !== 'ACTIVE' || primary?.serviceDeployment.status === 'PENDING') return;
  if (!primary) return;
  if (primary.serviceDeployment.status === 'ROLLBACK_REQUESTED') {
    rollBack(context, primary, primary.serviceDeployment.requestedRollback ?? '');
    wake(context, service);
    return;
  }
  const { serviceDeployment } = primary;
  if (serviceDeployment.shift && serviceDeployment.shift.stage !== 'CLEAN_UP') {
    if (isShifting(serviceDeployment)) {
      shiftTasks(context, primary, serviceDeployment.shift, tasks);
      watchTasks(context, primary, tasksOfService(context, service));
      return;
    }
    // On the way back, tasks are touched only once the traffic is.
    if (!hasEnded(serviceDeployment)) return;
  }
  applyStep(context, primary, tasks);
  settle(context, primary, tasksOfService(context, service));
}

function applyStep(context: Context, primary: DeploymentRecord, tasks: TaskRecord[]): void {
  const { service } = primary;
  // "A deployment in a FAILED state doesn't launch any new tasks", and nothing replaces the old ones.
  if (primary.rolloutState === 'FAILED' && service.desiredCount > 0) return;
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.deploymentConfiguration;
  const step = planRolling({
    desiredCount: service.desiredCount,
    minimumHealthyPercent,
    maximumPercent,
    primary: tasks.filter((task) => task.deployment === primary),
    others: tasks.filter((task) => task.deployment !== primary),
  });
  if (step.stop.length > 0) stopTasks(context, primary, step.stop);
  if (step.launch > 0 && context.clock.now() >= primary.throttledUntilMs) {
    launchTasks(context, primary, step.launch);
  }
  if (step.deadlocked && !primary.warnedDeadlock) {
    primary.warnedDeadlock = true;
    addEvent(
      context,
      service,
      'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
    );
  }
}

/** Keeps both revisions up while traffic is being shifted. */
function shiftTasks(
  context: Context,
  primary: DeploymentRecord,
  shift: TrafficShift,
  tasks: readonly TaskRecord[],
): void {
  const { launches, stop } = planShiftTasks(primary, shift, tasks);
  if (stop.length > 0) stopTasks(context, primary, stop);
  for (const { deployment, count } of launches) {
    if (context.clock.now() >= deployment.throttledUntilMs) launchTasks(context, deployment, count);
  }
}

function launchTasks(context: Context, primary: DeploymentRecord, count: number): void {
  const { service, revision } = primary;
  refreshMissing(context, revision.images);
  const { workload } = revision;
  const tasks = Array.from({ length: count }, () =>
    launchTask(
      context,
      {
        cluster: service.cluster,
        taskDefinition: workload.taskDefinition,
        images: revision.images,
        deployment: primary,
        group: `service:${service.name}`,
        startedBy: primary.id,
        launchType: workload.launchType,
        capacityProviderName: workload.capacityProviderStrategy?.[0]?.capacityProvider,
        networkConfiguration: workload.networkConfiguration,
        enableExecuteCommand: service.enableExecuteCommand,
      },
      listenerOf(context),
    ),
  );
  primary.failedSinceLaunch = false;
  primary.updatedAtMs = context.clock.now();
  service.steady = false;
  addEvent(context, service, `has started ${count} tasks: ${taskList(tasks)}.`);
}

function stopTasks(
  context: Context,
  primary: DeploymentRecord,
  tasks: readonly TaskRecord[],
): void {
  const { service } = primary;
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  const draining = running.filter((task) => task.loadBalancers.length > 0);
  if (draining.length > 0) {
    for (const { targetGroupArn } of draining[0]?.loadBalancers ?? []) {
      const text = `deregistered ${draining.length} targets in (target-group ${targetGroupArn ?? ''})`;
      addEvent(context, service, text);
    }
    addEvent(context, service, `has begun draining connections on ${draining.length} tasks.`);
  }
  addEvent(context, service, `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`);
  for (const task of tasks) {
    stopTask(
      context,
      task,
      'ServiceSchedulerInitiated',
      `Scaling activity initiated by (deployment ${primary.id})`,
      listenerOf(context),
    );
  }
  service.steady = false;
}

/** Notices a finished rollout and the steady state. */
function settle(context: Context, primary: DeploymentRecord, tasks: readonly TaskRecord[]): void {
  const { service } = primary;
  const own = tasks.filter(
    (task) => task.deployment === primary && task.desiredStatus === 'RUNNING',
  );
  // A deployment succeeds when its revision is stable "and the previous tasks are removed" (API
  // reference, DeploymentEarlySuccessCriteria): tasks of others that are not stopped yet hold it up.
  const replaced = tasks.some((task) => task.deployment !== primary);
  const steady =
    own.length === service.desiredCount && own.every((task) => task.healthy) && !replaced;
  if (!steady || primary.rolloutState === 'FAILED') return;
  if (primary.rolloutState === 'IN_PROGRESS') completeDeployment(context, primary);
  if (!service.steady) addEvent(context, service, 'has reached a steady state.');
  service.steady = true;
}

function drain(context: Context, service: ServiceRecord, tasks: readonly TaskRecord[]): void {
  const primary = service.deployments[0] ?? service.taskSets[0];
  const live = tasks.filter((task) => task.desiredStatus === 'RUNNING');
  if (primary && live.length > 0) stopTasks(context, primary, live);
  if (tasks.length > 0) return;
  for (const deployment of service.serviceDeployments) {
    if (!hasEnded(deployment)) finish(context, deployment, 'STOPPED', 'The service was deleted.');
  }
  service.status = 'INACTIVE';
  service.deployments = [];
  service.taskSets = [];
}

function onHealthy(context: Context, deployment: DeploymentRecord, task: TaskRecord): void {
  const { serviceDeployment, service } = deployment;
  deployment.failedTasks = 0;
  deployment.failedRounds = 0;
  const breaker = serviceDeployment.configuration.deploymentCircuitBreaker;
  const forward = !hasEnded(serviceDeployment) && !serviceDeployment.rollback;
  if (forward && resetsOnHealthyTask(breaker)) {
    serviceDeployment.failureCount = 0;
  }
  for (const { targetGroupArn } of task.loadBalancers) {
    addEvent(context, service, `registered 1 targets in (target-group ${targetGroupArn ?? ''})`);
  }
}

function onFailure(context: Context, deployment: DeploymentRecord, task: TaskRecord): void {
  const { service } = deployment;
  service.steady = false;
  describeFailure(context, service, task);
  if (deployment.taskSet !== undefined) {
    deployment.failedTasks += 1;
    throttle(context, deployment);
    return;
  }
  if (service.status !== 'ACTIVE' || service.deployments[0] !== deployment) return;
  throttle(context, deployment);
  if (deployment.rolloutState !== 'IN_PROGRESS') return;
  deployment.failedTasks += 1;
  deployment.updatedAtMs = context.clock.now();
  const { serviceDeployment } = deployment;
  if (!serviceDeployment.rollback) serviceDeployment.failureCount += 1;
  const breaker = serviceDeployment.configuration.deploymentCircuitBreaker;
  if (!breaker?.enable || serviceDeployment.status === 'ROLLBACK_REQUESTED') return;
  const failures = serviceDeployment.rollback
    ? deployment.failedTasks
    : serviceDeployment.failureCount;
  if (failures >= failureThreshold(breaker, service.desiredCount)) {
    tripBreaker(context, deployment);
    wake(context, service);
  }
}

// Developer Guide, "Viewing Amazon ECS service event messages".
function describeFailure(context: Context, service: ServiceRecord, task: TaskRecord): void {
  const reason = task.stoppedReason ?? '';
  if (task.stopCode === 'TaskFailedToStart') {
    addEvent(context, service, `was unable to place a task. Reason: ${reason}.`);
  } else if (reason.startsWith('Task failed container health checks')) {
    addEvent(context, service, `(task ${task.id}) failed container health checks.`);
  } else if (reason.startsWith('Task failed ELB health checks')) {
    for (const { containerPort, targetGroupArn } of task.loadBalancers) {
      addEvent(
        context,
        service,
        `(port ${containerPort ?? 0}) is unhealthy in (target-group ${targetGroupArn ?? ''}) due to (reason Health checks failed).`,
      );
    }
  }
}

// Developer Guide, "Amazon ECS service throttle logic": restarts of tasks that keep failing are
// delayed longer and longer. The length of each step is not documented.
function throttle(context: Context, deployment: DeploymentRecord): void {
  if (deployment.failedSinceLaunch) return;
  deployment.failedSinceLaunch = true;
  deployment.failedRounds += 1;
  const excess = deployment.failedRounds - UNTHROTTLED_ROUNDS;
  if (excess <= 0) return;
  const { throttleFirstMs, throttleLongestMs } = context.timings;
  const delayMs = Math.min(throttleLongestMs, throttleFirstMs * 2 ** (excess - 1));
  deployment.throttledUntilMs = context.clock.now() + delayMs;
  context.after(delayMs, () => wake(context, deployment.service));
  if (excess === 1) {
    addEvent(
      context,
      deployment.service,
      'is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
    );
  }
}
