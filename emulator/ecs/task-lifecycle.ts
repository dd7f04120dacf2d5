import type { TaskStopCode } from '@aws-sdk/client-ecs';
import { writeLogs } from './container-logs.js';
import type { Context } from './context.js';
import { pullError } from './images.js';
import type { ContainerRecord, TaskRecord, TaskStatus } from './model.js';
import { newTask, type TaskSpec } from './new-task.js';

// The states and their order: Developer Guide, "Amazon ECS task lifecycle". ACTIVATING is left out:
// no load balancer or registry is really attached.

/** What the service scheduler is told about a task; a one-off task has no listener. */
export interface TaskListener {
  /** The task failed by itself: it could not start, an essential container exited, or a check failed. */
  failed(task: TaskRecord): void;
  becameHealthy(task: TaskRecord): void;
  /** Any change of state. */
  changed(task: TaskRecord): void;
}

const nobody: TaskListener = {
  failed: () => undefined,
  becameHealthy: () => undefined,
  changed: () => undefined,
};

/** Starts a task and schedules its life by its containers' fates. */
export function launchTask(
  context: Context,
  spec: TaskSpec,
  listener: TaskListener = nobody,
): TaskRecord {
  const task = newTask(context, spec);
  context.state.tasks.set(task.arn, task);
  later(context, task, context.timings.provisioningMs, () => {
    task.pullStartedAtMs = context.clock.now();
    move(task, 'PENDING', listener);
    later(context, task, context.timings.pullMs, () => start(context, task, listener));
  });
  return task;
}

function start(context: Context, task: TaskRecord, listener: TaskListener): void {
  for (const container of task.containers) {
    if (container.fate.kind === 'secrets-failure') {
      stopTask(context, task, 'TaskFailedToStart', unreadableSecret(task), listener);
      listener.failed(task);
      return;
    }
    const reason = pullError(container, task.taskDefinition);
    if (reason === undefined) continue;
    container.reason = reason;
    stopTask(context, task, 'TaskFailedToStart', reason, listener);
    listener.failed(task);
    return;
  }
  const slowMs = Math.max(
    0,
    ...task.containers.map(({ fate }) => (fate.kind === 'slow' ? fate.seconds * 1000 : 0)),
  );
  later(context, task, slowMs, () => run(context, task, listener));
}

/** In the words of Developer Guide, "Amazon ECS stopped tasks error messages". */
function unreadableSecret(task: TaskRecord): string {
  const role = task.taskDefinition.definition.executionRoleArn ?? 'ecsTaskExecutionRole';
  return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: ${role} is not authorized to perform: ssm:GetParameters`;
}

function run(context: Context, task: TaskRecord, listener: TaskListener): void {
  task.pullStoppedAtMs = context.clock.now();
  task.startedAtMs = context.clock.now();
  for (const container of task.containers) {
    container.lastStatus = 'RUNNING';
    container.runtimeId = `${task.id}-${String(Math.floor(Math.random() * 1e10)).padStart(10, '0')}`;
    log(context, task, container);
  }
  move(task, 'RUNNING', listener);
  scheduleHealth(context, task, listener);
  // A fate may strike at once, and stopping a task cancels all that is scheduled for it.
  for (const container of task.containers) {
    if (task.desiredStatus === 'RUNNING') scheduleFate(context, task, container, listener);
  }
}

/** All lines at once, or one after the other while the container runs. */
function log(context: Context, task: TaskRecord, container: ContainerRecord): void {
  const { logEverySeconds, logLines } = container;
  if (logEverySeconds === 0) {
    writeLogs(context, task, container, logLines);
    return;
  }
  logLines.forEach((line, index) => {
    later(context, task, index * logEverySeconds * 1000, () =>
      writeLogs(context, task, container, [line]),
    );
  });
}

function scheduleFate(
  context: Context,
  task: TaskRecord,
  container: ContainerRecord,
  listener: TaskListener,
): void {
  const { fate } = container;
  if (fate.kind === 'crash') {
    const afterMs =
      fate.afterSeconds === undefined ? context.timings.crashAfterMs : fate.afterSeconds * 1000;
    later(context, task, afterMs, () => exit(context, task, container, fate.exitCode, listener));
  } else if (!task.deployment && isEssential(container)) {
    later(context, task, context.timings.oneOffMs, () =>
      exit(context, task, container, 0, listener),
    );
  }
}

function exit(
  context: Context,
  task: TaskRecord,
  container: ContainerRecord,
  exitCode: number,
  listener: TaskListener,
): void {
  container.lastStatus = 'STOPPED';
  container.exitCode = exitCode;
  if (exitCode === 137) {
    container.reason = 'OutOfMemoryError: Container killed due to memory usage';
  }
  if (exitCode !== 0 && container.logLines.length === 0) {
    writeLogs(context, task, container, [
      `emulator: container ${container.definition.name ?? ''} exited with code ${exitCode}`,
    ]);
  }
  if (!isEssential(container)) {
    listener.changed(task);
    return;
  }
  stopTask(
    context,
    task,
    'EssentialContainerExited',
    'Essential container in task exited',
    listener,
  );
  listener.failed(task);
}

function isEssential(container: ContainerRecord): boolean {
  return container.definition.essential !== false;
}

/**
 * A service's task is healthy when its container health checks and its load balancer say so
 * (Developer Guide, "Determine Amazon ECS task health using container health checks"). Without
 * either, nothing but an exit shows ECS that it is not: it counts as healthy after a moment.
 */
function scheduleHealth(context: Context, task: TaskRecord, listener: TaskListener): void {
  const checked = task.containers.filter((container) => container.definition.healthCheck);
  let healthyAfterMs = context.timings.settleMs;
  for (const container of checked) {
    const { interval = 30, retries = 3, startPeriod = 0 } = container.definition.healthCheck ?? {};
    if (container.fate.kind === 'never-healthy') {
      later(context, task, (startPeriod + interval * retries) * 1000, () => {
        container.healthStatus = 'UNHEALTHY';
        if (isEssential(container))
          fail(context, task, 'Task failed container health checks', listener);
        else listener.changed(task);
      });
      if (isEssential(container)) healthyAfterMs = Infinity;
    } else {
      healthyAfterMs = Math.max(healthyAfterMs, interval * 1000);
      later(context, task, interval * 1000, () => {
        container.healthStatus = 'HEALTHY';
        listener.changed(task);
      });
    }
  }
  for (const balancer of task.loadBalancers) {
    const target = task.containers.find(
      ({ definition }) => definition.name === balancer.containerName,
    );
    if (target?.fate.kind === 'never-healthy') {
      healthyAfterMs = Infinity;
      const graceMs = (task.deployment?.service.healthCheckGracePeriodSeconds ?? 0) * 1000;
      const group = balancer.targetGroupArn ?? balancer.loadBalancerName ?? '';
      later(context, task, graceMs + context.timings.targetUnhealthyMs, () =>
        fail(context, task, `Task failed ELB health checks in (target-group ${group})`, listener),
      );
    } else {
      healthyAfterMs = Math.max(healthyAfterMs, context.timings.targetHealthyMs);
    }
  }
  if (healthyAfterMs === Infinity) return;
  later(context, task, healthyAfterMs, () => {
    task.healthy = true;
    listener.becameHealthy(task);
    listener.changed(task);
  });
}

// Only a service's scheduler replaces unhealthy tasks; a one-off task runs on.
function fail(context: Context, task: TaskRecord, reason: string, listener: TaskListener): void {
  if (!task.deployment) return;
  stopTask(context, task, 'ServiceSchedulerInitiated', reason, listener);
  listener.failed(task);
}

/** Takes a task through its last states; does nothing for one that is on its way already. */
export function stopTask(
  context: Context,
  task: TaskRecord,
  code: TaskStopCode,
  reason: string,
  listener: TaskListener = nobody,
): void {
  if (task.desiredStatus === 'STOPPED') return;
  for (const cancel of task.cancels.splice(0)) cancel();
  const wasRunning = task.lastStatus === 'RUNNING';
  task.desiredStatus = 'STOPPED';
  task.healthy = false;
  task.stopCode = code;
  task.stoppedReason = reason;
  task.stoppingAtMs = context.clock.now();
  const drainMs = wasRunning && task.loadBalancers.length > 0 ? context.timings.drainMs : 0;
  const stoppingMs = wasRunning ? context.timings.stoppingMs : 0;
  if (drainMs > 0) move(task, 'DEACTIVATING', listener);
  later(context, task, drainMs, () => {
    if (wasRunning) move(task, 'STOPPING', listener);
    later(context, task, stoppingMs, () => {
      task.executionStoppedAtMs = context.clock.now();
      for (const container of task.containers) {
        // A container that had to be told to stop ends on SIGTERM.
        if (container.lastStatus === 'RUNNING') container.exitCode ??= 143;
        container.lastStatus = 'STOPPED';
      }
      move(task, 'DEPROVISIONING', listener);
      later(context, task, context.timings.deprovisioningMs, () => {
        task.stoppedAtMs = context.clock.now();
        move(task, 'STOPPED', listener);
        context.after(context.timings.stoppedTaskRetentionMs, () => {
          context.state.tasks.delete(task.arn);
          context.state.tags.delete(task.arn);
        });
      });
    });
  });
  listener.changed(task);
}

function move(task: TaskRecord, status: TaskStatus, listener: TaskListener): void {
  task.lastStatus = status;
  task.version += 1;
  listener.changed(task);
}

function later(context: Context, task: TaskRecord, delayMs: number, run: () => void): void {
  if (delayMs <= 0) run();
  else task.cancels.push(context.after(delayMs, run));
}
