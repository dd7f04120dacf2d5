import { digestOf } from '../../actions/ecr-push/image.js';
import { toNode, type ManifestNode } from '../../actions/ecr-push/promote/image-graph.js';
import type { ReadRange } from '../../actions/ecr-push/promote/read-range.js';
import type { SourceRepository } from '../../actions/ecr-push/promote/source-registry.js';
import type { RemoteImage } from '../../actions/ecr-push/repository.js';
import { fakeEcr, type FakeEcr } from './ecr.js';
import { imageIndexType, imageManifestType } from './ecr-registry.js';

/** A registry in memory that an image is promoted from. */
export interface FakeSource extends SourceRepository {
  readonly images: Map<string, RemoteImage>;
  readonly tags: Map<string, string>;
  readonly blobs: Map<string, Buffer>;
  readonly referrers: Map<string, string[]>;
  /** What was asked for, in order. */
  readonly calls: string[];
  /** Adds a layer or a configuration; returns its descriptor. */
  addBlob(content: string): { readonly digest: string; readonly size: number };
  /** Adds a manifest of blobs; returns its node. */
  addManifest(layers: readonly string[], more?: Readonly<Record<string, unknown>>): ManifestNode;
  addIndex(
    children: readonly ManifestNode[],
    more?: Readonly<Record<string, unknown>>,
  ): ManifestNode;
  /** Adds an artifact that refers to an image. */
  addReferrer(subject: ManifestNode, content: string): ManifestNode;
  readonly readRange: ReadRange;
}

/** An empty source; its addresses are `memory:<digest>`. */
export function fakeSource(changes: Partial<SourceRepository> = {}): FakeSource {
  const images = new Map<string, RemoteImage>();
  const tags = new Map<string, string>();
  const blobs = new Map<string, Buffer>();
  const referrers = new Map<string, string[]>();
  const calls: string[] = [];
  const add = (body: Readonly<Record<string, unknown>>, mediaType: string): ManifestNode => {
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, ...body });
    const image = { digest: digestOf(manifest), manifest, mediaType };
    images.set(image.digest, image);
    return toNode(image);
  };
  const find = (
    pairs: readonly (readonly [string, string | undefined])[],
  ): Map<string, RemoteImage> =>
    new Map(
      pairs.flatMap(([key, digest = '']) => {
        const image = images.get(digest);
        return image === undefined ? [] : [[key, image] as const];
      }),
    );
  const source: FakeSource = {
    name: 'shop/service-a',
    accountId: '111111111111',
    region: 'eu-west-1',
    images,
    tags,
    blobs,
    referrers,
    calls,
    imagesByTag(wanted) {
      calls.push('imagesByTag');
      return Promise.resolve(find(wanted.map((tag) => [tag, tags.get(tag)])));
    },
    imagesByDigest(wanted) {
      calls.push('imagesByDigest');
      return Promise.resolve(find(wanted.map((digest) => [digest, digest])));
    },
    referrersOf(digest) {
      calls.push('referrersOf');
      return Promise.resolve(referrers.get(digest) ?? []);
    },
    downloadUrl(digest) {
      calls.push('downloadUrl');
      return Promise.resolve(`memory:${digest}`);
    },
    addBlob(content) {
      const bytes = Buffer.from(content);
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return { digest, size: bytes.length };
    },
    addManifest(layers, more = {}) {
      const [config, ...rest] = ['{}', ...layers].map((layer) => source.addBlob(layer));
      return add({ config, layers: rest, ...more }, imageManifestType);
    },
    addIndex(children, more = {}) {
      const manifests = children.map(({ digest, mediaType, body }, index) => ({
        ...{ mediaType, digest, size: Buffer.byteLength(body) },
        platform: { os: 'linux', architecture: index === 0 ? 'amd64' : 'arm64' },
      }));
      return add({ manifests, ...more }, imageIndexType);
    },
    addReferrer(subject, content) {
      const { digest, mediaType, body } = subject;
      const size = Buffer.byteLength(body);
      const artifact = source.addManifest([content], { subject: { mediaType, digest, size } });
      referrers.set(digest, [...(referrers.get(digest) ?? []), artifact.digest]);
      return artifact;
    },
    readRange(url, { position, length }) {
      const content = blobs.get(url.replace('memory:', ''))?.subarray(position, position + length);
      return Promise.resolve(
        content === undefined ? { kind: 'refused', status: 404 } : { kind: 'bytes', content },
      );
    },
    ...changes,
  };
  return source;
}

/** ECR that takes no manifest before what it refers to, as the real one does. */
export function strictEcr(...repositories: Parameters<typeof fakeEcr>): FakeEcr {
  const ecr = fakeEcr(...repositories);
  const putManifest = ecr.putManifest.bind(ecr);
  ecr.putManifest = (name, manifest, tag) => {
    const { digest, mediaType, body } = manifest;
    const { blobs, children } = toNode({ digest, mediaType, manifest: body });
    for (const blob of blobs) {
      if (!ecr.layers.has(blob.digest)) throw new Error(`LayersNotFound: ${blob.digest}`);
    }
    for (const child of children) {
      if (!ecr.manifests.has(child)) throw new Error(`ReferencedImagesNotFound: ${child}`);
    }
    return putManifest(name, manifest, tag);
  };
  return ecr;
}
