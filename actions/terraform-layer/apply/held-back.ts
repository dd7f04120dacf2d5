import type { ObservedHistory } from '../changes/observed-history.js';
import { heldBack } from '../changes/pending-upstreams.js';
import type { Ports } from '../effects.js';
import type { RunPlan } from '../plan.js';

/** In one message. */
const namedStacks = 5;

type Pending = Pick<ObservedHistory, 'pending'>;

/**
 * Ids of the stacks that read one which is yet to be brought to this commit, and not by this run: in
 * another environment, most often, that waits for its approval. What was last applied in them is not
 * moved on, so that they are planned again once that one is applied.
 */
export function stacksHeldBack(
  { workspace, reasons }: Pick<RunPlan, 'workspace' | 'reasons'>,
  { pending }: Pending,
): ReadonlySet<string> {
  return heldBack(pending, new Set(reasons.keys()), workspace.edges);
}

/** Says which stacks of the run are not done with this commit, and what they wait for. */
export function tellHeldBack(
  { workspace, reasons }: Pick<RunPlan, 'workspace' | 'reasons'>,
  behind: ReadonlySet<string>,
  { pending }: Pending,
  { log, secrets }: Pick<Ports, 'log' | 'secrets'>,
): void {
  const named = (belongs: (id: string) => boolean): string => {
    const names = workspace.stacks.filter(({ id }) => belongs(id)).map((one) => one.displayId);
    const more = names.length > namedStacks ? ` and ${names.length - namedStacks} more` : '';
    return `${names.slice(0, namedStacks).join(', ')}${more}`;
  };
  const own = named((id) => behind.has(id) && reasons.has(id));
  if (own === '') return;
  const open = named((id) => pending.has(id) && !reasons.has(id));
  log.notice(
    secrets.redact(`${own}: planned again once ${open} is applied, whose state they read.`),
  );
}
