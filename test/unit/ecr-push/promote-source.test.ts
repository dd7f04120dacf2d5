import { digestOf } from '../../../actions/ecr-push/image.js';
import type { SourceImage } from '../../../actions/ecr-push/promote/image-graph.js';
import { readImage, readRoot } from '../../../actions/ecr-push/promote/read-source.js';
import { problemCodes } from '../../support/problem-codes.js';
import { fakeSource, type FakeSource } from '../../support/promotion.js';

let source: FakeSource;
beforeEach(() => {
  source = fakeSource();
});

const digests = (nodes: SourceImage['manifests']): readonly string[] =>
  nodes.map(({ digest }) => digest);

it('resolves a tag to its digest, and a digest to itself', async () => {
  const image = source.addManifest(['layer']);
  source.tags.set('v1', image.digest);
  const names = { text: 'web', name: 'web' };
  expect((await readRoot(source, { ...names, tag: 'v1' })).digest).toBe(image.digest);
  const { digest } = image;
  // The digest says which image it is, wherever the tag is by now.
  expect((await readRoot(source, { ...names, digest, tag: 'v2' })).digest).toBe(digest);
});

it('says that an image is not there', async () => {
  const reference = { text: 'web:v1', name: 'web', tag: 'v1' };
  expect(await problemCodes(readRoot(source, reference))).toEqual(['source-not-found']);
});

it('does not take what is not of the digest that was asked for', async () => {
  const { digest, mediaType } = source.addManifest(['layer']);
  source.images.set(digest, { digest, mediaType, manifest: '{}' });
  await expect(readRoot(source, { text: '', name: 'web', digest })).rejects.toMatchObject({
    code: 'source-digest-differs',
  });
});

it('does not take what is no manifest', async () => {
  const manifest = JSON.stringify({ layers: [{ digest: 'md5:1', size: 1 }] });
  const image = { digest: digestOf(manifest), mediaType: 'm', manifest };
  source.images.set(image.digest, image);
  const reference = { text: '', name: 'web', digest: image.digest };
  await expect(readRoot(source, reference)).rejects.toMatchObject({ code: 'source-not-readable' });
});

it('reads an index with all its images, each before the index', async () => {
  const [amd64, arm64] = [source.addManifest(['a']), source.addManifest(['b'])];
  const inner = source.addIndex([arm64]);
  const root = source.addIndex([amd64, inner]);
  const image = await readImage(source, root, true);
  expect(digests(image.manifests)).toEqual(digests([amd64, arm64, inner, root]));
  expect(root.platforms).toEqual(['linux/amd64', 'linux/arm64']);
  expect(image.referrers).toEqual([]);
});

it('reads what refers to any of its manifests, and what refers to that', async () => {
  const platform = source.addManifest(['a']);
  const root = source.addIndex([platform]);
  const signature = source.addReferrer(root, 'signature');
  const list = source.addReferrer(platform, 'bill of materials');
  const ofList = source.addReferrer(list, 'signature of the list');
  const image = await readImage(source, root, true);
  expect(digests(image.referrers)).toEqual(
    expect.arrayContaining(digests([signature, list, ofList])),
  );
  expect(image.referrers).toHaveLength(3);
  expect(digests(image.referrers).indexOf(list.digest)).toBeLessThan(
    digests(image.referrers).indexOf(ofList.digest),
  );
});

it('reads what tools keep under tags made of the digest', async () => {
  const root = source.addManifest(['a']);
  const [signature, artifact] = [source.addManifest(['s']), source.addManifest(['x'])];
  const fallback = source.addIndex([artifact]);
  const base = root.digest.replace(':', '-');
  source.tags.set(`${base}.sig`, signature.digest);
  source.tags.set(base, fallback.digest);
  const image = await readImage(source, root, true);
  expect(image.companionTags).toEqual(
    expect.arrayContaining([
      { tag: `${base}.sig`, digest: signature.digest },
      { tag: base, digest: fallback.digest },
    ]),
  );
  const found = digests(image.referrers);
  expect(found).toHaveLength(3);
  expect(found.indexOf(artifact.digest)).toBeLessThan(found.indexOf(fallback.digest));
});

it('reads none of these where they are not wanted', async () => {
  const root = source.addManifest(['a']);
  source.addReferrer(root, 'signature');
  source.tags.set(`${root.digest.replace(':', '-')}.sig`, source.addManifest(['s']).digest);
  const image = await readImage(source, root, false);
  expect(image).toMatchObject({ referrers: [], companionTags: [] });
});

it('stops where a part of the image is missing', async () => {
  const child = source.addManifest(['a']);
  const root = source.addIndex([child]);
  source.images.delete(child.digest);
  await expect(readImage(source, root, true)).rejects.toMatchObject({
    code: 'source-incomplete',
    details: { missing: [child.digest] },
  });
});

it('leaves out layers that registries do not hold', () => {
  const foreign = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: `sha256:${'f'.repeat(64)}`,
    size: 1,
    urls: ['https://example.com/layer'],
  };
  const root = source.addManifest(['a'], { layers: [source.addBlob('a'), foreign] });
  expect(root.blobs.map(({ digest }) => digest)).not.toContain(foreign.digest);
  expect(root.blobs).toHaveLength(2);
});
