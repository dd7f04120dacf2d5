import type { Tag } from './model.js';

/**
 * Tags without what AWS would refuse ("Tagging your Amazon ECS resources": 256 characters of this
 * set); a value that is absent makes no tag.
 */
export function tagsOf(values: Readonly<Record<string, string | undefined>>): readonly Tag[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [{ key, value: value.replaceAll(/[^\p{L}\p{N} _.:/=+\-@]/gu, '_').slice(0, 256) }],
  );
}
