import { findContainer } from '../definition/task-definition.js';
import type { JsonObject, TaskContainer } from '../model.js';
import { diagnose, type Diagnosis } from '../rollout/diagnosis.js';
import { findCulprit, toFailedTask } from '../rollout/failed-tasks.js';
import type { OneOffTask, PlacementFailure } from './ports.js';

export interface EndedTask {
  readonly task: OneOffTask;
  readonly definition: JsonObject;
  /** Whose exit code decides. */
  readonly container: string;
  /** We stopped it because the container was done. */
  readonly stoppedByUs: boolean;
  readonly lastLines: (container: string) => readonly string[];
}

/**
 * Why a task that has ended is a failure; `undefined` where it succeeded: its container exited
 * with 0, and neither a person nor AWS cut it short. A container that handles the signal to stop
 * may exit with 0 half way through its work.
 */
export function explainEnd(ended: EndedTask): Diagnosis | undefined {
  const { task, definition, container } = ended;
  const main = task.containers.find(({ name }) => name === container);
  const cut = cutShort(ended);
  if (main?.exitCode === 0 && cut === undefined) return undefined;
  const culprit = cut?.culprit ?? culpritOf(ended, main);
  const logLines = ended.lastLines(culprit?.name ?? container);
  const diagnosis = diagnose({
    definition,
    failedTasks: [toFailedTask(task, culprit, logLines)],
    events: [],
    serviceDeployment: undefined,
    statusReason: task.stoppedReason,
  });
  return cut?.code === undefined
    ? diagnosis
    : { ...diagnosis, code: cut.code, cause: cut.cause, hint: undefined };
}

type CutShort =
  | { readonly code: 'task-stopped'; readonly cause: string; readonly culprit: undefined }
  | { readonly code: undefined; readonly culprit: TaskContainer | undefined };

function cutShort({ task, definition, container, stoppedByUs }: EndedTask): CutShort | undefined {
  if (stoppedByUs) return undefined;
  if (task.stopCode === 'UserInitiated') {
    const reason = task.stoppedReason === undefined ? '' : `: ${task.stoppedReason}`;
    return {
      code: 'task-stopped',
      cause: `the task was stopped by hand${reason}`,
      culprit: undefined,
    };
  }
  // Others of these end along with the container, and their exit codes say nothing.
  const starved = task.containers.find(
    ({ name, reason }) =>
      name !== container &&
      findContainer(definition, name)?.['essential'] !== false &&
      /OutOfMemory/.test(reason ?? ''),
  );
  if (starved !== undefined) return { code: undefined, culprit: starved };
  return task.stopCode === undefined || task.stopCode === 'EssentialContainerExited'
    ? undefined
    : { code: undefined, culprit: undefined };
}

/** The container that decides is to blame for an exit code of its own making. */
function culpritOf(
  { task, definition }: EndedTask,
  main: TaskContainer | undefined,
): TaskContainer | undefined {
  const stoppedAlong = [undefined, 0, 137, 143].includes(main?.exitCode);
  return stoppedAlong ? findCulprit(task, definition) : main;
}

/** Explains that ECS could not place the task. */
export function explainPlacement(failures: readonly PlacementFailure[]): Diagnosis {
  const [first] = failures;
  const reason = first?.reason ?? 'unknown';
  const detail = first?.detail === undefined ? '' : `: ${first.detail}`;
  return noContainer({
    code: 'placement',
    cause: `the task could not be placed: ${reason}${detail}`,
    hint: placementHint(reason),
  });
}

/** Developer Guide, "Amazon ECS API failure reasons", the rows of RunTask. */
function placementHint(reason: string): string {
  const resource = /^RESOURCE:(.+)$/.exec(reason)?.[1];
  if (resource === 'FARGATE' || /capacity is unavailable/i.test(reason)) {
    return 'Fargate has no capacity for this task size there now: try again, or use subnets in more availability zones';
  }
  if (resource !== undefined) {
    return `no container instance has the ${resource} that the task asks for: add instances, or lower what it asks for`;
  }
  const known = placementHints.find(([pattern]) => pattern.test(reason));
  return known?.[1] ?? 'see "API failure reasons" in the ECS Developer Guide';
}

const placementHints: readonly (readonly [RegExp, string])[] = [
  [/^AGENT/, 'the container agent of the instance is not connected: look at the instance'],
  [/^ATTRIBUTE/, 'no container instance has an attribute that the task definition requires'],
  [/^LOCATION/, 'the container instance is in another availability zone than the subnets'],
  [
    /^EMPTY CAPACITY PROVIDER/,
    'the capacity provider has no instance: look at the limits of its Auto Scaling group',
  ],
  [
    /^NO ACTIVE INSTANCES/,
    'the cluster has no container instance: register one, or run on Fargate',
  ],
  [
    /^MISSING/,
    'what the request names is not there: look at cluster, capacity provider and subnets',
  ],
];

/** Explains what has no container to blame. */
export function noContainer(
  what: Pick<Diagnosis, 'code' | 'cause'> & Partial<Pick<Diagnosis, 'hint' | 'lastLogLine'>>,
): Diagnosis {
  return {
    hint: undefined,
    container: undefined,
    exitCode: undefined,
    failedTasks: 0,
    lastLogLine: undefined,
    ...what,
  };
}
