import { shortName, type JsonObject, type Task, type TaskContainer } from '../model.js';
import { awslogsOf, findContainer, textOf } from '../definition/task-definition.js';

/** A task of our revision that ended against its will. */
export interface FailedTask {
  readonly id: string;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
  readonly containers: readonly TaskContainer[];
  /** The container whose end explains the task's. */
  readonly culprit: TaskContainer | undefined;
  /** Of the culprit, oldest first. */
  readonly logLines: readonly string[];
}

/**
 * Whether a stopped task is a failure: not one that ECS stopped because the service needed fewer
 * tasks, nor one that a person stopped (Developer Guide, "Amazon ECS stopped tasks error
 * messages").
 */
export function isFailure(task: Task): boolean {
  if (task.stopCode === 'UserInitiated') return false;
  return !(task.stoppedReason ?? '').startsWith('Scaling activity initiated by');
}

/**
 * The container to blame: one with a reason of its own, one that exited with an error, one that
 * is unhealthy, or the only essential one that exited; a sidecar that was merely stopped along
 * with it (exit 143 or 137 after SIGTERM) comes last.
 */
export function findCulprit(task: Task, definition: JsonObject): TaskContainer | undefined {
  const essential = (container: TaskContainer): boolean =>
    findContainer(definition, container.name)?.['essential'] !== false;
  const rank = (container: TaskContainer): number => {
    const { exitCode, reason, healthStatus } = container;
    const stoppedAlong = exitCode === 143 || exitCode === 137;
    if (reason !== undefined && /OutOfMemory/.test(reason)) return 0;
    if (exitCode !== undefined && exitCode !== 0 && !stoppedAlong && essential(container)) return 1;
    if (reason !== undefined && exitCode === undefined) return 2;
    if (healthStatus === 'UNHEALTHY') return 3;
    if (stoppedAlong && essential(container)) return 4;
    if (exitCode !== undefined && exitCode !== 0) return 5;
    if (exitCode === 0 && essential(container)) return 6;
    return 7;
  };
  const [first] = [...task.containers].sort((left, right) => rank(left) - rank(right));
  return first !== undefined && rank(first) < 7 ? first : task.containers[0];
}

export function toFailedTask(
  task: Task,
  culprit: TaskContainer | undefined,
  logLines: readonly string[],
): FailedTask {
  return {
    id: shortName(task.arn),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    createdAtMs: task.createdAtMs,
    startedAtMs: task.startedAtMs,
    stoppedAtMs: task.stoppedAtMs,
    containers: task.containers,
    culprit,
    logLines,
  };
}

/** Where a container of a task logs to. */
export interface LogStream {
  readonly group: string;
  readonly stream: string;
  readonly region: string | undefined;
}

/**
 * The stream `prefix/container/task-id` of the awslogs driver (Developer Guide, "Send Amazon ECS
 * logs to CloudWatch"); `undefined` for another driver or without a prefix.
 */
export function logStreamOf(
  definition: JsonObject,
  container: string,
  taskId: string,
): LogStream | undefined {
  const options = awslogsOf(findContainer(definition, container) ?? {});
  const group = textOf(options?.['awslogs-group']);
  const prefix = textOf(options?.['awslogs-stream-prefix']);
  if (group === undefined || prefix === undefined) return undefined;
  return {
    group,
    stream: `${prefix}/${container}/${taskId}`,
    region: textOf(options?.['awslogs-region']),
  };
}

/** How a failed task ended, without its id, so that equal ends can be told together. */
export function describeEnd(task: FailedTask): string {
  const { culprit, stoppedReason, stopCode } = task;
  const parts = [
    culprit?.exitCode === undefined
      ? undefined
      : `container ${culprit.name} exited with code ${culprit.exitCode}`,
    culprit?.reason === undefined ? undefined : `${culprit.name}: ${culprit.reason}`,
    stoppedReason === culprit?.reason ? undefined : (stoppedReason ?? stopCode),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('; ');
}

export function describeFailedTask(task: FailedTask): string {
  return `task ${task.id} failed: ${describeEnd(task)}`;
}
