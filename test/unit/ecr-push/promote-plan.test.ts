import fc from 'fast-check';
import { blobsOf, type ManifestNode } from '../../../actions/ecr-push/promote/image-graph.js';
import { observeTarget } from '../../../actions/ecr-push/promote/observe.js';
import {
  planPromotion,
  type ObservedTarget,
  type TargetPlan,
} from '../../../actions/ecr-push/promote/plan.js';
import { readImage } from '../../../actions/ecr-push/promote/read-source.js';
import { fakeEcr, remoteImage, repository } from '../../support/ecr.js';
import { thrownCodes } from '../../support/problem-codes.js';
import { fakeSource, type FakeSource } from '../../support/promotion.js';

const name = 'shop/service-a';
const request = { tags: ['v1'], movingTags: [], newRepository: undefined };

function target(changes: Partial<ObservedTarget> = {}): ObservedTarget {
  return {
    reference: { name },
    repository: repository(),
    remoteTags: new Map(),
    unfinished: undefined,
    isSource: false,
    manifestsPresent: new Set(),
    blobsPresent: new Set(),
    ...changes,
  };
}

function only(plans: readonly TargetPlan[]): TargetPlan {
  const [plan] = plans;
  if (plan === undefined || plans.length > 1) throw new Error('there is not one plan');
  return plan;
}

/** Any image: manifests and indices over earlier ones, some of which others refer to. */
const anyImage = fc
  .array(
    fc.record({
      layers: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }),
      children: fc.array(fc.nat(), { maxLength: 3 }),
      subject: fc.option(fc.nat(), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts): { source: FakeSource; root: ManifestNode } => {
    const source = fakeSource();
    const nodes: ManifestNode[] = [];
    for (const [index, { layers, children, subject }] of parts.entries()) {
      const listed = children.flatMap((child) => nodes[child % Math.max(1, index)] ?? []);
      const on = subject === undefined ? undefined : nodes[subject % Math.max(1, index)];
      const mark = { annotations: { index: String(index) } };
      const node =
        listed.length > 0 ? source.addIndex(listed, mark) : source.addManifest(layers, mark);
      if (on !== undefined) {
        source.referrers.set(on.digest, [...(source.referrers.get(on.digest) ?? []), node.digest]);
      }
      nodes.push(node);
    }
    const root = nodes[Math.floor(nodes.length / 2)];
    if (root === undefined) throw new Error('there is no node');
    return { source, root };
  });

it('puts nothing before what it refers to, whatever is there already', async () => {
  await fc.assert(
    fc.asyncProperty(anyImage, fc.infiniteStream(fc.boolean()), async ({ source, root }, dice) => {
      const image = await readImage(source, root, true);
      const all = [...image.manifests, ...image.referrers];
      // A manifest is there only with all that it refers to: ECR takes no other.
      const manifestsPresent = new Set<string>();
      const blobsPresent = new Set<string>();
      for (const node of all) {
        const isWhole = node.children.every((child) => manifestsPresent.has(child));
        if (!isWhole || dice.next().value !== true) continue;
        manifestsPresent.add(node.digest);
        for (const blob of node.blobs) blobsPresent.add(blob.digest);
      }
      const state = target({ manifestsPresent, blobsPresent });
      const plan = only(planPromotion(request, image, [state]));

      const blobs = new Set([...blobsPresent, ...plan.blobs.map(({ digest }) => digest)]);
      const manifests = new Set(manifestsPresent);
      for (const node of plan.manifests) {
        expect(manifests.has(node.digest)).toBe(false);
        expect(node.children.filter((child) => !manifests.has(child))).toEqual([]);
        expect(node.blobs.filter(({ digest }) => !blobs.has(digest))).toEqual([]);
        manifests.add(node.digest);
      }
      // Tags come last, when all is there.
      expect([...manifests].toSorted()).toEqual(all.map(({ digest }) => digest).toSorted());
      expect(plan.blobs.filter(({ digest }) => blobsPresent.has(digest))).toEqual([]);
      expect(new Set(plan.blobs.map(({ digest }) => digest)).size).toBe(plan.blobs.length);
      expect(plan.writeTags.map(({ manifest }) => manifest.digest)).toEqual([root.digest]);
    }),
  );
});

it('copies nothing where all is there', async () => {
  await fc.assert(
    fc.asyncProperty(anyImage, async ({ source, root }) => {
      const image = await readImage(source, root, true);
      const state = target({
        manifestsPresent: new Set([...image.manifests, ...image.referrers].map((n) => n.digest)),
        blobsPresent: new Set(blobsOf(image).map(({ digest }) => digest)),
        remoteTags: new Map([['v1', remoteImage('a', { digest: root.digest })]]),
      });
      expect(planPromotion(request, image, [state])).toMatchObject([
        { blobs: [], manifests: [], writeTags: [], keepTags: ['v1'] },
      ]);
    }),
  );
});

it('only tags where the image is in this very repository', async () => {
  const source = fakeSource();
  const image = await readImage(source, source.addManifest(['a']), true);
  expect(planPromotion(request, image, [target({ isSource: true })])).toMatchObject([
    { blobs: [], blobsKept: 0, manifests: [], writeTags: [{ tag: 'v1' }] },
  ]);
});

it('makes a repository that is missing, where that is allowed', async () => {
  const source = fakeSource();
  const image = await readImage(source, source.addManifest(['a']), true);
  const newRepository = { kmsKey: undefined, keepImages: 10, pullAccountIds: [] };
  const state = target({ repository: undefined });
  const plan = only(
    planPromotion({ ...request, movingTags: ['main'], newRepository }, image, [state]),
  );
  expect(plan.prepare).toMatchObject([
    { kind: 'create-repository', settings: newRepository, movingTags: ['main'] },
  ]);
  expect(plan.blobs).toHaveLength(2);
});

it('tells every tag of every repository that cannot be put', async () => {
  const source = fakeSource();
  const image = await readImage(source, source.addManifest(['a']), true);
  const remoteTags = new Map([
    ['v1', remoteImage('1')],
    ['v2', remoteImage('2')],
  ]);
  const immutable = target({ repository: repository({ tagMutability: 'IMMUTABLE' }), remoteTags });
  expect(
    thrownCodes(() =>
      planPromotion({ ...request, tags: ['v1', 'v2', 'v3'] }, image, [immutable, immutable]),
    ),
  ).toEqual(['tag-immutable', 'tag-immutable', 'tag-immutable', 'tag-immutable']);
});

describe('a tag of signatures', () => {
  /** An image signed by these in the source, and in the target by those. */
  async function planned(
    ours: readonly string[],
    theirs: readonly string[],
    tagMutability: 'MUTABLE' | 'IMMUTABLE' = 'MUTABLE',
  ): Promise<() => TargetPlan> {
    const source = fakeSource();
    const root = source.addManifest(['a']);
    const tag = `${root.digest.replace(':', '-')}.sig`;
    // As cosign writes them: one payload, and the signature in the layer's annotations.
    const signed = (keys: readonly string[]): ManifestNode =>
      source.addManifest([], {
        layers: keys.map((key) => ({ ...source.addBlob('payload'), annotations: { key } })),
      });
    source.tags.set(tag, signed(ours).digest);
    const image = await readImage(source, root, true);
    const there = theirs.length === 0 ? undefined : source.images.get(signed(theirs).digest);
    const state = target({
      repository: repository({ tagMutability }),
      remoteTags: new Map(there === undefined ? [] : [[tag, there]]),
    });
    return () => only(planPromotion(request, image, [state]));
  }

  it('goes with the image', async () => {
    const plan = (await planned(['a'], []))();
    expect(plan.companionTags).toHaveLength(1);
    expect(plan.manifests).toHaveLength(2);
  });

  it('moves to more signatures, and stays on the same', async () => {
    expect((await planned(['a', 'b'], ['a']))().companionTags).toHaveLength(1);
    expect((await planned(['a'], ['a']))().companionTags).toHaveLength(0);
  });

  it('is not moved off signatures that only the target has', async () => {
    expect(thrownCodes(await planned(['a'], ['b']))).toEqual(['referrer-tag-differs']);
    expect(thrownCodes(await planned(['a', 'b'], ['a'], 'IMMUTABLE'))).toEqual(['tag-immutable']);
  });
});

it('sees what of an image a repository has', async () => {
  const source = fakeSource();
  const root = source.addManifest(['a']);
  const image = await readImage(source, root, true);
  const ecr = fakeEcr();
  ecr.layers.set(root.blobs[0]?.digest ?? '', Buffer.alloc(0));
  const found = {
    ...{ reference: { name }, repository: repository(), remoteTags: new Map() },
    unfinished: undefined,
  };
  const state = await observeTarget(ecr, image, found, false);
  expect(planPromotion(request, image, [state])).toMatchObject([
    { blobs: [root.blobs[1]], blobsKept: 1, manifests: [{ digest: root.digest }] },
  ]);
});
