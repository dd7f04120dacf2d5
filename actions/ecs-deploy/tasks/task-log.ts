import { OperationError } from '../../shared/errors.js';
import { isAccessDenied } from '../aws/calls.js';
import { containerName, containersOf } from '../definition/task-definition.js';
import type { JsonObject } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { logStreamOf, type LogStream } from '../rollout/failed-tasks.js';

type Ports = Pick<DeployPorts, 'logs' | 'log' | 'redact'>;

/** The log of a task's containers, printed while it grows. */
export interface TaskLog {
  /** Prints what was logged since the last call; true where there was something. */
  pump(): Promise<boolean>;
  /** The last lines of a container, oldest first. */
  lastLines(container: string): readonly string[];
}

/** So that a container that logs without end does not keep us from looking at its task. */
const pagesAtOnce = 20;

/**
 * Opens the awslogs streams of all containers; those of other drivers stay silent, and that is
 * told once. What cannot be read hides neither the task nor its exit code.
 */
export function openTaskLog(
  ports: Ports,
  task: {
    readonly definition: JsonObject;
    readonly taskId: string;
    /** How many lines are kept of each container. */
    readonly keptLines: number;
  },
): TaskLog {
  const readers = containersOf(task.definition).flatMap((container) => {
    const name = containerName(container);
    const stream = logStreamOf(task.definition, name, task.taskId);
    return stream === undefined ? [] : [{ name, read: openStream(ports, stream) }];
  });
  if (readers.length === 0) {
    ports.log.info('no container logs by awslogs with a stream prefix: its lines cannot be shown');
  }
  const kept = new Map<string, string[]>();
  return {
    async pump() {
      let grown = false;
      for (const { name, read } of readers) {
        const lines = (await read()).map((line) => ports.redact(line));
        for (const line of lines) ports.log.info(`${name} | ${line}`);
        if (lines.length === 0) continue;
        grown = true;
        kept.set(name, [...(kept.get(name) ?? []), ...lines].slice(-Math.max(1, task.keptLines)));
      }
      return grown;
    },
    lastLines: (container) => (task.keptLines === 0 ? [] : (kept.get(container) ?? [])),
  };
}

/** Each call gives the lines since the last one. */
function openStream({ logs, log }: Ports, stream: LogStream): () => Promise<readonly string[]> {
  let token: string | undefined;
  let told = false;
  let denied = false;
  return async () => {
    const lines: string[] = [];
    if (denied) return lines;
    try {
      for (let page = 0; page < pagesAtOnce; page += 1) {
        const answer = await logs.linesFrom(stream, token);
        // One event may hold line breaks, and the runner takes what follows one for a new line.
        lines.push(...answer.lines.flatMap((line) => line.split(/\r\n|[\r\n\u0085\u2028\u2029]/)));
        if (answer.token === undefined || answer.token === token) break;
        token = answer.token;
      }
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      denied = isAccessDenied(thrown);
      if (!told) log.warning(`the task’s log cannot be read: ${thrown.message}`);
      told = true;
    }
    return lines;
  };
}
