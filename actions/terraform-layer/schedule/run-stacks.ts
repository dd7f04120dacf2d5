import { noChanges } from '../review/changes.js';
import type { Stack } from '../stacks/workspace.js';
import { isSuccess, type NotStarted, type StackOutcome } from './outcome.js';
import { runInOrder, type Task } from './run-in-order.js';

/** A stack to run, and the stacks or environments that come before it. */
export interface StackTask {
  readonly stack: Stack;
  /** Ids of stacks of this run. */
  readonly after: readonly string[];
}

/** All stacks of an environment, which starts when the ones before it have fully succeeded. */
export interface EnvironmentStage {
  readonly environment: string;
  /** Environments of this run that come before it. */
  readonly after: readonly string[];
  readonly stacks: readonly StackTask[];
}

/**
 * Runs the stacks of every stage, in order within and between them; the outcomes stand in the
 * order of the stages.
 */
export async function runStacks(options: {
  readonly stages: readonly EnvironmentStage[];
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly run: (stack: Stack) => Promise<StackOutcome>;
  readonly onEnd: (outcome: StackOutcome) => Promise<void>;
}): Promise<readonly StackOutcome[]> {
  const { stages } = options;
  const stacks = new Map(
    stages.flatMap((stage) => stage.stacks.map(({ stack }) => [stack.id, stack] as const)),
  );
  const outcomes = new Map<string, StackOutcome>();
  const told: Promise<void>[] = [];
  const end = (outcome: StackOutcome): void => {
    outcomes.set(outcome.stack.id, outcome);
    told.push(options.onEnd(outcome));
  };
  await runInOrder({
    tasks: tasksOf(stages),
    concurrency: options.concurrency,
    signal: options.signal,
    run: async (id) => {
      const stack = stacks.get(id);
      if (stack === undefined) return { ok: true, result: undefined };
      const outcome = await options.run(stack);
      end(outcome);
      return { ok: isSuccess(outcome), result: undefined };
    },
    onNotStarted: (id, because) => {
      const stack = stacks.get(id);
      if (stack !== undefined) end(notStarted(stack, because));
    },
  });
  await Promise.all(told);
  return [...stacks.keys()].flatMap((id) => outcomes.get(id) ?? []);
}

/**
 * Between two environments stands one gate, so that the edges do not multiply. Stacks that are
 * read come first and those of all environments take turns: where a state is missing, that is
 * then known before what would have to wait for it is planned.
 */
function tasksOf(stages: readonly EnvironmentStage[]): readonly Task[] {
  const longest = Math.max(0, ...stages.map(({ stacks }) => stacks.length));
  const inTurns = Array.from({ length: longest }, (_, index) =>
    stages.flatMap(({ after, stacks }) => {
      const task = stacks[index];
      if (task === undefined) return [];
      return [{ id: task.stack.id, dependsOn: [...task.after, ...after.map(gate)] }];
    }),
  ).flat();
  const gates = stages.map(({ environment, after, stacks }) => ({
    id: gate(environment),
    dependsOn: [...stacks.map(({ stack }) => stack.id), ...after.map(gate)],
  }));
  return [...inTurns, ...gates];
}

/** No stack's id, which is a path, begins with a slash. */
function gate(environment: string): string {
  return `/environment/${environment}`;
}

function notStarted(stack: Stack, because: readonly string[]): StackOutcome {
  const why: NotStarted =
    because.length === 0 ? { kind: 'cancelled' } : { kind: 'upstream-failed', stacks: because };
  return {
    stack,
    end: { status: 'not-started', why },
    changes: noChanges,
    diagnostics: [],
    lines: [],
    milliseconds: 0,
  };
}
