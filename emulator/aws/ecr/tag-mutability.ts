import type { Scope } from './scope.js';
import { scopeKey } from './scope.js';

/** A part of `imageTagMutabilityExclusionFilters` (ECR API reference). */
export interface ExclusionFilter {
  readonly filterType?: string;
  readonly filter: string;
}

/** Whether the tags of a repository can be moved. */
export interface TagMutability {
  readonly mode: string;
  readonly exclusionFilters: readonly ExclusionFilter[];
}

/**
 * Tells whether a tag may be moved to another image (ECR user guide, "Preventing image tags from
 * being overwritten"): an excluded tag behaves the other way than the repository. `*` in a filter
 * stands for any text.
 */
export function mayMoveTag({ mode, exclusionFilters }: TagMutability, tag: string): boolean {
  const excluded = exclusionFilters.some(({ filter }) => like(tag, filter));
  switch (mode) {
    case 'IMMUTABLE':
      return false;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return excluded;
    case 'MUTABLE_WITH_EXCLUSION':
      return !excluded;
    default:
      return true;
  }
}

/** A filter of ECR's: `*` stands for any text, in the whole of the value. */
export function like(value: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(value);
}

/** The exclusion filters of repositories, which the backend drops. */
export interface ExclusionFilters {
  of(scope: Scope, repositoryName: string): readonly ExclusionFilter[];
  set(scope: Scope, repositoryName: string, filters: readonly ExclusionFilter[]): void;
  clear(): void;
}

export function createExclusionFilters(): ExclusionFilters {
  const kept = new Map<string, readonly ExclusionFilter[]>();
  const key = (scope: Scope, name: string): string => `${scopeKey(scope)}/${name}`;
  return {
    of: (scope, name) => kept.get(key(scope, name)) ?? [],
    set(scope, name, filters) {
      if (filters.length === 0) kept.delete(key(scope, name));
      else kept.set(key(scope, name), filters);
    },
    clear: () => kept.clear(),
  };
}
