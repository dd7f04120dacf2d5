import { apply, type Ports } from '../../../actions/ecr-push/effects.js';
import { readInputs } from '../../../actions/ecr-push/inputs.js';
import { plan, type Observed } from '../../../actions/ecr-push/plan.js';
import type { PushResult } from '../../../actions/ecr-push/report.js';
import type { Repository } from '../../../actions/ecr-push/repository.js';
import type { LocalImage } from '../../../actions/ecr-push/image.js';
import type { Source } from '../../../actions/ecr-push/source.js';
import { envFrom } from '../../../actions/shared/env.js';
import { anyDigest, fakeEcr, remoteImage, repository, type FakeEcr } from '../../support/ecr.js';

const ours = anyDigest('1');
const image: LocalImage = {
  format: 'OCI image layout',
  root: { digest: ours, mediaType: 'm', body: '{}' },
  children: [],
  blobs: [],
};
const archive: Source = { kind: 'archive', image };

/** What an engine for amd64 alone builds, whatever it is asked for. */
const build: Source = {
  kind: 'build',
  inputs: {
    kind: 'build',
    context: '.',
    file: undefined,
    target: undefined,
    buildArgs: {},
    platform: 'linux/arm64/v8',
    engine: 'docker',
  },
  engine: {
    name: 'docker',
    description: 'docker',
    build: () => Promise.resolve({ imageId: anyDigest('c'), platform: 'linux/amd64' }),
    push: () => Promise.reject(new Error('it must not be pushed')),
  },
  context: { directory: '/nowhere', dockerfile: '/nowhere/Dockerfile' },
  labels: {},
};

function push(
  ecr: FakeEcr,
  options: {
    readonly source?: Source;
    readonly repository?: Repository;
    readonly warn?: (message: string) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<PushResult> {
  const source = options.source ?? archive;
  const values: Record<string, string> = { repository: 'shop/service-a', tags: 'v1,v2' };
  const env = envFrom({ AWS_REGION: 'eu-west-1' });
  const inputs = readInputs((name) => values[name] ?? '', env, undefined);
  const nothing = (): void => undefined;
  const ports: Ports = {
    ecr,
    env,
    run: () => Promise.reject(new Error('no process is run')),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    log: {
      info: nothing,
      debug: nothing,
      notice: nothing,
      warning: options.warn ?? nothing,
      error: nothing,
      group: (_title, body) => body(),
    },
    signal: options.signal ?? new AbortController().signal,
    github: undefined,
    workDirectory: '/nowhere',
  };
  const observed: Observed = {
    accountId: '123456789012',
    repository: options.repository ?? repository(),
    remoteTags: new Map(),
    source:
      source.kind === 'archive'
        ? { kind: 'archive', image }
        : { kind: 'build', engine: 'docker', engineDescription: 'docker' },
  };
  return apply(ports, inputs, source, observed, plan(inputs, observed));
}

/** Another run puts a tag on its own image as soon as ours has written all. */
function raced(ecr: FakeEcr, tag: string): FakeEcr {
  const put = ecr.putManifest.bind(ecr);
  ecr.putManifest = async (name, manifest, wanted) => {
    const outcome = await put(name, manifest, wanted);
    if (wanted === 'v2') ecr.tags.set(`${name}:${tag}`, remoteImage('2'));
    return outcome;
  };
  return ecr;
}

it('reports digest, size and what became of each tag', async () => {
  const ecr = fakeEcr();
  ecr.tags.set('shop/service-a:v2', remoteImage('1'));
  expect(await push(ecr)).toMatchObject({
    digest: ours,
    sizeBytes: 42,
    tags: [
      { tag: 'v1', outcome: 'written' },
      { tag: 'v2', outcome: 'kept' },
    ],
  });
});

it('warns where another run has moved a tag since', async () => {
  const warnings: string[] = [];
  const result = await push(raced(fakeEcr(), 'v1'), { warn: (text) => warnings.push(text) });
  expect(result.digest).toBe(ours);
  expect(warnings.join()).toContain(anyDigest('2'));
});

it('fails where every tag is moved and the image is not there', async () => {
  const ecr = raced(raced(fakeEcr(), 'v1'), 'v2');
  ecr.imageByDigest = () => Promise.resolve(undefined);
  await expect(push(ecr)).rejects.toMatchObject({ code: 'digest-differs' });
});

it('fails where a tag that cannot be moved names another image', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  await expect(
    push(raced(fakeEcr([immutable]), 'v1'), { repository: immutable }),
  ).rejects.toMatchObject({ code: 'digest-differs' });
});

it('fails where a tag was lost to another image while this one was sent', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  const ecr = fakeEcr([immutable]);
  ecr.tags.set('shop/service-a:v1', remoteImage('2'));
  await expect(push(ecr, { repository: immutable })).rejects.toMatchObject({
    problems: [{ code: 'tag-immutable' }],
  });
});

it('refuses to push an image that is for another platform than asked for', async () => {
  await expect(push(fakeEcr(), { source: build })).rejects.toMatchObject({
    code: 'platform-mismatch',
    details: { wanted: 'linux/arm64', found: 'linux/amd64' },
  });
});

it('does nothing more once it is cancelled', async () => {
  const ecr = fakeEcr();
  await expect(push(ecr, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(ecr.calls).toEqual([]);
});
