import { OperationError, toError } from '../../shared/errors.js';
import { isAccessDenied } from '../aws/calls.js';
import { shortName } from '../model.js';
import type { DeployPorts } from '../ports.js';
import type { OneOffTask } from './ports.js';
import { toleratedFailures, untilNextLook } from '../rollout/looks.js';
import type { TaskLog } from './task-log.js';

export type FollowTaskPorts = Pick<DeployPorts, 'tasks' | 'log' | 'clock' | 'random' | 'signal'>;

export interface FollowTaskRequest {
  readonly cluster: string;
  readonly arn: string;
  /** When it has exited, the task has nothing left to do. */
  readonly container: string;
  readonly taskLog: TaskLog;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
}

export type FollowedTask =
  /** `stoppedByUs`: the container was done, and others would have run on. */
  | { readonly kind: 'ended'; readonly task: OneOffTask; readonly stoppedByUs: boolean }
  | { readonly kind: 'timed-out' | 'cancelled'; readonly task: OneOffTask | undefined }
  | { readonly kind: 'lost'; readonly reason: string };

/** A new task may be unknown to ECS for a moment: its answers are eventually consistent. */
const unknownToleratedMs = 60_000;
/** A stopped task has as long as its containers' `stopTimeout` at most (120 s on Fargate). */
const stoppingToleratedMs = 150_000;

/**
 * Follows a task to its end and prints its log meanwhile. A time-out and a cancelled job stop the
 * task; the first waits for its end, the second has no time to.
 */
export async function followTask(
  ports: FollowTaskPorts,
  request: FollowTaskRequest,
): Promise<FollowedTask> {
  const { clock, log, signal } = ports;
  const { taskLog } = request;
  const startedMs = clock.now();
  const deadlineMs = startedMs + request.timeoutMinutes * 60_000;
  const isCancelled = (): boolean => signal.aborted;
  const narrate = narrator(ports, request.arn);
  let task: OneOffTask | undefined;
  let failures = 0;
  let stopped: 'done' | 'timed-out' | undefined;

  for (;;) {
    const lookedAtMs = clock.now();
    try {
      task = (await ports.tasks.look(request.cluster, request.arn)) ?? task;
      failures = 0;
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof OperationError)) throw thrown;
      if (failures > toleratedFailures || isAccessDenied(thrown)) {
        return { kind: 'lost', reason: thrown.message };
      }
      log.warning(`cannot look at the task: ${thrown.message}`);
    }
    await taskLog.pump();
    if (task === undefined && lookedAtMs - startedMs > unknownToleratedMs) {
      return { kind: 'lost', reason: 'ECS does not know the task' };
    }
    if (task !== undefined) narrate(task);
    if (task !== undefined && isOver(task, request.container)) {
      await drain(ports, taskLog);
      return stopped === 'timed-out'
        ? { kind: 'timed-out', task }
        : { kind: 'ended', task, stoppedByUs: stopped === 'done' };
    }
    if (isCancelled()) return cancelled(task);
    if (stopped !== 'timed-out' && lookedAtMs >= deadlineMs) {
      stopped = 'timed-out';
      await stop(ports, request, `not done within ${request.timeoutMinutes} minutes`);
    } else if (stopped === undefined && task !== undefined && isDone(task, request.container)) {
      stopped = 'done';
      await stop(ports, request, `container ${request.container} is done`);
    }
    if (lookedAtMs >= deadlineMs + stoppingToleratedMs) return { kind: 'timed-out', task };
    const { pollIntervalSeconds } = request;
    const next = await untilNextLook(ports, { lookedAtMs, pollIntervalSeconds });
    if (next === 'cancelled') return cancelled(task);
  }

  async function cancelled(last: OneOffTask | undefined): Promise<FollowedTask> {
    await stop(ports, request, 'the job was cancelled');
    await taskLog.pump();
    return { kind: 'cancelled', task: last };
  }
}

/** Its container's exit code is known, and nothing of the task goes on. */
function isOver(task: OneOffTask, container: string): boolean {
  if (task.lastStatus === 'STOPPED') return true;
  return task.lastStatus === 'DEPROVISIONING' && exitCodeOf(task, container) !== undefined;
}

/** The container has exited, but was not essential: the others keep the task running. */
function isDone(task: OneOffTask, container: string): boolean {
  return task.desiredStatus === 'RUNNING' && exitCodeOf(task, container) !== undefined;
}

function exitCodeOf(task: OneOffTask, container: string): number | undefined {
  return task.containers.find(({ name }) => name === container)?.exitCode;
}

async function stop(
  ports: FollowTaskPorts,
  request: FollowTaskRequest,
  reason: string,
): Promise<void> {
  const { arn, cluster } = request;
  ports.log.info(`stopping task ${shortName(arn)}: ${reason}`);
  try {
    await ports.tasks.stop(cluster, arn, `infra-actions: ${reason}`);
  } catch (thrown) {
    ports.log.warning(
      `the task goes on: ${toError(thrown).message}; to stop it: aws ecs stop-task --cluster ${cluster} --task ${arn}`,
    );
  }
}

/** The last lines reach CloudWatch a moment after the container's end. */
async function drain({ clock }: FollowTaskPorts, taskLog: TaskLog): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await clock.sleep(500);
    if (!(await taskLog.pump())) return;
  }
}

/** Tells each state once. */
function narrator({ log }: FollowTaskPorts, arn: string): (task: OneOffTask) => void {
  let told = '';
  return ({ lastStatus }) => {
    if (lastStatus === told) return;
    told = lastStatus;
    log.info(`task ${shortName(arn)}: ${lastStatus.toLowerCase()}`);
  };
}
