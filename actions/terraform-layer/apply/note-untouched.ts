import { runUrl } from '../../shared/github-context.js';
import type { ObservedHistory } from '../changes/history.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import type { RunAccess } from '../run-access.js';
import { isSuccess, type StackOutcome } from '../schedule/outcome.js';
import { writeLedger, type AppliedEntry } from '../sidecar/ledger.js';
import { tolerance } from '../sidecar/tolerance.js';
import { stacksHeldBack } from './held-back.js';

/** The commit whose code an apply brings to the world. */
export function appliedSha(history: ObservedHistory, { github }: Ports): string | undefined {
  return history.head ?? github?.sha;
}

/**
 * Where an environment was applied in full, its stacks that nothing has touched are current too:
 * else the base of the next apply, and the gates that are read from it, would stay behind for ever.
 */
export async function noteUntouched(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  { layers }: Inputs,
  history: ObservedHistory,
  { sidecars }: Pick<RunAccess, 'sidecars'>,
  ports: Ports,
): Promise<void> {
  const sha = history.head;
  if (plan.command !== 'apply' || layers.kind !== 'changed' || sha === undefined) return;
  const done = new Set(outcomes.map(({ stack }) => stack.id));
  const chosen = new Set(plan.reasons.keys());
  const behind = stacksHeldBack(plan, history);
  const current = plan.environments
    .filter(({ name }) =>
      outcomes.filter(({ stack }) => stack.environment === name).every(isSuccess),
    )
    .flatMap(({ name }) => plan.workspace.stacks.filter(({ environment }) => environment === name))
    .filter(({ id }) => !done.has(id) && !chosen.has(id) && !behind.has(id));
  const { github, clock } = ports;
  const entry: AppliedEntry = {
    version: 1,
    sha,
    at: new Date(clock.now()).toISOString(),
    ...(github === undefined ? {} : { runUrl: runUrl(github), actor: github.actor }),
  };
  await writeLedger(current, entry, sidecars, tolerance(ports));
}
