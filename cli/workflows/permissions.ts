import { z } from 'zod';

/** What a job's token may do with one part of the repository. */
export type Level = 'none' | 'read' | 'write';

/** Scope → level; a scope that is not there has `none`. */
export type Permissions = Readonly<Record<string, Level>>;

export const permissionsSchema = z.union([
  z.enum(['read-all', 'write-all']),
  z.record(z.string(), z.enum(['none', 'read', 'write'])),
]);

/** `permissions:` as a workflow or a job writes it. */
export type PermissionsBlock = z.infer<typeof permissionsSchema>;

/**
 * What a job has that names no permissions anywhere, where the repository gives its token little
 * ("Use GITHUB_TOKEN for authentication in workflows"; `LimitedRead` in the sources of
 * `actions/runner`). The other setting gives more, and no file says which of the two holds.
 */
const restrictedDefault: Permissions = { contents: 'read', packages: 'read' };

/** One scope of which a caller grants less than is asked for. */
export interface MissingPermission {
  readonly scope: string;
  readonly wanted: Level;
  readonly granted: Level;
}

/** The level that a block gives of a scope; `id-token` has no `read` to be in `read-all`. */
export function grantedLevel(block: PermissionsBlock | undefined, scope: string): Level {
  if (block === 'write-all') return 'write';
  if (block === 'read-all') return scope === 'id-token' ? 'none' : 'read';
  return (block ?? restrictedDefault)[scope] ?? 'none';
}

/** Scopes of which `wanted` asks more than a block grants, by name. */
export function missingPermissions(
  wanted: Permissions,
  block: PermissionsBlock | undefined,
): readonly MissingPermission[] {
  return Object.entries(wanted)
    .map(([scope, level]) => ({ scope, wanted: level, granted: grantedLevel(block, scope) }))
    .filter((one) => rank[one.wanted] > rank[one.granted])
    .sort((a, b) => (a.scope < b.scope ? -1 : 1));
}

/** The highest level of each scope, the scopes by name. */
export function allPermissions(blocks: readonly Permissions[]): Permissions {
  const highest: Record<string, Level> = {};
  for (const block of blocks) {
    for (const [scope, level] of Object.entries(block)) {
      if (rank[level] > rank[highest[scope] ?? 'none']) highest[scope] = level;
    }
  }
  return Object.fromEntries(Object.entries(highest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const rank: Readonly<Record<Level, number>> = { none: 0, read: 1, write: 2 };
