import { promoteTo, type PromotePorts } from '../../../actions/ecr-push/promote/apply.js';
import type { ManifestNode } from '../../../actions/ecr-push/promote/image-graph.js';
import { observeTarget } from '../../../actions/ecr-push/promote/observe.js';
import { planPromotion } from '../../../actions/ecr-push/promote/plan.js';
import { readImage } from '../../../actions/ecr-push/promote/read-source.js';
import type { PromotedRepository } from '../../../actions/ecr-push/promote/result.js';
import { repository, type FakeEcr } from '../../support/ecr.js';
import { keepingLogger } from '../../support/log-lines.js';
import { silentLogger } from '../../support/silent-logger.js';
import { fakeSource, strictEcr, type FakeSource } from '../../support/promotion.js';

const name = 'shop/service-a';
let source: FakeSource;
let ecr: FakeEcr;
let sleeps: number[];
beforeEach(() => {
  source = fakeSource();
  ecr = strictEcr();
  sleeps = [];
});

function portsWith(changes: Partial<PromotePorts> = {}): PromotePorts {
  return {
    ecr,
    source,
    readRange: source.readRange,
    clock: {
      now: () => 0,
      sleep(milliseconds) {
        sleeps.push(milliseconds);
        return Promise.resolve();
      },
    },
    log: silentLogger,
    signal: new AbortController().signal,
    ...changes,
  };
}

async function promote(
  root: ManifestNode,
  changes: Partial<PromotePorts> = {},
  tags: readonly string[] = ['v1'],
): Promise<PromotedRepository> {
  const ports = portsWith(changes);
  const image = await readImage(source, root, true);
  const remoteTags = await ecr.imagesByTag(name, tags);
  const found = {
    ...{ reference: { name }, repository: repository(), remoteTags },
    unfinished: undefined,
  };
  const target = await observeTarget(ecr, image, found, false);
  const [plan] = planPromotion({ tags, movingTags: [], newRepository: undefined }, image, [target]);
  if (plan === undefined) throw new Error('there is no plan');
  return promoteTo(ports, image, plan, target.repository);
}

/** An index of two platforms, signed, of layers of more than one part (ten bytes here). */
function signedIndex(): ManifestNode {
  const root = source.addIndex([
    source.addManifest(['the layer of amd64 is long']),
    source.addManifest(['the layer of arm64 is long']),
  ]);
  source.addReferrer(root, 'signature');
  return root;
}

it('copies an image with all that belongs to it, byte for byte, and tags it last', async () => {
  const root = signedIndex();
  const { outcomes } = await promote(root, {}, ['v1', 'latest']);
  expect(Object.fromEntries(ecr.layers)).toEqual(Object.fromEntries(source.blobs));
  expect([...ecr.manifests.keys()].toSorted()).toEqual([...source.images.keys()].toSorted());
  expect(ecr.calls.filter((call) => call.startsWith('putManifest'))).toEqual([
    ...Array<string>(4).fill('putManifest'),
    'putManifest v1',
    'putManifest latest',
  ]);
  expect(outcomes).toEqual(
    new Map([
      ['v1', 'written'],
      ['latest', 'written'],
    ]),
  );
});

it('sends nothing and reads no layer the second time', async () => {
  const root = signedIndex();
  await promote(root);
  ecr.calls.length = 0;
  source.calls.length = 0;
  expect((await promote(root)).outcomes).toEqual(new Map([['v1', 'kept']]));
  expect(ecr.calls).toEqual([]);
  expect(source.calls).not.toContain('downloadUrl');
});

it('sends a part again that ECR lost', async () => {
  ecr.losePartFrom = 10;
  const root = source.addManifest(['a layer of several parts']);
  await promote(root);
  expect(ecr.tags.get(`${name}:v1`)?.digest).toBe(root.digest);
});

it('holds no more than a part of each layer', async () => {
  const lengths: number[] = [];
  await promote(signedIndex(), {
    readRange(url, range, signal) {
      lengths.push(range.length);
      return source.readRange(url, range, signal);
    },
  });
  expect(Math.max(...lengths)).toBe(10);
});

it('asks for a new address where one has expired, and reads on where it was', async () => {
  const root = source.addManifest(['a layer of several parts']);
  let answers = 0;
  const positions: number[] = [];
  await promote(root, {
    readRange(url, range, signal) {
      answers += 1;
      if (answers === 3) return Promise.resolve({ kind: 'refused', status: 403 });
      positions.push(range.position);
      return source.readRange(url, range, signal);
    },
  });
  expect(positions.toSorted((a, b) => a - b)).toEqual([0, 0, 10, 20]);
  expect(source.calls.filter((call) => call === 'downloadUrl')).toHaveLength(3);
});

it('reads on after broken connections and answers that end early', async () => {
  const root = source.addManifest(['a layer of several parts']);
  let answers = 0;
  await promote(root, {
    readRange(url, range, signal) {
      answers += 1;
      if (answers === 1) return Promise.reject(new TypeError('fetch failed'));
      if (answers === 2) return Promise.resolve({ kind: 'bytes', content: Buffer.alloc(1) });
      return source.readRange(url, range, signal);
    },
  });
  expect(sleeps).toHaveLength(2);
  expect(ecr.tags.get(`${name}:v1`)?.digest).toBe(root.digest);
});

it('gives up where a layer cannot be read, and puts no tag and no manifest', async () => {
  const root = source.addManifest(['a layer']);
  await expect(
    promote(root, { readRange: () => Promise.resolve({ kind: 'refused', status: 503 }) }),
  ).rejects.toMatchObject({ code: 'blob-download-failed' });
  expect(ecr.manifests.size).toBe(0);
  expect(ecr.tags.size).toBe(0);
  // Each pause is twice the one before.
  expect(Math.max(...sleeps)).toBe(4_000);
});

it('does not pass on a layer that is not what its digest says', async () => {
  const root = source.addManifest(['a layer']);
  const [, layer] = root.blobs;
  source.blobs.set(layer?.digest ?? '', Buffer.from('A LAYER'));
  await expect(promote(root)).rejects.toMatchObject({ code: 'blob-digest-differs' });
  expect(ecr.layers.has(layer?.digest ?? '')).toBe(false);
  expect(ecr.tags.size).toBe(0);
});

it('goes on after a run that was interrupted at any call, and never tags too early', async () => {
  const root = signedIndex();
  const whole = new Set(source.images.keys());
  let interruptions = 0;
  for (let stopAt = 1; ; stopAt += 1) {
    ecr = strictEcr();
    const inner = { ...ecr };
    let left = stopAt;
    const cut =
      <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> => {
        left -= 1;
        return left < 0 ? Promise.reject(new Error('the connection broke')) : call(...args);
      };
    const cutEcr: FakeEcr = {
      ...inner,
      startUpload: cut(inner.startUpload.bind(inner)),
      uploadPart: cut(inner.uploadPart.bind(inner)),
      completeUpload: cut(inner.completeUpload.bind(inner)),
      putManifest: cut(inner.putManifest.bind(inner)),
    };
    const end = await promote(root, { ecr: cutEcr }).then(
      () => 'whole',
      () => 'interrupted',
    );
    if (ecr.tags.size > 0) expect(new Set(ecr.manifests.keys())).toEqual(whole);
    await promote(root);
    expect(ecr.tags.get(`${name}:v1`)?.digest).toBe(root.digest);
    expect(new Set(ecr.manifests.keys())).toEqual(whole);
    if (end === 'whole') break;
    interruptions += 1;
  }
  expect(interruptions).toBeGreaterThan(10);
});

it('stops once it is cancelled', async () => {
  const controller = new AbortController();
  const root = source.addManifest(['a layer of several parts']);
  await expect(
    promote(root, {
      signal: controller.signal,
      readRange: () => {
        controller.abort();
        return Promise.reject(new Error('aborted'));
      },
    }),
  ).rejects.toMatchObject({ code: 'cancelled' });
  expect(ecr.tags.size).toBe(0);
});

it('fails where the tag was taken by another image meanwhile', async () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  ecr = strictEcr([immutable]);
  const [root, other] = [source.addManifest(['a']), source.addManifest(['b'])];
  const putManifest = ecr.putManifest.bind(ecr);
  ecr.putManifest = (repositoryName, manifest, tag) => {
    const { digest, mediaType, body } = other;
    const taken = { digest, mediaType, manifest: body };
    if (tag !== undefined) ecr.tags.set(`${repositoryName}:${tag}`, taken);
    return putManifest(repositoryName, manifest, tag);
  };
  await expect(promote(root)).rejects.toMatchObject({ code: 'tag-taken' });
});

it('says now and then how far a long copy is', async () => {
  const log = keepingLogger();
  let now = 0;
  const clock = {
    now: () => (now += 10_000),
    sleep: () => Promise.resolve(),
  };
  await promote(source.addManifest(['a layer of several parts']), { log, clock });
  const lines = log.kept.filter(({ message }) => message.startsWith('Copying: '));
  expect(lines.length).toBeGreaterThan(0);
});
