import type { Clock } from '../shared/clock.js';
import { OperationError, UserError } from '../shared/errors.js';
import type { Logger } from '../shared/log.js';
import type { Ecr } from './ecr.js';
import type { BuiltImage, Engine } from './engines/engine.js';
import { registryOf, type RemoteImage, type Repository } from './repository.js';
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
  readonly built: BuiltImage;
  readonly builtReference: string;
  readonly tags: readonly string[];
}

export interface EnginePushed {
  readonly digest: string;
  readonly outcomes: ReadonlyMap<string, 'written' | 'kept'>;
}

const attempts = 3;
const pauseMilliseconds = 3_000;

/**
 * Pushes a built image with its engine under one tag, and puts the others on it by the API: so
 * they can only ever name what is there whole.
 *
 * A push that failed is done again, with a new login; what arrived before is not sent twice. What
 * the tags name is read before each attempt: another run may have pushed the same image.
 *
 * @throws UserError `tag-immutable`
 * @throws OperationError `push-failed` of the last attempt, `cancelled`, `ecr-…`
 */
export async function pushWithRetries(
  ports: EnginePushPorts,
  request: EnginePushRequest,
): Promise<EnginePushed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pushOnce(ports, request);
    } catch (thrown) {
      const again = thrown instanceof OperationError && thrown.code === 'push-failed';
      if (!again || attempt === attempts) throw thrown;
      ports.log.warning(`${thrown.message}; trying again`);
      await ports.clock.sleep(pauseMilliseconds * attempt, ports.signal);
    }
  }
}

async function pushOnce(ports: EnginePushPorts, request: EnginePushRequest): Promise<EnginePushed> {
  const { ecr } = ports;
  const { repository, engine, built } = request;
  const { name } = repository;
  const remote = await ecr.imagesByTag(name, request.tags);
  const settled = settleTags(built, request.tags, repository, remote);
  if (settled.conflicts.length > 0) throw new UserError(settled.conflicts);
  const outcomes = new Map<string, 'written' | 'kept'>(
    settled.present.map(({ tag }) => [tag, 'kept']),
  );

  const [kept] = settled.present;
  const [first, ...others] = settled.write;
  if (kept !== undefined) {
    const image = remote.get(kept.tag);
    if (image !== undefined) await putTags(ports, name, image, settled.write, outcomes);
    return { digest: kept.digest, outcomes };
  }
  if (first === undefined) throw new OperationError('push-failed', 'there is no tag to push');
  const digest = await ports.log.group(`Push with ${engine.name}`, async () =>
    engine.push({
      builtReference: request.builtReference,
      reference: `${repository.uri}:${first}`,
      login: { registry: registryOf(repository), ...(await ecr.login()) },
    }),
  );
  outcomes.set(first, 'written');
  if (others.length > 0) {
    const image = await ecr.imageByDigest(name, digest);
    if (image === undefined) {
      throw new OperationError('push-failed', `${digest} was pushed, and ECR does not know it`);
    }
    await putTags(ports, name, image, others, outcomes);
  }
  return { digest, outcomes };
}

async function putTags(
  { ecr }: EnginePushPorts,
  repository: string,
  image: RemoteImage,
  tags: readonly string[],
  outcomes: Map<string, 'written' | 'kept'>,
): Promise<void> {
  const { digest, mediaType, manifest: body } = image;
  for (const tag of tags) {
    const outcome = await ecr.putManifest(repository, { digest, mediaType, body }, tag);
    if (outcome === 'tag-immutable') {
      throw new OperationError('push-failed', `the tag ${tag} was taken meanwhile`);
    }
    outcomes.set(tag, outcome === 'written' ? 'written' : 'kept');
  }
}
