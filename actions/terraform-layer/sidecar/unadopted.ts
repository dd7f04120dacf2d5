import { z } from 'zod';
import type { Orphan } from '../schedule/outcome.js';

const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        change: z.object({ importing: z.object({ id: z.string().optional() }).nullish() }),
      }),
    )
    .default([]),
});

/**
 * The orphans that keep a plan from being applied: it could make them once more, and take the
 * address that their `import` block needs. Pure. None are those
 *
 * - that the plan imports,
 * - that are known by their configuration alone: their name can be taken once, so that AWS refuses
 *   a second one, or has the same one afterwards,
 * - whose create the provider has answered with an error.
 *
 * @param json as `terraform show -json` prints a plan; undefined: a plan that adopts nothing
 */
export function unadopted(orphans: readonly Orphan[], json: unknown): readonly Orphan[] {
  if (orphans.length === 0) return [];
  const plan = planSchema.safeParse(json).data;
  const imports = (plan?.resource_changes ?? []).flatMap(({ address, type, change }) =>
    change.importing == null ? [] : [{ address, type, id: change.importing.id }],
  );
  const isSame = (orphan: Orphan, one: (typeof imports)[number]): boolean =>
    orphan.id !== undefined && orphan.type === one.type && orphan.id === one.id;
  return orphans.filter((orphan) => {
    if (orphan.idFromConfiguration === true) return false;
    if (orphan.id === undefined && orphan.createFailed === true) return false;
    return !imports.some(
      (one) =>
        isSame(orphan, one) ||
        // A few types are imported by something else than their id.
        (orphan.address === one.address && !orphans.some((other) => isSame(other, one))),
    );
  });
}
