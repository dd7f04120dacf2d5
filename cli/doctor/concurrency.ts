import type { CalledWorkflow } from '../workflows/definitions.js';
import type { WorkflowFile, WorkflowJob } from '../workflows/caller.js';
import { literalText } from './values.js';

/** What can stand for any text; it cannot be part of a name. */
const anything = '\0';

export interface GroupCollision {
  readonly group: string;
  readonly calledJob: string;
  /** False where the run alone knows whether they are equal. */
  readonly certain: boolean;
  readonly level: 'workflow' | 'job';
}

/**
 * Groups of a caller that are, or may become, those of the jobs that it calls: GitHub cancels such
 * a run, "a deadlock for concurrency group … was detected". Names are compared as GitHub does,
 * without regard to case ("Control the concurrency of workflows and jobs").
 */
export function groupCollisions(
  file: WorkflowFile,
  job: WorkflowJob,
  called: CalledWorkflow,
): readonly GroupCollision[] {
  const groups = [
    { level: 'workflow' as const, group: file.concurrencyGroup },
    { level: 'job' as const, group: job.concurrencyGroup },
  ];
  return groups.flatMap(({ level, group }) => {
    if (group === undefined) return [];
    const own = patternOf(group, (expression) => ofCaller(expression, file));
    return called.jobs.flatMap(({ id, concurrencyGroup }) => {
      if (concurrencyGroup === undefined) return [];
      const theirs = patternOf(concurrencyGroup, (expression) =>
        ofCalled(expression, { file, job, called }),
      );
      // A group that begins with what only the run knows could be any: nothing is said of it.
      if (own.startsWith(anything) || !intersect(own, theirs)) return [];
      return [{ group, calledJob: id, certain: !own.includes(anything), level }];
    });
  });
}

function patternOf(template: string, resolve: (expression: string) => string | undefined): string {
  return template
    .replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
      return resolve(expression.trim()) ?? anything;
    })
    .toLowerCase();
}

function ofCaller(expression: string, file: WorkflowFile): string | undefined {
  return expression === 'github.workflow' ? file.name : undefined;
}

function ofCalled(
  expression: string,
  {
    file,
    job,
    called,
  }: { readonly file: WorkflowFile; readonly job: WorkflowJob; readonly called: CalledWorkflow },
): string | undefined {
  const input = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
  if (input === undefined) return ofCaller(expression, file);
  return literalText(input in job.with ? job.with[input] : called.inputs[input]?.default);
}

/** Whether two patterns have a name in common. */
function intersect(a: string, b: string): boolean {
  const known = new Map<string, boolean>();
  const from = (i: number, j: number): boolean => {
    const key = `${i} ${j}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, false);
    const result =
      (i === a.length && j === b.length) ||
      (a[i] === anything && (from(i + 1, j) || (j < b.length && from(i, j + 1)))) ||
      (b[j] === anything && (from(i, j + 1) || (i < a.length && from(i + 1, j)))) ||
      (i < a.length && j < b.length && a[i] === b[j] && from(i + 1, j + 1));
    known.set(key, result);
    return result;
  };
  return from(0, 0);
}
