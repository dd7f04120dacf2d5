import type { Followed } from './follow.js';
import type { StageSpan } from './stages.js';

/** One bar of a timeline, by AWS's clock. */
export interface Bar {
  readonly section: string;
  readonly label: string;
  readonly critical: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

const shownTasks = 12;

/**
 * The rollout as a Mermaid gantt chart, by AWS's clock; `undefined` where no time is known.
 * Labels hold nothing that Mermaid would read as syntax.
 */
export function rolloutTimeline(followed: Followed): string | undefined {
  return gantt(barsOf(followed));
}

/** Bars as a Mermaid gantt chart; `undefined` for none. */
export function gantt(bars: readonly Bar[]): string | undefined {
  if (bars.length === 0) return undefined;
  const lines = ['gantt', '  dateFormat x', '  axisFormat %H:%M:%S', '  todayMarker off'];
  let section = '';
  bars.forEach((bar, index) => {
    if (bar.section !== section) lines.push(`  section ${plainLabel(bar.section)}`);
    section = bar.section;
    const tags = `${bar.critical ? 'crit, ' : ''}b${index}`;
    lines.push(
      `  ${plainLabel(bar.label)} :${tags}, ${bar.fromMs}, ${Math.max(bar.toMs, bar.fromMs + 1000)}`,
    );
  });
  return lines.join('\n');
}

/** Failed tasks, the first of many. */
export function barsOfTasks(failedTasks: Followed['failedTasks']): readonly Bar[] {
  return failedTasks.slice(0, shownTasks).flatMap((task): readonly Bar[] => {
    const fromMs = task.createdAtMs ?? task.startedAtMs;
    const toMs = task.stoppedAtMs;
    if (fromMs === undefined || toMs === undefined) return [];
    const code = task.culprit?.exitCode;
    const end = code === undefined ? (task.stopCode ?? 'failed') : `exit ${code}`;
    const label = `${task.id.slice(0, 8)} ${end}`;
    return [{ section: 'Failed tasks', label, critical: true, fromMs, toMs }];
  });
}

function barsOf({
  serviceDeployment,
  failedTasks,
  outcome,
  service,
  stages,
}: Followed): readonly Bar[] {
  const tasks = barsOfTasks(failedTasks);
  if (serviceDeployment === undefined) return tasks;
  const { createdAtMs, finishedAtMs, stoppedAtMs, rollback } = serviceDeployment;
  const endMs = Math.max(
    finishedAtMs ?? stoppedAtMs ?? 0,
    ...tasks.map(({ toMs }) => toMs),
    ...service.events.slice(0, 1).map(({ atMs }) => atMs),
    ...stages.slice(-1).map(({ fromMs }) => fromMs),
  );
  const rollbackMs = rollback?.startedAtMs;
  const bars: Bar[] = [
    {
      section: 'Deployment',
      label: outcome === 'succeeded' ? 'rolled out' : 'rollout',
      critical: outcome !== 'succeeded' && outcome !== 'paused',
      fromMs: createdAtMs,
      toMs: rollbackMs ?? endMs,
    },
  ];
  if (rollbackMs !== undefined) {
    bars.push({
      section: 'Deployment',
      label: 'rollback',
      critical: false,
      fromMs: rollbackMs,
      toMs: endMs,
    });
  }
  return [...bars, ...stageBars(stages, rollbackMs ?? Infinity, endMs), ...tasks];
}

/** Each stage lasts until the next one is seen. */
function stageBars(stages: readonly StageSpan[], rollbackMs: number, endMs: number): Bar[] {
  return stages.map(({ stage, productionPercent, fromMs }, index) => ({
    section: 'Stages',
    label:
      stage === 'PRODUCTION_TRAFFIC_SHIFT' && productionPercent !== undefined
        ? `production traffic ${productionPercent} percent`
        : stage.toLowerCase().replaceAll('_', ' '),
    critical: fromMs >= rollbackMs,
    fromMs,
    toMs: stages[index + 1]?.fromMs ?? endMs,
  }));
}

/** Mermaid ends a task's label at a colon and a statement at a semicolon or hash. */
function plainLabel(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ._/-]/gu, ' ').trim();
}
