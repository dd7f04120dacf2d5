import { runUrl } from '../../shared/github-context.js';
import type { ObservedHistory } from '../changes/observed-history.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import type { RunAccess } from '../run-access.js';
import { isSuccess, type StackOutcome } from '../schedule/outcome.js';
import { readLedger, writeLedger, type AppliedEntry } from '../sidecar/ledger.js';
import { tolerance } from '../sidecar/tolerance.js';

/** The commit whose code an apply brings to the world. */
export function appliedSha(history: ObservedHistory, { github }: Ports): string | undefined {
  return history.head ?? github?.sha;
}

/**
 * Where an environment was applied in full, its stacks that nothing has touched are current too:
 * else the base of the next apply, and the gates that are read from it, would stay behind for ever. One whose
 * state was changed while this run went on stays marked: the next apply covers it.
 */
export async function noteUntouched(
  outcomes: readonly StackOutcome[],
  { sidecars }: Pick<RunAccess, 'sidecars'>,
  run: {
    readonly plan: Pick<RunPlan, 'command' | 'environments' | 'reasons' | 'workspace'>;
    readonly inputs: Pick<Inputs, 'layers' | 'leg'>;
    readonly history: Pick<ObservedHistory, 'head' | 'undone'>;
    /** Ids of the stacks that are held back. */
    readonly behind: ReadonlySet<string>;
    readonly ports: Pick<Ports, 'github' | 'clock' | 'log' | 'secrets'>;
  },
): Promise<void> {
  const { plan, behind, ports } = run;
  const { layers, leg } = run.inputs;
  const { head: sha, undone } = run.history;
  if (plan.command !== 'apply' || layers.kind !== 'changed' || sha === undefined) return;
  // Of several jobs the last one knows of all, and only where none has left anything.
  if (leg !== undefined && (!leg.isLast || (undone?.size ?? 0) > 0)) return;
  const done = new Set(outcomes.map(({ stack }) => stack.id));
  const chosen = new Set(plan.reasons.keys());
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
  const tolerate = tolerance(ports);
  const noted = await readLedger(current, sidecars, tolerate);
  const clean = current.filter(({ id }) => {
    const known = noted.get(id);
    return known !== undefined && known.stateChangedBy === undefined;
  });
  await writeLedger(clean, entry, sidecars, tolerate);
}
