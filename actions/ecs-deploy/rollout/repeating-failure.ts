import type { JsonObject } from '../model.js';
import { diagnose, type Diagnosis } from './diagnosis.js';
import type { Evidence } from './evidence.js';
import type { FailedTask } from './failed-tasks.js';

/** A container that ends this soon after its start has done no work that could have gone well. */
const atOnceMs = 60_000;

/** Rights that were given a moment ago are not seen everywhere yet: so long a denial may heal. */
const deniedForMs = 60_000;

/** What the failed tasks of a rollout have in common. */
interface Repeats {
  readonly diagnosis: Diagnosis;
  /** The longest of their lives; absent where one task is proof enough. */
  readonly ranMs: number | undefined;
}

/**
 * Why a rollout cannot end well, where what its tasks failed of can only repeat: an image that is
 * not there or is built for another architecture, a secret that is not there, or, `times` times
 * since the last task that did work, an essential container that ended with the same code within a
 * minute, or a secret that could not be read for a minute on end. Registries that do not answer
 * and places that are full may heal, so they leave ECS the say. Pure.
 */
export function repeatingFailure(
  failedTasks: readonly FailedTask[],
  definition: JsonObject,
  times: number,
): Repeats | undefined {
  const codeOf = (task: FailedTask): string => explain([task]).code;
  const certain = failedTasks.filter((task) => isCertain(task, codeOf(task)));
  if (certain.length > 0) return { diagnosis: explain(certain), ranMs: undefined };

  const recent = sinceLastThatWorked(failedTasks);
  const alike = new Map<string, FailedTask[]>();
  for (const task of recent.filter(endedAtOnce)) {
    const key = `${task.culprit?.name ?? ''} ${task.culprit?.exitCode ?? ''}`;
    alike.set(key, [...(alike.get(key) ?? []), task]);
  }
  const often = [...alike.values()].find((tasks) => tasks.length >= times);
  if (often !== undefined) return { diagnosis: explain(often), ranMs: longestLife(often) };

  const denied = recent.filter(
    (task) => codeOf(task) === 'resource-initialization' && /AccessDenied/i.test(wordsOf(task)),
  );
  const ends = denied.map(({ stoppedAtMs = 0 }) => stoppedAtMs);
  return denied.length >= times && Math.max(...ends) - Math.min(...ends) >= deniedForMs
    ? { diagnosis: explain(denied), ranMs: 0 }
    : undefined;

  function explain(tasks: readonly FailedTask[]): Diagnosis {
    return diagnose({
      definition,
      failedTasks: tasks,
      events: [],
      serviceDeployment: undefined,
      statusReason: undefined,
    });
  }
}

/**
 * The same, unless a task of the new revision runs that has outlived the failed ones: then the
 * failure does not repeat everywhere, and how many are too many is for ECS to say.
 */
export async function hopelessFailure(
  evidence: Pick<Evidence, 'failedTasks' | 'outlived'>,
  { definition, times, nowMs }: HopelessRequest,
): Promise<Diagnosis | undefined> {
  const repeats = repeatingFailure(evidence.failedTasks, definition, times);
  if (repeats === undefined) return undefined;
  const { ranMs, diagnosis } = repeats;
  if (ranMs === undefined) return diagnosis;
  // By AWS's clock too, which this machine's may be behind of.
  const ends = evidence.failedTasks.map(({ stoppedAtMs = 0 }) => stoppedAtMs);
  const outlived = await evidence.outlived(ranMs, Math.max(nowMs, ...ends));
  return outlived ? undefined : diagnosis;
}

interface HopelessRequest {
  readonly definition: JsonObject;
  readonly times: number;
  readonly nowMs: number;
}

/**
 * Messages of the ECS Developer Guide, "CannotPullContainer task errors" and "Troubleshooting Amazon
 * ECS ResourceInitializationError errors".
 */
function isCertain(task: FailedTask, code: string): boolean {
  switch (code) {
    case 'exec-format':
      return true;
    case 'image-pull':
      return /not found|manifest unknown|does not exist/i.test(wordsOf(task));
    case 'resource-initialization':
      return /ResourceNotFound|ParameterNotFound|invalid ssm parameters|can't find the specified secret|did not contain json key/i.test(
        wordsOf(task),
      );
    default:
      return false;
  }
}

function wordsOf({ stoppedReason, culprit }: FailedTask): string {
  return [stoppedReason, culprit?.reason].join(' ');
}

/** Those that stopped after the last one that had run for a while. */
function sinceLastThatWorked(failedTasks: readonly FailedTask[]): readonly FailedTask[] {
  const worked = failedTasks.filter(
    (task) => task.startedAtMs !== undefined && lifeMs(task) > atOnceMs,
  );
  const sinceMs = Math.max(...worked.map(({ stoppedAtMs = 0 }) => stoppedAtMs));
  return failedTasks.filter(({ stoppedAtMs = Infinity }) => stoppedAtMs > sinceMs);
}

function endedAtOnce(task: FailedTask): boolean {
  return task.culprit?.exitCode !== undefined && lifeMs(task) <= atOnceMs;
}

/** A task whose start was never noted has not even reached RUNNING. */
function lifeMs({ startedAtMs, stoppedAtMs }: FailedTask): number {
  return startedAtMs === undefined ? 0 : (stoppedAtMs ?? startedAtMs) - startedAtMs;
}

function longestLife(tasks: readonly FailedTask[]): number {
  return Math.max(...tasks.map(lifeMs));
}
