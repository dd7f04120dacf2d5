import type { Problem } from '../shared/errors.js';
import type { RemoteImage, Repository } from './repository.js';

export const tagLengthLimit = 128;

/** OCI distribution specification, "Pulling manifests": what a tag may be. */
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export const tagRule =
  'a tag is 1 to 128 letters, digits, "_", "." or "-", and starts with none of "." and "-"';

/** The tag under which an image is found again by what it was built from (`./key/content-key.ts`). */
export const keyTagPattern = /^key-[0-9a-f]{32}$/;

/** Every problem of a list of tags: alphabet, length, a tag given twice, one that is ours. */
export function tagProblems(tags: readonly string[], input = 'tags'): readonly Problem[] {
  const at = { input };
  return tags.flatMap((tag, index): readonly Problem[] => {
    if (!tagPattern.test(tag)) {
      return [{ code: 'tag-not-allowed', message: `${JSON.stringify(tag)}: ${tagRule}`, at }];
    }
    if (keyTagPattern.test(tag)) {
      const message = `${JSON.stringify(tag)} stands for what an image was built from`;
      return [{ code: 'tag-reserved', message, at, hint: 'skip-if-exists puts such tags' }];
    }
    if (tags.indexOf(tag) !== index) {
      return [{ code: 'tag-twice', message: `${JSON.stringify(tag)} is given twice`, at }];
    }
    return [];
  });
}

/** The tag of a commit: `sha-` and the first 12 characters of its id. */
export function commitTag(sha: string): string {
  return `sha-${sha.slice(0, 12)}`;
}

/**
 * True where `tag` of the repository can never be moved.
 *
 * ECR user guide, "Preventing image tags from being overwritten": exclusion filters turn the
 * repository's setting around for the tags that they match; `*` stands for any characters.
 */
export function isImmutable(tag: string, repository: Repository): boolean {
  const excluded = repository.mutabilityExclusions.some((filter) => wildcard(filter).test(tag));
  switch (repository.tagMutability) {
    case 'MUTABLE':
      return false;
    case 'IMMUTABLE':
      return true;
    case 'MUTABLE_WITH_EXCLUSION':
      return excluded;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return !excluded;
  }
}

/** An image as far as it is known before it is pushed. */
export interface KnownImage {
  /** Digest of its manifest or index; unknown for what an engine has built and not pushed. */
  readonly digest?: string;
  /** The engine's image id: the digest of its configuration, or of its manifest. */
  readonly imageId?: string;
}

export interface SettledTags {
  /** To be put on the image, now absent or on another image that they may leave. */
  readonly write: readonly string[];
  /** Already on this very image. */
  readonly present: readonly { readonly tag: string; readonly digest: string }[];
  /** Immutable, and on another image. */
  readonly conflicts: readonly Problem[];
}

/** Decides for each tag what is to be done, from what the repository holds. */
export function settleTags(
  image: KnownImage,
  tags: readonly string[],
  repository: Repository,
  remote: ReadonlyMap<string, RemoteImage>,
): SettledTags {
  const write: string[] = [];
  const present: { readonly tag: string; readonly digest: string }[] = [];
  const conflicts: Problem[] = [];
  for (const tag of tags) {
    const there = remote.get(tag);
    if (there !== undefined && isSameImage(image, there))
      present.push({ tag, digest: there.digest });
    else if (there !== undefined && isImmutable(tag, repository)) {
      conflicts.push(conflict(tag, image, repository, there));
    } else write.push(tag);
  }
  return { write, present, conflicts };
}

/** The configuration lists the layers' digests: two images with one configuration are one image. */
export function isSameImage(image: KnownImage, there: RemoteImage): boolean {
  if (image.digest !== undefined) return image.digest === there.digest;
  return (
    image.imageId !== undefined &&
    (image.imageId === there.configDigest || image.imageId === there.digest)
  );
}

function conflict(
  tag: string,
  image: KnownImage,
  repository: Repository,
  there: RemoteImage,
): Problem {
  const ours = image.digest === undefined ? `image id ${image.imageId ?? 'unknown'}` : image.digest;
  return {
    code: 'tag-immutable',
    message: `the tag ${tag} of ${repository.name} is immutable and names ${there.digest}; this image is ${ours}`,
    at: { input: 'tags' },
    hint: 'deploy the digest that is there, push under another tag, or let this one move by an exclusion filter of the repository',
  };
}

function wildcard(filter: string): RegExp {
  const parts = filter.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
