import type { Stack } from '../stacks/workspace.js';
import { isSuccess, notStarted, type NotStarted, type StackOutcome } from './outcome.js';
import { runInOrder, type Task } from './run-in-order.js';

/** A stack to run, and the stacks or environments that come before it. */
export interface StackTask {
  readonly stack: Stack;
  /** Ids of stacks of this run that must have succeeded. */
  readonly after: readonly string[];
  /** Nobody asked for it: it runs only where `isNeeded` says so when its turn has come. */
  readonly onlyIfNeeded?: boolean;
}

/** All stacks of an environment, which starts when the ones before it have fully succeeded. */
export interface EnvironmentStage {
  readonly environment: string;
  /** Environments of this run that come before it. */
  readonly after: readonly string[];
  readonly stacks: readonly StackTask[];
}

export interface RunStacksOptions {
  readonly stages: readonly EnvironmentStage[];
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** What may be done for a stack at any time, before its turn. */
  readonly prepare?: (stack: Stack) => Promise<void>;
  readonly run: (stack: Stack) => Promise<StackOutcome>;
  /** Stacks that must have ended before a stack runs, well or not; their preparation does not wait. */
  readonly orderOnly?: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isNeeded?: (stack: Stack) => boolean;
  /** What came of a stack that was prepared and, after a cancel, does not run. */
  readonly abandoned?: (stack: Stack) => StackOutcome | undefined;
  readonly onEnd: (outcome: StackOutcome) => Promise<void>;
}

/**
 * Runs the stacks of every stage, in order within and between them; the outcomes stand in the
 * order of the stages. Stacks that were not needed have none.
 */
export async function runStacks(options: RunStacksOptions): Promise<readonly StackOutcome[]> {
  const tasks = new Map(
    options.stages.flatMap(({ stacks }) => stacks.map((task) => [task.stack.id, task] as const)),
  );
  const outcomes = new Map<string, StackOutcome>();
  const told: Promise<void>[] = [];
  const end = (outcome: StackOutcome): void => {
    outcomes.set(outcome.stack.id, outcome);
    told.push(options.onEnd(outcome));
  };
  await runInOrder({
    tasks: tasksOf(options),
    concurrency: options.concurrency,
    signal: options.signal,
    run: async (id) => {
      const prepared = tasks.get(preparedStack(id) ?? '');
      if (prepared !== undefined) await options.prepare?.(prepared.stack);
      const task = tasks.get(id);
      if (task === undefined || (task.onlyIfNeeded === true && !options.isNeeded?.(task.stack))) {
        return { ok: true, result: undefined };
      }
      const outcome = await options.run(task.stack);
      end(outcome);
      return { ok: isSuccess(outcome), result: undefined };
    },
    onNotStarted: (id, because) => {
      const task = tasks.get(id);
      if (task === undefined || task.onlyIfNeeded === true) return;
      const abandoned = because.length === 0 ? options.abandoned?.(task.stack) : undefined;
      end(abandoned ?? notStarted(task.stack, reasonOf(because)));
    },
  });
  await Promise.all(told);
  return [...tasks.keys()].flatMap((id) => outcomes.get(id) ?? []);
}

/**
 * Between two environments stands one gate, so that the edges do not multiply. Stacks that are
 * read come first and those of all environments take turns: where a state is missing, that is
 * then known before what would have to wait for it is planned.
 */
function tasksOf({ stages, prepare, orderOnly }: RunStacksOptions): readonly Task[] {
  const longest = Math.max(0, ...stages.map(({ stacks }) => stacks.length));
  const inTurns = Array.from({ length: longest }, (_, index) =>
    stages.flatMap(({ after, stacks }): Task[] => {
      const task = stacks[index];
      if (task === undefined) return [];
      const { id } = task.stack;
      const dependsOn = [...task.after, ...after.map(gate)];
      const ended = [...(orderOnly?.get(id) ?? [])];
      if (prepare === undefined || task.onlyIfNeeded === true) {
        return [{ id, dependsOn, after: ended }];
      }
      return [
        { id: preparation(id), dependsOn: [], light: true },
        { id, dependsOn: [...dependsOn, preparation(id)], after: ended },
      ];
    }),
  ).flat();
  const gates = stages.map(({ environment, after, stacks }) => ({
    id: gate(environment),
    dependsOn: [...stacks.map(({ stack }) => stack.id), ...after.map(gate)],
    light: true,
  }));
  return [...inTurns, ...gates];
}

/** No stack's id, which is a path, begins with a slash. */
function gate(environment: string): string {
  return `/environment/${environment}`;
}

const preparationPrefix = '/preparation/';

function preparation(stackId: string): string {
  return preparationPrefix + stackId;
}

function preparedStack(taskId: string): string | undefined {
  return taskId.startsWith(preparationPrefix) ? taskId.slice(preparationPrefix.length) : undefined;
}

function reasonOf(because: readonly string[]): NotStarted {
  return because.length === 0
    ? { kind: 'cancelled' }
    : { kind: 'upstream-failed', stacks: because };
}
