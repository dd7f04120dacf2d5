import { dependenciesAmong } from '../graph/waves.js';
import type { RunPlan } from '../plan.js';
import { plannedStacks } from '../plan.js';
import { notStarted, type StackOutcome } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';

/**
 * The stacks of a leg that wait for one of another leg which was not applied, by id, and the ids of
 * those. What waits for them in turn is left out: the schedule knows that.
 *
 * @param undone ids of the stacks of earlier legs that are not at this commit
 */
export function blockedStacks(
  plan: Pick<RunPlan, 'stages' | 'workspace'>,
  undone: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const ids = plannedStacks(plan).map(({ id }) => id);
  const before = dependenciesAmong([...ids, ...undone], plan.workspace.edges);
  return new Map(
    ids.flatMap((id) => {
      const missing = [...(before.get(id) ?? [])].filter((one) => undone.has(one));
      return missing.length === 0 ? [] : [[id, missing] as const];
    }),
  );
}

/** What becomes of such a stack. */
export function blockedOutcome(
  stack: Stack,
  blocked: ReadonlyMap<string, readonly string[]>,
): StackOutcome | undefined {
  const stacks = blocked.get(stack.id);
  return stacks && notStarted(stack, { kind: 'upstream-failed', stacks });
}
