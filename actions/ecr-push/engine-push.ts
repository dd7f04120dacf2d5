import type { Clock } from '../shared/clock.js';
import { OperationError, UserError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';
import { adoptWinner } from './adopt.js';
import { withAgain } from './again.js';
import type { Ecr } from './ecr.js';
import type { Engine, StoredImage } from './engines/engine.js';
import { manifestOf, putTags, type Pushed, type TagOutcome } from './put-tags.js';
import { registryOf, type Repository } from './repository.js';
import { settleTags } from './tags.js';

export interface EnginePushPorts {
  readonly ecr: Ecr;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface EnginePushRequest {
  readonly engine: Engine;
  readonly repository: Repository;
  readonly built: StoredImage;
  readonly builtReference: string;
  readonly tags: readonly string[];
  /** The content key, pushed first: whoever gets it decides which image the tags are put on. */
  readonly keyTag: string | undefined;
}

/**
 * Pushes an image with its engine under one tag, and puts the others on it by the API: so they can
 * only ever name what is there whole.
 *
 * A push that failed is done again, with a new login. What the tags name is read before each
 * attempt: another run may have pushed the same image, or another of the same content.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `push-failed`, `tag-taken` of the last attempt, `cancelled`, `ecr-…`
 */
export async function pushWithRetries(
  ports: EnginePushPorts,
  request: EnginePushRequest,
): Promise<Pushed> {
  return withAgain(ports, () => pushOnce(ports, request));
}

async function pushOnce(ports: EnginePushPorts, request: EnginePushRequest): Promise<Pushed> {
  const { ecr } = ports;
  const { repository, engine, built, keyTag, tags } = request;
  const { name } = repository;
  const wanted = keyTag === undefined ? tags : [keyTag, ...tags];
  const remote = await ecr.imagesByTag(name, wanted);
  const image = { imageId: built.imageId };
  const winner = await adoptWinner(ecr, { repository, image, tags, keyTag, remote });
  if (winner !== undefined) return winner;
  const settled = settleTags(image, wanted, repository, remote);
  if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
  const outcomes = new Map<string, TagOutcome>(settled.present.map(({ tag }) => [tag, 'kept']));

  const [kept] = settled.present;
  const [first, ...others] = settled.write;
  if (kept !== undefined) {
    const there = remote.get(kept.tag);
    if (there !== undefined) await putTags(ecr, name, manifestOf(there), settled.write, outcomes);
    return { digest: kept.digest, outcomes, adopted: false };
  }
  if (first === undefined) throw new OperationError('push-failed', 'there is no tag to push');
  const digest = await ports.log.group(`Push with ${engine.name}`, async () =>
    engine.push({
      builtReference: request.builtReference,
      reference: `${repository.uri}:${first}`,
      login: { ...(await ecr.login()), registry: registryOf(repository) },
    }),
  );
  outcomes.set(first, 'written');
  if (others.length > 0) {
    const there = await ecr.imageByDigest(name, digest);
    if (there === undefined) {
      throw new OperationError('push-failed', `${digest} was pushed, and ECR does not know it`);
    }
    await putTags(ecr, name, manifestOf(there), others, outcomes);
  }
  return { digest, outcomes, adopted: false };
}
