import { OperationError } from '../../shared/errors.js';
import type { JsonObject } from '../model.js';
import { shortName } from '../model.js';
import type { DeployPorts } from '../ports.js';
import type { Diagnosis } from '../rollout/diagnosis.js';
import { explainEnd, explainPlacement, noContainer } from './explain.js';
import { followTask, type FollowedTask } from './follow-task.js';
import type { OneOffTask, RunTaskRequest, StartedTask } from './ports.js';
import { openTaskLog, type TaskLog } from './task-log.js';

export interface OneOffRequest extends RunTaskRequest {
  /** Of `taskDefinitionArn`: it names the logs, and explains a failure. */
  readonly definition: JsonObject;
  readonly pollIntervalSeconds: number;
  readonly timeoutMinutes: number;
  /** How many last lines the result keeps. */
  readonly logLines: number;
}

export interface OneOffResult {
  readonly outcome: 'succeeded' | 'failed' | 'timed-out' | 'cancelled';
  /** As it was seen last. */
  readonly task: OneOffTask | undefined;
  /** Absent where ECS did not start the task. */
  readonly taskArn: string | undefined;
  readonly container: string;
  /** Of `container`; absent where it never ran, or was not waited for. */
  readonly exitCode: number | undefined;
  /** Absent on success, and where the job was cancelled. */
  readonly diagnosis: Diagnosis | undefined;
  /** Of `container`, or of the one to blame; oldest first. */
  readonly lastLines: readonly string[];
  readonly durationSeconds: number;
}

type Ports = Pick<DeployPorts, 'tasks' | 'logs' | 'log' | 'clock' | 'random' | 'redact' | 'signal'>;

/**
 * Runs one task to its end, with its log in the job's; the exit code of the container decides.
 * Whatever goes wrong is in the result, also where AWS refuses the task: who asked for it decides
 * what follows.
 */
export async function runOneOff(ports: Ports, request: OneOffRequest): Promise<OneOffResult> {
  const { container } = request.overrides;
  const startedMs = ports.clock.now();
  const result = (
    outcome: OneOffResult['outcome'],
    more: Partial<OneOffResult> = {},
  ): OneOffResult => ({
    outcome,
    taskArn: undefined,
    task: undefined,
    container,
    exitCode: undefined,
    diagnosis: undefined,
    lastLines: [],
    durationSeconds: (ports.clock.now() - startedMs) / 1000,
    ...more,
  });
  if (ports.signal.aborted) return result('cancelled');

  const started = await start(ports, request);
  if (!('arn' in started)) return result('failed', { diagnosis: started });
  const { arn } = started;
  ports.log.info(`started task ${shortName(arn)} of ${shortName(request.taskDefinitionArn)}`);
  const taskLog = openTaskLog(ports, {
    definition: request.definition,
    taskId: shortName(arn),
    keptLines: request.logLines,
  });
  const followed = await followTask(ports, { ...request, arn, container, taskLog });
  const diagnosis = explain(followed, request, taskLog);
  return result(outcomeOf(followed, diagnosis), {
    taskArn: arn,
    task: followed.kind === 'lost' ? undefined : followed.task,
    exitCode: exitCodeOf(followed, container),
    diagnosis,
    lastLines: taskLog.lastLines(diagnosis?.container ?? container),
  });
}

async function start(
  ports: Ports,
  request: OneOffRequest,
): Promise<Extract<StartedTask, { kind: 'started' }> | Diagnosis> {
  try {
    const started = await ports.tasks.run(request);
    return started.kind === 'started' ? started : explainPlacement(started.failures);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return noContainer({
      code: 'task-refused',
      cause: thrown.message,
      hint: /PassRole/.test(thrown.message)
        ? 'the role needs iam:PassRole for the task’s roles'
        : undefined,
    });
  }
}

function explain(
  followed: FollowedTask,
  request: OneOffRequest,
  taskLog: TaskLog,
): Diagnosis | undefined {
  const { container } = request.overrides;
  switch (followed.kind) {
    case 'ended':
      return explainEnd({
        ...followed,
        definition: request.definition,
        container,
        lastLines: (name) => taskLog.lastLines(name),
      });
    case 'timed-out':
      return {
        ...noContainer({
          code: 'task-timed-out',
          cause: `the task was not done within ${request.timeoutMinutes} minutes, and was stopped`,
          lastLogLine: taskLog.lastLines(container).findLast((line) => line.trim() !== ''),
        }),
        container,
        failedTasks: 1,
      };
    case 'lost':
      return noContainer({
        code: 'task-lost',
        cause: `nobody can look at the task any more, and it may go on: ${followed.reason}`,
      });
    case 'cancelled':
      return undefined;
  }
}

function outcomeOf(
  followed: FollowedTask,
  diagnosis: Diagnosis | undefined,
): OneOffResult['outcome'] {
  if (followed.kind === 'timed-out' || followed.kind === 'cancelled') return followed.kind;
  return diagnosis === undefined ? 'succeeded' : 'failed';
}

function exitCodeOf(followed: FollowedTask, container: string): number | undefined {
  if (followed.kind === 'lost') return undefined;
  return followed.task?.containers.find(({ name }) => name === container)?.exitCode;
}
