import { OperationError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';
import type { Images } from './ecr.js';
import type { Repository } from './repository.js';
import { isImmutable } from './tags.js';

/**
 * Reads back what the tags name; returns the size (bytes) that ECR tells. A tag that can be moved,
 * and that another run has moved since, is only told of.
 *
 * @throws OperationError `digest-differs`
 */
export async function verify(
  ports: { readonly ecr: Images; readonly log: Logger },
  repository: Repository,
  digest: string,
  tags: readonly string[],
): Promise<number | undefined> {
  const found = await ports.ecr.describeTags(repository.name, tags);
  const ours = [...found.values()].find((image) => image.digest === digest);
  const wrong = tags.filter((tag) => found.get(tag)?.digest !== digest);
  const lines = wrong.map((tag) => `${tag} names ${found.get(tag)?.digest ?? 'nothing'}`);
  const moved = wrong.every((tag) => found.has(tag) && !isImmutable(tag, repository));
  const isThere =
    ours !== undefined || (await ports.ecr.imageByDigest(repository.name, digest)) !== undefined;
  if (!moved || !isThere) {
    throw new OperationError(
      'digest-differs',
      `${digest} was pushed, but in ${repository.name} ${isThere ? lines.join(', ') : 'it is not there'}`,
      { details: { digest, repository: repository.name, tags: wrong } },
    );
  }
  if (wrong.length > 0) {
    ports.log.warning(
      `${digest} was pushed, and another run has moved tags since: ${lines.join(', ')}`,
    );
  }
  return ours?.sizeBytes;
}
