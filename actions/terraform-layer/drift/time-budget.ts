import { notStarted, type StackOutcome } from '../schedule/outcome.js';
import type { EnvironmentStage } from '../schedule/run-stacks.js';
import type { Stack } from '../stacks/workspace.js';
import type { DriftRecord } from './drift-record.js';

/**
 * All stacks of a drift check in one stage, those checked longest ago (or never) first. A check
 * needs no order, so that environments need not wait for each other either.
 */
export function oldestFirst(
  stages: readonly EnvironmentStage[],
  records: ReadonlyMap<string, DriftRecord>,
): readonly EnvironmentStage[] {
  const checkedAt = ({ id }: Stack): number => Date.parse(records.get(id)?.checkedAt ?? '') || 0;
  const stacks = stages
    .flatMap((stage) => stage.stacks.map(({ stack }) => stack))
    .sort((left, right) => checkedAt(left) - checkedAt(right))
    .map((stack) => ({ stack, after: [] }));
  return stacks.length === 0 ? [] : [{ environment: 'drift', after: [], stacks }];
}

/**
 * Lets stacks begin until the budget is over: what has not begun by then is not started, which is no
 * failure. The first stack always runs, so that every run gets on.
 */
export class TimeBudget {
  readonly #endsAt: number;
  readonly #now: () => number;
  #started = 0;

  /** `budgetSeconds` undefined: no limit. */
  constructor(budgetSeconds: number | undefined, now: () => number) {
    this.#endsAt = budgetSeconds === undefined ? Infinity : now() + budgetSeconds * 1000;
    this.#now = now;
  }

  mayStart(): boolean {
    return this.#started === 0 || this.#now() < this.#endsAt;
  }

  /** The outcome of a stack for which there is no time; undefined where it may begin now. */
  refuse(stack: Stack): StackOutcome | undefined {
    if (!this.mayStart()) return notStarted(stack, { kind: 'time-budget' });
    this.#started += 1;
    return undefined;
  }
}

/** The outcomes in the order of the plan, not of the check. */
export function inPlanOrder(
  outcomes: readonly StackOutcome[],
  stages: readonly EnvironmentStage[],
): readonly StackOutcome[] {
  const position = new Map(
    stages.flatMap(({ stacks }) => stacks).map(({ stack }, index) => [stack.id, index]),
  );
  const of = ({ stack }: StackOutcome): number => position.get(stack.id) ?? 0;
  return [...outcomes].sort((left, right) => of(left) - of(right));
}
