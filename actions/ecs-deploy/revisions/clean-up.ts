import type { Observed } from '../plan.js';
import { mostAtOnce, revisionsToDeregister } from './keep.js';
import type { KeepRevisions } from './deregister.js';

export interface DeregisterStep {
  readonly kind: 'deregister-revisions';
  readonly request: KeepRevisions;
  /** What would be deregistered as things are; known in a dry run. */
  readonly revisions: readonly string[] | undefined;
  readonly reason: string;
}

/** The live families that a release registers revisions in: the service's, and those of its tasks. */
export function liveFamilies({
  base,
  around,
}: Pick<Observed, 'base' | 'around'>): readonly string[] {
  const ofTasks = around.tasks.map(({ task }) => task.liveFamily);
  return [...new Set([base.liveFamily, ...ofTasks])];
}

/**
 * The step after a success, so that a rollback always finds what it needs.
 *
 * @param registering families in which a revision is registered before, which counts as one that stays
 */
export function cleanUp(
  observed: Observed,
  registering: ReadonlySet<string | undefined>,
  keep: number | undefined,
): readonly DeregisterStep[] {
  if (keep === undefined) return [];
  const { running, target, revisions, around } = observed;
  const families = liveFamilies(observed);
  const known = [
    running.arn,
    target.release?.current?.taskDefinition,
    ...around.tasks.map(({ live }) => live?.arn),
  ];
  const never = known.filter((arn) => arn !== undefined);
  return [
    {
      kind: 'deregister-revisions',
      request: { families, keep, never },
      revisions:
        revisions &&
        [...revisions]
          .flatMap(([family, facts]) =>
            revisionsToDeregister(facts, registering.has(family) ? keep - 1 : keep, never),
          )
          .slice(0, mostAtOnce),
      reason: `beyond the newest ${keep} of family ${families.join(', ')}, unless something uses them`,
    },
  ];
}
