import type { Edge, Stack } from '../stacks/workspace.js';
import type { StackOutcome } from './outcome.js';

/**
 * What the plans of this run have shown about states that do not exist yet, so that a stack which
 * is bound to wait is not planned only to fail.
 */
export class MissingStates {
  readonly #edges: readonly Edge[];
  readonly #missing = new Set<string>();
  readonly #waiting = new Set<string>();

  constructor(edges: readonly Edge[]) {
    this.#edges = edges;
  }

  /** Notes that the plan of `stack` did not find the states of `missing`. */
  note(stack: Stack, missing: readonly string[]): void {
    for (const id of missing) this.#missing.add(id);
    this.#waiting.add(stack.id);
  }

  /**
   * What a stack must wait for: states it reads that were found missing, and stacks it reads that
   * wait themselves. Undefined where none is known to be missing: a plan alone can tell then.
   */
  waitsFor(stack: Stack): readonly string[] | undefined {
    const read = statesReadBy(stack, this.#edges).map(({ to }) => to);
    if (!read.some((id) => this.#missing.has(id))) return undefined;
    this.#waiting.add(stack.id);
    return read.filter((id) => this.#missing.has(id) || this.#waiting.has(id));
  }

  /** A waiting stack's outcome with all it waits for, once every stack has had its turn. */
  complete(outcome: StackOutcome): StackOutcome {
    if (outcome.end.status !== 'waiting') return outcome;
    const waitsFor = this.waitsFor(outcome.stack) ?? outcome.end.waitsFor;
    return { ...outcome, end: { status: 'waiting', waitsFor } };
  }
}

/** The edges by which a stack reads the states of others. */
export function statesReadBy(stack: Stack, edges: readonly Edge[]): readonly Edge[] {
  return edges.filter(
    ({ from, origins }) => from === stack.id && origins.some(({ kind }) => kind === 'remote-state'),
  );
}
