import type { Guards } from '../config/infra-config.js';
import type { PlanChanges } from '../review/changes.js';
import { guardFindings } from '../review/guards.js';
import type { StopReason } from '../schedule/outcome.js';

/**
 * What of a destroy is protected by `prevent-destroy` and not allowed by name, as for an apply. A
 * confirmation names an environment, not the database in it: it opens no guard. `max-destroys`
 * does not count here: that everything goes is what was confirmed. Pure.
 */
export function destroyGuard(
  changes: PlanChanges,
  { preventDestroy }: Pick<Guards, 'preventDestroy'>,
  allowDestroy: readonly string[],
): readonly StopReason[] {
  const guards = { preventDestroy, maxDestroys: Infinity };
  return guardFindings(changes, guards, allowDestroy).map((finding) => ({
    ...finding,
    // No pull request, so no label.
    hint: `name what may go, by type or address: allow-destroy: ${finding.addresses[0] ?? ''}`,
  }));
}
