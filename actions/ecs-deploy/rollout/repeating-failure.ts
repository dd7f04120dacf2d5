import type { JsonObject } from '../model.js';
import { diagnose, type Diagnosis } from './diagnosis.js';
import type { FailedTask } from './failed-tasks.js';

/** A container that ends this soon after its start has done no work that could have gone well. */
const atOnceMs = 60_000;

/**
 * Why a rollout cannot end well, where what its tasks failed of can only repeat: an image that is
 * not there or is built for another architecture, a secret that is not there, or an essential
 * container that `exitsAtOnce` times ended with the same code within a minute. Rights that are
 * missing and registries that do not answer may heal, so they leave ECS the say. Pure.
 */
export function repeatingFailure(
  failedTasks: readonly FailedTask[],
  definition: JsonObject,
  exitsAtOnce: number,
): Diagnosis | undefined {
  const certain = failedTasks.filter((task) => isCertain(task, definition));
  if (certain.length > 0) return explain(certain);
  const alike = new Map<string, FailedTask[]>();
  for (const task of failedTasks.filter(endedAtOnce)) {
    const key = `${task.culprit?.name ?? ''} ${task.culprit?.exitCode ?? ''}`;
    alike.set(key, [...(alike.get(key) ?? []), task]);
  }
  const often = [...alike.values()].find((tasks) => tasks.length >= exitsAtOnce);
  return often === undefined ? undefined : explain(often);

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
 * Messages of the ECS Developer Guide, "CannotPullContainer task errors" and "Troubleshooting Amazon
 * ECS ResourceInitializationError errors".
 */
function isCertain(task: FailedTask, definition: JsonObject): boolean {
  const words = [task.stoppedReason, task.culprit?.reason].join(' ');
  const { code } = diagnose({
    ...{ definition, failedTasks: [task], events: [] },
    ...{ serviceDeployment: undefined, statusReason: undefined },
  });
  switch (code) {
    case 'exec-format':
      return true;
    case 'image-pull':
      return /not found|manifest unknown|does not exist/i.test(words);
    case 'resource-initialization':
      return /ResourceNotFound|ParameterNotFound|invalid ssm parameters|can't find the specified secret|did not contain json key/i.test(
        words,
      );
    default:
      return false;
  }
}

function endedAtOnce({ culprit, startedAtMs, stoppedAtMs }: FailedTask): boolean {
  if (culprit?.exitCode === undefined) return false;
  // A task whose start was never noted has not even reached RUNNING.
  return startedAtMs === undefined || (stoppedAtMs ?? startedAtMs) - startedAtMs <= atOnceMs;
}
