import type { RegisteredDefinition } from '../model.js';
import { imageOf } from '../definition/task-definition.js';
import type { ResolvedImage } from './image-check.js';
import { parseImageReference, repositoryUri, type ImageReference } from './image-reference.js';

const ownTag = 'infra-actions:image:';

/** Longest key of a tag (Amazon ECS Developer Guide, "Tag restrictions"). */
const longestKey = 128;

/** An image that runs by a digest which was once read of a tag. */
export interface Pinned {
  readonly repositoryUri: string;
  readonly tag: string;
  readonly digest: string;
}

/**
 * What a container of a revision is pinned to, by the revision's own tag; `undefined` where the
 * revision records none, or where its image is not the one that was pinned.
 */
export function pinnedIn(
  { definition, tags }: RegisteredDefinition,
  container: string,
): Pinned | undefined {
  const image = parseImageReference(imageOf(definition, container) ?? '');
  if (image?.digest === undefined) return undefined;
  const { digest } = image;
  const value = tags.find(({ key }) => key === `${ownTag}${container}`)?.value;
  if (value?.endsWith(`@${digest}`) !== true) return undefined;
  return {
    repositoryUri: repositoryUri(image),
    tag: value.slice(0, -`@${digest}`.length),
    digest,
  };
}

/** Whether a reference asks for the tag, or the digest, that was pinned. */
export function isPinned(reference: ImageReference, pinned: Pinned): boolean {
  const { digest, tag = 'latest' } = reference;
  return (
    repositoryUri(reference) === pinned.repositoryUri &&
    (digest === undefined ? tag === pinned.tag : digest === pinned.digest)
  );
}

/** Our tags that record what images are pinned to; without a value where one is not. */
export function pinTags(
  images: Readonly<Record<string, Pick<ResolvedImage, 'digest' | 'pinnedTag'>>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(images).flatMap(([container, { digest, pinnedTag }]) => {
      const key = `${ownTag}${container}`;
      if (key.length > longestKey) return [];
      return [[key, pinnedTag && digest && `${pinnedTag}@${digest}`]];
    }),
  );
}
