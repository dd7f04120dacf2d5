import { OperationError } from '../../shared/errors.js';
import {
  findCulprit,
  isFailure,
  logStreamOf,
  toFailedTask,
  type FailedTask,
} from './failed-tasks.js';
import { isAccessDenied } from '../aws/calls.js';
import { chunks } from '../../shared/chunks.js';
import { shortName, type JsonObject, type Task } from '../model.js';
import type { DeployPorts } from '../ports.js';

export interface EvidenceScope {
  readonly cluster: string;
  readonly serviceName: string;
  readonly taskDefinitionArn: string;
  /** `ecs-svc/…`: the same definition may have been rolled out, and have failed, before. */
  readonly deploymentId: string;
  readonly definition: JsonObject;
  readonly logLines: number;
}

/** Collects the failed tasks of one deployment, each described and its log read once. */
export interface Evidence {
  readonly failedTasks: readonly FailedTask[];
  /**
   * Looks for tasks that failed since the last look, and returns those. A task that is still
   * stopping may lack its exit code: it waits for a later look, unless this is the `last`.
   */
  gather(last: boolean): Promise<readonly FailedTask[]>;
  /**
   * Whether a task of ours runs, and has run for longer than that. True too where that cannot be
   * read, for what is not known proves nothing.
   */
  outlived(ranMs: number, nowMs: number): Promise<boolean>;
  /** Fills in what arrives late: the end of tasks that were still stopping, and their logs. */
  complete(): Promise<void>;
}

/** Logs are read of the first failed tasks, and of the last: those between say the same. */
const tasksWithLogs = 3;

type Ports = Pick<DeployPorts, 'ecs' | 'logs' | 'log'>;

/** What cannot be read is told once, and hides neither the rollout nor its verdict. */
export function collectEvidence(ports: Ports, scope: EvidenceScope): Evidence {
  const seen = new Set<string>();
  const tasks = new Map<string, Task>();
  const logs = new Map<string, readonly string[]>();
  const readLog = logReader(ports, scope);
  const tellOnce = warnOnce(ports.log, 'failed tasks cannot be read');

  const view = (task: Task): FailedTask =>
    toFailedTask(task, findCulprit(task, scope.definition), logs.get(task.arn) ?? []);

  const isOurs = (task: Task): boolean =>
    task.taskDefinitionArn === scope.taskDefinitionArn &&
    (task.startedBy === undefined || task.startedBy === scope.deploymentId);

  const describe = async (arns: readonly string[]): Promise<readonly Task[]> => {
    const described: Task[] = [];
    for (const some of chunks(arns, 100)) {
      described.push(...(await ports.ecs.describeTasks(scope.cluster, some)));
    }
    return described;
  };

  const gather = async (last: boolean): Promise<readonly FailedTask[]> => {
    const arns = await ports.ecs.stoppedTaskArns(scope.cluster, scope.serviceName);
    const ready = (await describe(arns.filter((arn) => !seen.has(arn)))).filter(
      (task) => last || isExplained(task),
    );
    for (const task of ready) seen.add(task.arn);
    const found = ready
      .filter((task) => isOurs(task) && isFailure(task))
      .sort((left, right) => (left.stoppedAtMs ?? 0) - (right.stoppedAtMs ?? 0));
    for (const task of found) {
      if (tasks.size < tasksWithLogs) logs.set(task.arn, await readLog(task));
      tasks.set(task.arn, task);
    }
    return found.map(view);
  };

  const outlived = async (ranMs: number, nowMs: number): Promise<boolean> => {
    const running = await describe(
      await ports.ecs.runningTaskArns(scope.cluster, scope.deploymentId),
    );
    return running.some(
      (task) =>
        isOurs(task) &&
        task.startedAtMs !== undefined &&
        task.stoppedAtMs === undefined &&
        nowMs - task.startedAtMs > ranMs,
    );
  };

  const complete = async (): Promise<void> => {
    const unfinished = [...tasks.values()].filter((task) => task.stoppedAtMs === undefined);
    for (const task of await describe(unfinished.map(({ arn }) => arn))) tasks.set(task.arn, task);
    const silent = [...tasks.values()].filter((task) => (logs.get(task.arn) ?? []).length === 0);
    for (const task of silent.slice(-tasksWithLogs)) logs.set(task.arn, await readLog(task));
  };

  return {
    get failedTasks() {
      return [...tasks.values()].map(view);
    },
    gather: (last) =>
      gather(last).catch((thrown: unknown) => {
        tellOnce(thrown);
        return [];
      }),
    outlived: (ranMs, nowMs) =>
      outlived(ranMs, nowMs).catch((thrown: unknown) => {
        tellOnce(thrown);
        return true;
      }),
    complete: () => complete().catch(tellOnce),
  };
}

/** Reads the last lines of the container to blame. */
function logReader(ports: Ports, scope: EvidenceScope): (task: Task) => Promise<readonly string[]> {
  const tellOnce = warnOnce(ports.log, 'the container’s log cannot be read');
  let denied = false;
  return async (task) => {
    const culprit = findCulprit(task, scope.definition);
    if (culprit === undefined || scope.logLines === 0 || denied) return [];
    const stream = logStreamOf(scope.definition, culprit.name, shortName(task.arn));
    if (stream === undefined) return [];
    try {
      return await ports.logs.lastLines({ ...stream, limit: scope.logLines });
    } catch (thrown) {
      denied = isAccessDenied(thrown);
      tellOnce(thrown);
      return [];
    }
  };
}

/** Takes AWS's failures only: a mistake of ours must come to light. */
function warnOnce(log: DeployPorts['log'], what: string): (thrown: unknown) => void {
  let told = false;
  return (thrown) => {
    if (!(thrown instanceof OperationError)) throw thrown;
    if (!told) log.warning(`${what}: ${thrown.message}`);
    told = true;
  };
}

function isExplained(task: Task): boolean {
  return (
    task.stoppedAtMs !== undefined ||
    task.containers.some(({ exitCode, reason }) => exitCode !== undefined || reason !== undefined)
  );
}
