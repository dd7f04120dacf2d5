import type { TagRule } from './tag-rules.js';

const movingRules: ReadonlySet<TagRule['kind']> = new Set([
  'branch',
  'semver-minor',
  'semver-major',
  'latest',
  'environment',
]);

/** Whether each next image takes such a tag over. */
export function moves({ kind }: TagRule): boolean {
  return movingRules.has(kind);
}

/** Whether a tag that was given by name is one that the rules `latest` and `environment` make. */
export function movesByName(tag: string): boolean {
  return tag === 'latest' || tag.startsWith('env-');
}

/**
 * What a repository with immutable tags has to except so that these tags can move (ECR API
 * reference, "ImageTagMutabilityExclusionFilter"). A filter knows `*` alone: one for all versions
 * like `1.2`, or for all branches, would match `1.2.3` and commits as well, so that of those only
 * the tags themselves are excepted. The rules make no more than the five that ECR takes.
 */
export function exclusionFilters(movingTags: readonly string[]): readonly string[] {
  return [...new Set(movingTags.map((tag) => (tag.startsWith('env-') ? 'env-*' : tag)))];
}
