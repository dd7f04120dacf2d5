import type { OneOffTask } from './ports.js';

/** A task as a Mermaid gantt chart, by AWS's clock; `undefined` where no time is known. */
export function taskTimeline(task: OneOffTask | undefined): string | undefined {
  const { createdAtMs, startedAtMs, stoppedAtMs } = task ?? {};
  if (createdAtMs === undefined) return undefined;
  const bars: string[] = [];
  const bar = (label: string, fromMs: number, toMs: number): void => {
    bars.push(`  ${label} :b${bars.length}, ${fromMs}, ${Math.max(toMs, fromMs + 1000)}`);
  };
  const begunMs = startedAtMs ?? stoppedAtMs;
  if (begunMs !== undefined) bar('starting', createdAtMs, begunMs);
  if (startedAtMs !== undefined && stoppedAtMs !== undefined) {
    bar('running', startedAtMs, stoppedAtMs);
  }
  if (bars.length === 0) return undefined;
  return [
    'gantt',
    '  dateFormat x',
    '  axisFormat %H:%M:%S',
    '  todayMarker off',
    '  section Task',
    ...bars,
  ].join('\n');
}
