import { statesToMove } from '../changes/removed-stacks.js';
import type { RunPlan } from '../plan.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { isWithinReach } from '../stacks/state-identity.js';

/**
 * The environments whose apply has something to do, in promotion order: so that nobody is asked to
 * approve nothing. A state that is to be moved, or gates that will be others, are something. Where
 * no approval is needed, so is the note of what was applied, which an apply alone moves on.
 * Environments that wait for a typed confirmation (`gate: dispatch`) are among them only where it
 * was given.
 */
export function environmentsToApply(
  plan: Pick<RunPlan, 'environments' | 'stages' | 'reasons' | 'findings' | 'policyDifferences'>,
  outcomes: readonly StackOutcome[],
  confirm: string | undefined,
): RunPlan['environments'] {
  const idle = new Set(idleEnvironments(plan, outcomes));
  const toNote = environmentsToNote(plan);
  const otherGates = new Set(plan.policyDifferences.map(({ environment }) => environment));
  return plan.environments.filter((one) => {
    const { name, apply } = one;
    if (apply === 'never' || awaitsConfirmation(one, confirm)) return false;
    return !idle.has(name) || (toNote.has(name) && (apply === 'auto' || otherGates.has(name)));
  });
}

/**
 * Names of the environments that this plan has looked at as a whole, and in which it would change
 * nothing: they are as good as applied at its commit, though nothing may note that. Those that it
 * has looked at only because they come before its own are among them.
 */
export function environmentsUpToDate(
  plan: Pick<RunPlan, 'environments' | 'stages' | 'reasons' | 'findings' | 'earlierUpToDate'>,
  outcomes: readonly StackOutcome[],
): readonly string[] {
  const isPart = [...plan.reasons.values()].some(({ kind }) => kind === 'glob');
  return [...plan.earlierUpToDate, ...(isPart ? [] : idleEnvironments(plan, outcomes))];
}

function idleEnvironments(
  { environments, stages, findings }: Pick<RunPlan, 'environments' | 'stages' | 'findings'>,
  outcomes: readonly StackOutcome[],
): readonly string[] {
  const unchanged = new Set(
    outcomes.filter(({ end }) => end.status === 'unchanged').map(({ stack }) => stack.id),
  );
  const busy = new Set([
    ...stages
      .filter(({ stacks }) => stacks.some(({ stack }) => !unchanged.has(stack.id)))
      .map(({ environment }) => environment),
    ...statesToMove(findings).map(({ to }) => to.environment),
  ]);
  return environments.map(({ name }) => name).filter((name) => !busy.has(name));
}

/** Those of whose stacks an older commit is noted, or a state that something else has changed. */
function environmentsToNote({
  stages,
  reasons,
}: Pick<RunPlan, 'stages' | 'reasons'>): ReadonlySet<string> {
  const isBehind = (id: string): boolean => {
    const kind = reasons.get(id)?.kind;
    return kind === 'affected' || kind === 'dependent';
  };
  return new Set(
    stages
      .filter(({ stacks }) =>
        stacks.some(({ stack }) => isBehind(stack.id) && isWithinReach(stack)),
      )
      .map(({ environment }) => environment),
  );
}

/** Whether an environment is applied only by a run that a person has started for it. */
export function awaitsConfirmation(
  { name, apply, gate }: RunPlan['environments'][number],
  confirm: string | undefined,
): boolean {
  return apply === 'approval' && gate === 'dispatch' && confirm !== name;
}
