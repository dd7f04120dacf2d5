import { shortName } from '../model.js';

export interface RevisionFacts {
  /** ARNs of active revisions of the live family, newest first. */
  readonly active: readonly string[];
  /** Those that carry a tag of ours. */
  readonly ours: ReadonlySet<string>;
  /** ARNs, `family:revision`, or texts that hold either. */
  readonly used: readonly string[];
}

/** A clean-up deregisters at most so many, as ECS allows one such call a second. */
export const mostAtOnce = 20;

/**
 * Which revisions are no longer needed, the oldest first: beyond the newest `keep`, used by
 * nothing, and not in `never`. Where any revision of the family carries our tag, those without it
 * are somebody else's and stay.
 */
export function revisionsToDeregister(
  facts: RevisionFacts,
  keep: number,
  never: readonly string[],
): readonly string[] {
  const needed = new Set([...never, ...facts.used].flatMap(revisionNames));
  return facts.active
    .slice(keep)
    .filter((arn) => facts.ours.size === 0 || facts.ours.has(arn))
    .filter((arn) => !needed.has(shortName(arn)))
    .reverse()
    .slice(0, mostAtOnce);
}

/** Each `family:revision` in a text; in an ARN, its end. */
function revisionNames(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|[/"'\s])([\w-]{1,255}:\d+)(?!\d)/g)].map(
    (match) => match[1] ?? '',
  );
}
