import { OperationError } from '../shared/errors.js';
import { pushUnderTags, type Attempt, type PushPorts, type TagRequest } from './attempt.js';
import type { Engine, StoredImage } from './engines/engine.js';
import { putTags, type Pushed } from './put-tags.js';
import { manifestOf, registryOf } from './repository.js';

export interface EnginePushRequest extends TagRequest {
  readonly engine: Engine;
  readonly built: StoredImage;
}

/**
 * Pushes an image with its engine under one tag, and puts the others on it by the API: so they can
 * only ever name what is there whole. A push that failed is done again, with a new login.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `push-failed`, `tag-taken` of the last attempt, `cancelled`, `ecr-…`
 */
export async function pushWithRetries(
  ports: PushPorts,
  request: EnginePushRequest,
): Promise<Pushed> {
  const { imageId } = request.built;
  return pushUnderTags(ports, { imageId }, request, (attempt) => pushOnce(ports, request, attempt));
}

async function pushOnce(
  { ecr, log }: PushPorts,
  { repository, engine, built: { imageId } }: EnginePushRequest,
  { write, present, remote, outcomes }: Attempt,
): Promise<Pushed> {
  const { name } = repository;
  const [kept] = present;
  const [first, ...others] = write;
  if (kept !== undefined) {
    const there = remote.get(kept.tag);
    if (there !== undefined) await putTags(ecr, name, manifestOf(there), write, outcomes);
    return { digest: kept.digest, outcomes, adopted: false };
  }
  if (first === undefined) throw new OperationError('push-failed', 'there is no tag to push');
  const digest = await log.group(`Push with ${engine.name}`, async () =>
    engine.push({
      imageId,
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
