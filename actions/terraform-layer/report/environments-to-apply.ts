import type { RunPlan } from '../plan.js';
import type { StackOutcome } from '../schedule/outcome.js';

/**
 * The environments whose apply has something to do, in promotion order: so that nobody is asked to
 * approve nothing. Environments that wait for a typed confirmation (`gate: dispatch`) are among
 * them only where it was given.
 */
export function environmentsToApply(
  { environments, stages }: Pick<RunPlan, 'environments' | 'stages'>,
  outcomes: readonly StackOutcome[],
  confirm: string | undefined,
): RunPlan['environments'] {
  const unchanged = new Set(
    outcomes.filter(({ end }) => end.status === 'unchanged').map(({ stack }) => stack.id),
  );
  const busy = new Set(
    stages
      .filter(({ stacks }) => stacks.some(({ stack }) => !unchanged.has(stack.id)))
      .map(({ environment }) => environment),
  );
  return environments.filter(
    (one) => busy.has(one.name) && one.apply !== 'never' && !awaitsConfirmation(one, confirm),
  );
}

/** Whether an environment is applied only by a run that a person has started for it. */
export function awaitsConfirmation(
  { name, apply, gate }: RunPlan['environments'][number],
  confirm: string | undefined,
): boolean {
  return apply === 'approval' && gate === 'dispatch' && confirm !== name;
}
