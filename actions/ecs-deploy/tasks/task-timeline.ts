import { gantt, type Bar } from '../rollout/timeline.js';
import type { OneOffTask } from './ports.js';

/** A task as a Mermaid gantt chart, by AWS's clock; `undefined` where no time is known. */
export function taskTimeline(task: OneOffTask | undefined): string | undefined {
  const { createdAtMs, startedAtMs, stoppedAtMs } = task ?? {};
  if (createdAtMs === undefined) return undefined;
  const bar = (label: string, fromMs: number, toMs: number | undefined): readonly Bar[] =>
    toMs === undefined ? [] : [{ section: 'Task', label, critical: false, fromMs, toMs }];
  return gantt([
    ...bar('starting', createdAtMs, startedAtMs ?? stoppedAtMs),
    ...(startedAtMs === undefined ? [] : bar('running', startedAtMs, stoppedAtMs)),
  ]);
}
