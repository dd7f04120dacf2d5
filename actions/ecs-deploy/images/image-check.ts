import { parseEcrHost } from '../../shared/ecr-host.js';
import { OperationError, type Problem } from '../../shared/errors.js';
import { isAccessDenied } from '../aws/calls.js';
import {
  formatImageReference,
  parseImageReference,
  repositoryUri,
  type ImageReference,
} from './image-reference.js';
import type { DeployPorts, ImageName, Repository } from '../ports.js';
import { isPinned, type Pinned } from './pinned-tag.js';
import type { PublicImage } from '../registry/ports.js';

/** An image as it goes into the task definition. */
export interface ResolvedImage {
  readonly image: string;
  /** Absent where neither the reference nor ECR says it. */
  readonly digest: string | undefined;
  /** The ECR repository that was asked; absent for other registries. */
  readonly repository: Repository | undefined;
  /** What a registry other than ECR says of it. */
  readonly elsewhere?: PublicImage | undefined;
  /** The tag that a registry other than ECR gave the digest for. */
  readonly pinnedTag?: string | undefined;
}

type Ports = Pick<DeployPorts, 'images' | 'log' | 'registries'>;

/**
 * Checks that an image is there, and pins its digest.
 *
 * A registry is ECR where its host says so, or where ECR itself names it as the URI of the
 * repository (an ECR behind another host name). Of other registries that is read which they give to
 * everybody; what cannot be read stays at the digest that the same tag had before, or is taken at its
 * word.
 *
 * @param pinned what the container runs now
 * @returns the image, or the problem with it: `image-missing`, `repository-missing`
 */
export async function checkImage(
  ports: Ports,
  reference: ImageReference,
  input: string,
  pinned?: Pinned,
): Promise<ResolvedImage | Problem> {
  const { host } = reference;
  const ecr = host === undefined ? undefined : parseEcrHost(host);
  const repository: Repository = { name: reference.repository, ...ecr };
  try {
    if (ecr === undefined && !(await isEcr(ports, reference, repository))) {
      return await checkElsewhere(ports, reference, pinned);
    }
    const name: ImageName =
      reference.digest === undefined
        ? { tag: reference.tag ?? 'latest' }
        : { digest: reference.digest };
    const digest = await ports.images.findDigest(repository, name);
    if (digest === undefined) return await imageMissing(ports, reference, repository, input);
    return { image: `${repositoryUri(reference)}@${digest}`, digest, repository };
  } catch (thrown) {
    if (!isAccessDenied(thrown)) throw thrown;
    return unchecked(ports, reference, (thrown as Error).message);
  }
}

/**
 * Checks a digest in a repository, named with or without its registry.
 *
 * @returns the image, or the problem with it: `image-missing`, `repository-missing`
 */
export async function checkDigest(
  ports: Ports,
  repository: string,
  digest: string,
): Promise<ResolvedImage | Problem> {
  const named = parseImageReference(repository);
  if (named?.host !== undefined) {
    return checkImage(ports, { ...named, tag: undefined, digest }, 'image-digest');
  }
  const uri = await ports.images.repositoryUri({ name: repository });
  const reference = uri === undefined ? undefined : parseImageReference(uri);
  if (reference === undefined) return repositoryMissing(repository, 'repository');
  return checkImage(ports, { ...reference, digest }, 'image-digest');
}

/** An image of another registry: what cannot be read there may still be what ECS can pull. */
async function checkElsewhere(
  ports: Ports,
  reference: ImageReference,
  pinned: Pinned | undefined,
): Promise<ResolvedImage> {
  const before = pinned !== undefined && isPinned(reference, pinned) ? pinned : undefined;
  try {
    const found = await ports.registries.find(reference);
    const { digest } = found;
    const image = `${repositoryUri(reference)}@${digest}`;
    const { tag = 'latest' } = reference;
    const pinnedTag = reference.digest === undefined ? tag : before?.tag;
    return { image, digest, repository: undefined, elsewhere: found, pinnedTag };
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return before === undefined
      ? unchecked(ports, reference, thrown.message)
      : unmoved(ports, reference, before, thrown.message);
  }
}

/** A registry that does not answer for once is no reason for a rollout. */
function unmoved(
  ports: Ports,
  reference: ImageReference,
  { digest, tag }: Pinned,
  why: string,
): ResolvedImage {
  const image = `${repositoryUri(reference)}@${digest}`;
  ports.log.notice(`${formatImageReference(reference)} stays at ${digest}, unchecked: ${why}`);
  return { image, digest, repository: undefined, pinnedTag: tag };
}

async function isEcr(
  ports: Ports,
  reference: ImageReference,
  repository: Repository,
): Promise<boolean> {
  // Docker Hub's short form has no host that ECR could name.
  if (reference.host === undefined) return false;
  // A role that may not ask ECR can still read what other registries give to everybody.
  const uri = await unlessDenied(() => ports.images.repositoryUri(repository), undefined);
  return uri === repositoryUri(reference);
}

function unchecked(ports: Ports, reference: ImageReference, why: string): ResolvedImage {
  const image = formatImageReference(reference);
  if (reference.digest === undefined) {
    ports.log.warning(`${image} is deployed by its tag, unchecked: ${why}`);
  } else {
    ports.log.info(`${image} is deployed unchecked: ${why}`);
  }
  return { image, digest: reference.digest, repository: undefined };
}

async function imageMissing(
  ports: Ports,
  reference: ImageReference,
  repository: Repository,
  input: string,
): Promise<Problem> {
  // These two only improve the message.
  const uri = await unlessDenied(() => ports.images.repositoryUri(repository), 'denied');
  if (uri === undefined) return repositoryMissing(reference.repository, input);
  const tags = await unlessDenied(() => ports.images.newestTags(repository, 10), []);
  const wanted =
    reference.digest === undefined ? `tag "${reference.tag ?? ''}"` : `digest ${reference.digest}`;
  return {
    code: 'image-missing',
    message: `repository ${reference.repository} has no image with ${wanted}`,
    at: { input },
    hint:
      tags.length === 0 ? 'no tagged image is to be seen there' : `newest tags: ${tags.join(', ')}`,
  };
}

async function unlessDenied<T>(run: () => Promise<T>, fallback: T): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (isAccessDenied(thrown)) return fallback;
    throw thrown;
  }
}

function repositoryMissing(repository: string, input: string): Problem {
  return {
    code: 'repository-missing',
    message: `there is no ECR repository "${repository}" in this account and region`,
    at: { input },
  };
}

export function isProblem(value: ResolvedImage | Problem): value is Problem {
  return 'code' in value;
}
