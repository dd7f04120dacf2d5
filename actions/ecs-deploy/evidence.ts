import {
  findCulprit,
  isFailure,
  logStreamOf,
  toFailedTask,
  type FailedTask,
} from './failed-tasks.js';
import { isAccessDenied } from './aws/calls.js';
import { shortName, type JsonObject, type Task } from './model.js';
import type { DeployPorts } from './ports.js';

export interface EvidenceScope {
  readonly cluster: string;
  readonly serviceName: string;
  readonly taskDefinitionArn: string;
  readonly definition: JsonObject;
  readonly logLines: number;
}

/** Collects the failed tasks of one revision, each described and its log read once. */
export interface Evidence {
  readonly failedTasks: readonly FailedTask[];
  /**
   * Looks for tasks that failed since the last look, and returns those. A task that is still
   * stopping may lack its exit code: it waits for a later look, unless this is the `last`.
   */
  gather(last: boolean): Promise<readonly FailedTask[]>;
  /** Reads the logs of the newest failed tasks that had none yet: logs arrive late. */
  readLateLogs(): Promise<void>;
}

/** Logs are read of the first failed tasks, and of the last: those between say the same. */
const tasksWithLogs = 3;

export function collectEvidence(
  ports: Pick<DeployPorts, 'ecs' | 'logs' | 'log'>,
  scope: EvidenceScope,
): Evidence {
  const seen = new Set<string>();
  const failed: FailedTask[] = [];
  const tasks = new Map<string, Task>();
  let logsDenied = false;

  const readLog = async (task: Task): Promise<readonly string[]> => {
    const culprit = findCulprit(task, scope.definition);
    if (culprit === undefined || scope.logLines === 0 || logsDenied) return [];
    const stream = logStreamOf(scope.definition, culprit.name, shortName(task.arn));
    if (stream === undefined) return [];
    try {
      return await ports.logs.lastLines({ ...stream, limit: scope.logLines });
    } catch (thrown) {
      // A log that cannot be read must not hide the verdict.
      logsDenied = isAccessDenied(thrown);
      ports.log.warning(
        `the container's log cannot be read: ${thrown instanceof Error ? thrown.message : ''}`,
      );
      return [];
    }
  };

  return {
    get failedTasks() {
      return failed;
    },

    async gather(last) {
      const arns = await ports.ecs.stoppedTaskArns(scope.cluster, scope.serviceName);
      const unseen = arns.filter((arn) => !seen.has(arn));
      const found: FailedTask[] = [];
      for (let at = 0; at < unseen.length; at += 100) {
        const described = await ports.ecs.describeTasks(scope.cluster, unseen.slice(at, at + 100));
        const ready = described.filter((task) => last || isExplained(task));
        for (const task of ready) seen.add(task.arn);
        const ours = ready
          .filter((task) => task.taskDefinitionArn === scope.taskDefinitionArn && isFailure(task))
          .sort((left, right) => (left.stoppedAtMs ?? 0) - (right.stoppedAtMs ?? 0));
        for (const task of ours) {
          const lines = failed.length + found.length < tasksWithLogs ? await readLog(task) : [];
          tasks.set(shortName(task.arn), task);
          found.push(toFailedTask(task, findCulprit(task, scope.definition), lines));
        }
      }
      failed.push(...found);
      return found;
    },

    async readLateLogs() {
      const silent = failed.filter((task) => task.logLines.length === 0).slice(-tasksWithLogs);
      for (const task of silent) {
        const raw = tasks.get(task.id);
        if (raw === undefined) continue;
        const lines = await readLog(raw);
        failed[failed.indexOf(task)] = { ...task, logLines: lines };
      }
    },
  };
}

function isExplained(task: Task): boolean {
  return (
    task.stoppedAtMs !== undefined ||
    task.containers.some(({ exitCode, reason }) => exitCode !== undefined || reason !== undefined)
  );
}
