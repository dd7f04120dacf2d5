import { apply } from '../../../actions/ecr-push/apply.js';
import { dockerAbilities } from '../../../actions/ecr-push/engines/docker-arguments.js';
import type { BuildRequest } from '../../../actions/ecr-push/engines/engine.js';
import type { LocalImage } from '../../../actions/ecr-push/image.js';
import type { ContentKey } from '../../../actions/ecr-push/key/content-key.js';
import { observe } from '../../../actions/ecr-push/observe.js';
import { plan } from '../../../actions/ecr-push/plan.js';
import type { Ports } from '../../../actions/ecr-push/ports.js';
import type { PushResult } from '../../../actions/ecr-push/result.js';
import type { Prepared, Source } from '../../../actions/ecr-push/source.js';
import { envFrom } from '../../../actions/shared/env.js';
import { mkdtempSync, readFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSource, pushInputs } from '../../support/ecr-push-inputs.js';
import { anyDigest, fakeEcr, remoteImage, repository, type FakeEcr } from '../../support/ecr.js';

const ours = anyDigest('1');
const image: LocalImage = {
  format: 'OCI image layout',
  root: { digest: ours, mediaType: 'm', body: '{}' },
  children: [],
  blobs: [],
};
const archive: Source = { kind: 'archive', image };

let workDirectory: string;
beforeEach(() => {
  workDirectory = mkdtempSync(join(tmpdir(), 'apply-'));
});
afterEach(() => rmSync(workDirectory, { recursive: true }));

/** A build for arm64 with a secret, by an engine for amd64 alone. */
function build(onBuild: (request: BuildRequest) => void = () => undefined): Source {
  return {
    kind: 'build',
    inputs: buildSource({
      platforms: ['linux/arm64/v8'],
      secrets: [{ id: 'npm', from: 'value', value: 'hunter2' }],
    }),
    engine: {
      name: 'docker',
      description: 'docker',
      abilities: dockerAbilities.buildx,
      build(request) {
        onBuild(request);
        return Promise.resolve({
          kind: 'stored',
          imageId: anyDigest('c'),
          platform: 'linux/amd64',
          cache: undefined,
        });
      },
      find: () => Promise.resolve(undefined),
      push: () => Promise.reject(new Error('it must not be pushed')),
    },
    context: { directory: '/nowhere', dockerfile: '/nowhere/Dockerfile' },
    labels: {},
    epochSeconds: 1,
  };
}

interface Options {
  readonly source?: Source;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly key?: ContentKey;
  readonly warn?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** What happens between the plan and its first step. */
  readonly meanwhile?: () => void;
}

async function push(ecr: FakeEcr, options: Options = {}): Promise<PushResult> {
  const inputs = pushInputs({ repository: 'shop/service-a', tags: 'v1,v2', ...options.inputs });
  const nothing = (): void => undefined;
  const ports: Ports = {
    ecr,
    logIn: ({ accountId }) =>
      Promise.resolve({ registry: accountId, username: 'AWS', password: 'other' }),
    env: envFrom({}),
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
    workDirectory,
  };
  const prepared: Prepared = {
    source: options.source ?? archive,
    tags: inputs.tags,
    movingTags: [],
    key: options.key ?? { kind: 'off' },
    notes: [],
  };
  const observed = await observe(ecr, inputs, prepared, '123456789012');
  const steps = plan(inputs, observed);
  options.meanwhile?.();
  return apply(ports, inputs, prepared, observed, steps);
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
  expect((await push(ecr)).repositories).toMatchObject([
    {
      digest: ours,
      sizeBytes: 42,
      tags: [
        { tag: 'v1', outcome: 'written' },
        { tag: 'v2', outcome: 'kept' },
      ],
    },
  ]);
});

it('warns where another run has moved a tag since', async () => {
  const warnings: string[] = [];
  const result = await push(raced(fakeEcr(), 'v1'), { warn: (text) => warnings.push(text) });
  expect(result.repositories[0]?.digest).toBe(ours);
  expect(warnings.join()).toContain(anyDigest('2'));
});

it('fails where every tag is moved and the image is not there', async () => {
  const ecr = raced(raced(fakeEcr(), 'v1'), 'v2');
  ecr.imageByDigest = () => Promise.resolve(undefined);
  await expect(push(ecr)).rejects.toMatchObject({ code: 'digest-differs' });
});

it('fails where a tag that cannot be moved names another image', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  await expect(push(raced(fakeEcr([immutable]), 'v1'))).rejects.toMatchObject({
    code: 'digest-differs',
  });
});

it('fails where a tag was lost to another image while this one was sent', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  const ecr = fakeEcr([immutable]);
  const meanwhile = (): void => {
    ecr.tags.set('shop/service-a:v1', remoteImage('2'));
  };
  await expect(push(ecr, { meanwhile })).rejects.toMatchObject({
    problems: [{ code: 'tag-immutable' }],
  });
});

it('refuses to push an image that is for another platform than asked for', async () => {
  await expect(push(fakeEcr(), { source: build() })).rejects.toMatchObject({
    code: 'platform-mismatch',
    details: { wanted: ['linux/arm64'], found: ['linux/amd64'] },
  });
});

it('does nothing more once it is cancelled', async () => {
  const ecr = fakeEcr();
  await expect(push(ecr, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(ecr.calls).toEqual([]);
});

it('gives a build its secrets in private files, which are gone after it', async () => {
  const files: string[] = [];
  const source = build(({ secrets, logins }) => {
    for (const { id, file } of secrets) {
      files.push(file);
      expect([id, readFileSync(file, 'utf8')]).toEqual(['npm', 'hunter2']);
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    }
    expect(logins.map(({ registry }) => registry)).toEqual(['127.0.0.1:5000', '222222222222']);
  });
  const inputs = { registries: '222222222222' };
  await expect(push(fakeEcr(), { source, inputs })).rejects.toMatchObject({
    code: 'platform-mismatch',
  });
  expect(files).toHaveLength(1);
  expect(files.filter((file) => existsSync(file))).toEqual([]);
});

describe('an image of the same content', () => {
  const tag = `key-${'0'.repeat(32)}`;

  it('gets the tags, and nothing is built', async () => {
    const ecr = fakeEcr();
    const found = remoteImage('2');
    ecr.tags.set(`shop/service-a:${tag}`, found);
    const source = build(() => {
      throw new Error('it must not be built');
    });
    const result = await push(ecr, { source, key: { kind: 'key', tag } });
    expect(result.repositories).toMatchObject([{ outcome: 'found', digest: found.digest }]);
    expect(ecr.calls).toEqual(['putManifest v1', 'putManifest v2']);
  });
});

describe('a repository', () => {
  const inputs = {
    'create-repository': 'true',
    'keep-images': '5',
    'pull-account-ids': '222222222222',
  };

  it('is made with its lifecycle and the rights to pull', async () => {
    const ecr = fakeEcr([]);
    await push(ecr, { inputs });
    const [create, lifecycle, policy] = ecr.calls;
    expect(create).toBe('createRepository');
    expect(lifecycle).toMatch(/^putLifecycle shop\/service-a .*"countNumber":5/);
    expect(policy).toMatch(/^putPolicy shop\/service-a .*iam::222222222222:root/);
  });

  it('that was half made is finished by the next run', async () => {
    const ecr = fakeEcr();
    ecr.states.set('shop/service-a', { madeHere: true, hasLifecycle: true, policy: undefined });
    await push(ecr, { inputs });
    expect(ecr.calls.filter((call) => /^(put(Lifecycle|Policy)|create)/.test(call))).toEqual([
      expect.stringMatching(/^putPolicy/),
    ]);
  });

  it.each([
    ['was made elsewhere', { madeHere: false, hasLifecycle: false, policy: undefined }],
    ['has rights that somebody wrote', { madeHere: true, hasLifecycle: true, policy: '{}' }],
    ['is whole', { madeHere: true, hasLifecycle: true, policy: '222222222222' }],
  ])('that %s is left as it is', async (_what, state) => {
    const ecr = fakeEcr();
    ecr.states.set('shop/service-a', state);
    await push(ecr, { inputs });
    expect(ecr.calls.filter((call) => /^(put(Lifecycle|Policy)|create)/.test(call))).toEqual([]);
  });
});

it('pushes to every repository', async () => {
  const ecr = fakeEcr([
    repository(),
    repository({ name: 'shop/copy', uri: '127.0.0.1:5000/shop/copy' }),
  ]);
  const { repositories } = await push(ecr, { inputs: { repositories: 'shop/copy' } });
  expect(repositories.map(({ repository: name, digest }) => [name, digest])).toEqual([
    ['shop/service-a', ours],
    ['shop/copy', ours],
  ]);
  expect(ecr.tags.get('shop/copy:v2')?.digest).toBe(ours);
});
