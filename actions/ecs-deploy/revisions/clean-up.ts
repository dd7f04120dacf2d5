import type { Observed } from '../plan.js';
import type { KeepRevisions } from './deregister.js';
import { revisionsToDeregister } from './keep.js';

export interface DeregisterStep {
  readonly kind: 'deregister-revisions';
  readonly request: KeepRevisions;
  /** What would be deregistered as things are; known in a dry run. */
  readonly revisions: readonly string[] | undefined;
  readonly reason: string;
}

/**
 * The step after a success, so that a rollback always finds what it needs.
 *
 * @param registers whether a revision is registered before, which counts as one that stays
 */
export function cleanUp(
  { base, running, target, revisions }: Observed,
  registers: boolean,
  keep: number | undefined,
): readonly DeregisterStep[] {
  if (keep === undefined) return [];
  const released = target.release?.current?.taskDefinition;
  const never = [running.arn, ...(released === undefined ? [] : [released])];
  const left = registers ? keep - 1 : keep;
  return [
    {
      kind: 'deregister-revisions',
      request: { family: base.liveFamily, keep, never },
      revisions: revisions && revisionsToDeregister(revisions, left, never),
      reason: `beyond the newest ${keep} of family ${base.liveFamily}, unless something uses them`,
    },
  ];
}
