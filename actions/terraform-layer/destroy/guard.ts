import picomatch from 'picomatch';
import type { Guards } from '../config/infra-config.js';
import type { PlanChanges } from '../review/changes.js';
import type { StopReason } from '../schedule/outcome.js';

/**
 * What of a destroy is protected by `prevent-destroy` and not allowed by name. A confirmation
 * names an environment, not the database in it: it opens no guard. Pure.
 */
export function destroyGuard(
  { resources }: Pick<PlanChanges, 'resources'>,
  { preventDestroy }: Pick<Guards, 'preventDestroy'>,
  allowDestroy: readonly string[],
): readonly StopReason[] {
  const isProtected = matcher(preventDestroy);
  const isAllowed = matcher(allowDestroy);
  const addresses = resources
    .filter(({ kind }) => kind === 'destroy' || kind === 'replace')
    .filter((resource) => isProtected(resource) && !isAllowed(resource))
    .map(({ address }) => address);
  if (addresses.length === 0) return [];
  const hint = `name what may go, by type or address: allow-destroy: ${addresses[0] ?? ''}`;
  return [{ kind: 'guard', guard: 'prevent-destroy', addresses, hint }];
}

/** Globs over types and addresses; an address with brackets also stands for itself. */
function matcher(
  globs: readonly string[],
): (resource: { readonly type: string; readonly address: string }) => boolean {
  const matches = globs.map((glob) => picomatch(glob, { bash: true, dot: true }));
  return ({ type, address }) =>
    globs.includes(address) || matches.some((match) => match(type) || match(address));
}
