import type { Engine } from '../../../actions/ecr-push/engines/engine.js';
import { dockerAbilities } from '../../../actions/ecr-push/engines/docker-arguments.js';
import { pushWithRetries } from '../../../actions/ecr-push/engine-push.js';
import type { Pushed } from '../../../actions/ecr-push/put-tags.js';
import type { Repository } from '../../../actions/ecr-push/repository.js';
import type { Clock } from '../../../actions/shared/clock.js';
import { OperationError } from '../../../actions/shared/errors.js';
import type { Logger } from '../../../actions/shared/log.js';
import { anyDigest, fakeEcr, remoteImage, repository, type FakeEcr } from '../../support/ecr.js';

const nothing = (): void => undefined;
const log: Logger = {
  info: nothing,
  debug: nothing,
  notice: nothing,
  warning: nothing,
  error: nothing,
  group: (_title, body) => body(),
};
const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };
const imageId = anyDigest('c');
const pushed = remoteImage('1', { configDigest: imageId });

/** An engine whose push arrives at `ecr`; `failures` say what each push does instead, first. */
function engine(ecr: FakeEcr, failures: readonly (() => void)[] = []): Engine {
  let attempt = 0;
  return {
    name: 'docker',
    description: 'docker',
    abilities: dockerAbilities.buildx,
    find: () => Promise.resolve(undefined),
    build: () => Promise.reject(new Error('not here')),
    push({ reference }) {
      const failure = failures[attempt];
      attempt += 1;
      if (failure !== undefined) {
        failure();
        return Promise.reject(new OperationError('push-failed', 'the push failed'));
      }
      ecr.calls.push(`push ${reference}`);
      ecr.manifests.set(pushed.digest, pushed);
      ecr.tags.set(reference.slice('127.0.0.1:5000/'.length), pushed);
      return Promise.resolve(pushed.digest);
    },
  };
}

function push(
  ecr: FakeEcr,
  tags: readonly string[],
  options: {
    readonly engine?: Engine;
    readonly repository?: Repository;
    readonly keyTag?: string;
  } = {},
): Promise<Pushed> {
  const signal = new AbortController().signal;
  return pushWithRetries(
    { ecr, clock, log, signal },
    {
      engine: options.engine ?? engine(ecr),
      repository: options.repository ?? repository(),
      built: { imageId, platform: 'linux/amd64' },
      tags,
      keyTag: options.keyTag,
    },
  );
}

it('pushes the first tag with the engine, and the others by the API', async () => {
  const ecr = fakeEcr();
  const result = await push(ecr, ['v1', 'v2']);
  expect(ecr.calls).toEqual(['push 127.0.0.1:5000/shop/service-a:v1', 'putManifest v2']);
  expect(result.digest).toBe(pushed.digest);
  expect(ecr.tags.get('shop/service-a:v2')?.digest).toBe(pushed.digest);
});

it('pushes nothing where a tag already names the built image', async () => {
  const ecr = fakeEcr();
  ecr.tags.set('shop/service-a:v2', pushed);
  const result = await push(ecr, ['v1', 'v2']);
  expect(ecr.calls).toEqual(['putManifest v1']);
  expect([...result.outcomes]).toEqual([
    ['v2', 'kept'],
    ['v1', 'written'],
  ]);
});

it('refuses an immutable tag on another image, without pushing', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  const ecr = fakeEcr([immutable]);
  ecr.tags.set('shop/service-a:v1', remoteImage('2'));
  await expect(push(ecr, ['v1', 'v2'], { repository: immutable })).rejects.toMatchObject({
    problems: [{ code: 'tag-immutable' }],
  });
  expect(ecr.calls).toEqual([]);
});

it('tries a failed push again, and gives up after the third', async () => {
  const ecr = fakeEcr();
  await push(ecr, ['v1'], { engine: engine(ecr, [nothing, nothing]) });
  expect(ecr.tags.get('shop/service-a:v1')?.digest).toBe(pushed.digest);

  const failing = engine(ecr, [nothing, nothing, nothing]);
  await expect(push(fakeEcr(), ['v1'], { engine: failing })).rejects.toMatchObject({
    code: 'push-failed',
  });
});

it('is done where another run put the same image under the tag meanwhile', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  const ecr = fakeEcr([immutable]);
  const meanwhile = (): void => {
    ecr.tags.set('shop/service-a:v1', pushed);
  };
  const result = await push(ecr, ['v1'], {
    repository: immutable,
    engine: engine(ecr, [meanwhile]),
  });
  expect(result.outcomes.get('v1')).toBe('kept');
});

describe('with a content key', () => {
  const keyTag = `key-${'0'.repeat(32)}`;
  const theirs = remoteImage('2', { configDigest: anyDigest('d') });
  const immutable = repository({ tagMutability: 'IMMUTABLE' });

  it('pushes the key first, so that whoever is first with it is known', async () => {
    const ecr = fakeEcr();
    const result = await push(ecr, ['v1'], { keyTag });
    expect(ecr.calls).toEqual([`push 127.0.0.1:5000/shop/service-a:${keyTag}`, 'putManifest v1']);
    expect(result.adopted).toBe(false);
  });

  it('takes the image of the run that was first with it, and pushes nothing', async () => {
    const ecr = fakeEcr([immutable]);
    ecr.tags.set(`shop/service-a:${keyTag}`, theirs);
    const result = await push(ecr, ['v1'], { keyTag, repository: immutable });
    expect(ecr.calls).toEqual(['putManifest v1']);
    expect(result).toMatchObject({ digest: theirs.digest, adopted: true });
    expect(ecr.tags.get('shop/service-a:v1')?.digest).toBe(theirs.digest);
  });

  it('takes it too where the key is lost in mid-push', async () => {
    const ecr = fakeEcr([immutable]);
    const meanwhile = (): void => {
      ecr.tags.set(`shop/service-a:${keyTag}`, theirs);
      ecr.tags.set('shop/service-a:v1', theirs);
    };
    const result = await push(ecr, ['v1'], {
      keyTag,
      repository: immutable,
      engine: engine(ecr, [meanwhile]),
    });
    expect(result).toMatchObject({ digest: theirs.digest, adopted: true });
    expect(result.outcomes.get('v1')).toBe('kept');
  });

  it('puts no tag on it that is on a third image for good', async () => {
    const ecr = fakeEcr([immutable]);
    ecr.tags.set(`shop/service-a:${keyTag}`, theirs);
    ecr.tags.set('shop/service-a:v1', remoteImage('3'));
    await expect(push(ecr, ['v1'], { keyTag, repository: immutable })).rejects.toMatchObject({
      problems: [{ code: 'tag-immutable' }],
    });
  });
});
