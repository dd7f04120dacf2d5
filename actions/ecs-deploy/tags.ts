import type { Tag } from './model.js';

/**
 * Our own tags besides those kept from another resource, which ours replace even where they have no
 * value. AWS keeps `aws:` for itself and refuses it in a call.
 */
export function withOwnTags(
  kept: readonly Tag[],
  own: Readonly<Record<string, string | undefined>>,
): readonly Tag[] {
  return [...kept.filter(({ key }) => !(key in own) && !key.startsWith('aws:')), ...tagsOf(own)];
}

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
