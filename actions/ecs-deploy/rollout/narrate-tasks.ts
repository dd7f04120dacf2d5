import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/log.js';
import { describeFailedTask, type FailedTask } from './failed-tasks.js';

/** Minutes and seconds since now, `mm:ss`, for the head of a line. */
export function stopwatch(clock: Clock): () => string {
  const startedMs = clock.now();
  return () => {
    const seconds = Math.round((clock.now() - startedMs) / 1000);
    const minutes = Math.floor(seconds / 60);
    return `${String(minutes).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  };
}

/** Tells failed tasks as they are found, and log lines that repeat once. */
export function narrateTasks(
  log: Pick<Logger, 'info' | 'warning'>,
  stamp: () => string,
): (tasks: readonly FailedTask[]) => void {
  let tasksTold = 0;
  let logTold = '';
  return (tasks) => {
    for (const task of tasks) {
      const message = `${stamp()} ${describeFailedTask(task)}`;
      // An annotation for the first alone: GitHub shows ten a step.
      if (tasksTold === 0) log.warning(message);
      else log.info(message);
      tasksTold += 1;
      const lines = task.logLines.join('\n');
      if (lines === logTold) continue;
      for (const line of task.logLines) log.info(`    | ${line}`);
      logTold = lines;
    }
  };
}
