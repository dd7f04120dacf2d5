import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Ecr } from '../../actions/ecr-push/ecr.js';
import { digestOf } from '../../actions/ecr-push/image.js';
import type { RemoteImage, Repository } from '../../actions/ecr-push/repository.js';
import type { ImageScan } from '../../actions/ecr-push/scan/image-scan.js';
import { tarArchive, type ArchiveFile } from '../../scripts/tar-archive.js';

export function repository(changes: Partial<Repository> = {}): Repository {
  return {
    name: 'shop/service-a',
    uri: '127.0.0.1:5000/shop/service-a',
    accountId: '123456789012',
    tagMutability: 'MUTABLE',
    mutabilityExclusions: [],
    ...changes,
  };
}

/** A digest that stands for anything: 64 times one digit. */
export function anyDigest(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

export function remoteImage(digit: string, changes: Partial<RemoteImage> = {}): RemoteImage {
  return {
    digest: anyDigest(digit),
    manifest: '{}',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    ...changes,
  };
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The files that go into the image's only layer, as a tar. */
export function layerTar(text = 'hello'): Buffer {
  return tarArchive([{ path: 'greeting', content: Buffer.from(text) }]);
}

export interface TestImage {
  /** The archive's files by name; change them to damage it. */
  readonly files: Map<string, Buffer>;
  /** Of the manifest or index that the archive is for. */
  readonly digest: string;
}

/** The bytes of a tar of the image's files. */
export function tarOf({ files }: Pick<TestImage, 'files'>): Buffer {
  return tarArchive([...files].map(([path, content]): ArchiveFile => ({ path, content })));
}

/** An OCI image layout of one image with one gzipped layer. */
export function ociLayout(options: { readonly layer?: Buffer } = {}): TestImage {
  const files = new Map<string, Buffer>();
  const image = ociManifest(files, options.layer ?? layerTar(), 'amd64');
  files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  files.set('index.json', json({ schemaVersion: 2, manifests: [image] }));
  return { files, digest: image.digest };
}

/** An OCI image layout of an index over two platforms that share a layer. */
export function multiPlatformLayout(): TestImage {
  const files = new Map<string, Buffer>();
  const manifests = ['amd64', 'arm64'].map((architecture) => ({
    ...ociManifest(files, layerTar(), architecture),
    platform: { os: 'linux', architecture },
  }));
  const index = addBlob(
    files,
    json({ schemaVersion: 2, mediaType: indexType, manifests }),
    indexType,
  );
  files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  files.set('index.json', json({ schemaVersion: 2, manifests: [index] }));
  return { files, digest: index.digest };
}

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function ociManifest(files: Map<string, Buffer>, layer: Buffer, architecture: string): Descriptor {
  const config = {
    architecture,
    os: 'linux',
    config: { Cmd: ['/greeting'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: addBlob(files, json(config), 'application/vnd.oci.image.config.v1+json'),
    layers: [addBlob(files, gzipSync(layer), 'application/vnd.oci.image.layer.v1.tar+gzip')],
  };
  return addBlob(files, json(manifest), manifestType);
}

function addBlob(files: Map<string, Buffer>, content: Buffer, mediaType: string): Descriptor {
  const digest = digestOf(content);
  files.set(`blobs/${digest.replace(':', '/')}`, content);
  return { mediaType, digest, size: content.length };
}

/** What `docker save` of Docker 20 wrote: plain layers, a JSON named by its digest. */
export function dockerSave(options: { readonly layers?: readonly Buffer[] } = {}): TestImage {
  const layers = options.layers ?? [layerTar()];
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  const configName = `${sha256(config)}.json`;
  const files = new Map<string, Buffer>([[configName, config]]);
  for (const [index, layer] of layers.entries()) files.set(`${index}/layer.tar`, layer);
  files.set(
    'manifest.json',
    json([
      {
        Config: configName,
        RepoTags: ['service-a:latest'],
        Layers: layers.map((_, index) => `${index}/layer.tar`),
      },
    ]),
  );
  return { files, digest: '' };
}

export type RepositoryState = Awaited<ReturnType<Ecr['repositoryState']>>;

const wholeState: RepositoryState = { madeHere: false, hasLifecycle: true, policy: undefined };

export interface FakeEcr extends Ecr {
  /** What repositories lack; others have all. */
  readonly states: Map<string, RepositoryState>;
  /** By `<repository>:<tag>`. */
  readonly tags: Map<string, RemoteImage>;
  readonly manifests: Map<string, RemoteImage>;
  readonly layers: Map<string, Buffer>;
  /** Names of the calls in order. */
  readonly calls: string[];
  /** Position from which the next part is asked for again, once. */
  losePartFrom?: number;
  /** What `scanOf` answers, one call after the other by digest; the last one stays. */
  readonly scans: Map<string, readonly (ImageScan | undefined)[]>;
  /** What `startScan` answers. */
  scanStart: Awaited<ReturnType<Ecr['startScan']>>;
}

/** An ECR in memory, with parts of ten bytes. */
export function fakeEcr(repositories: readonly Repository[] = [repository()]): FakeEcr {
  const known = new Map(repositories.map((one) => [one.name, one]));
  const uploads = new Map<string, Buffer>();
  const tags = new Map<string, RemoteImage>();
  const manifests = new Map<string, RemoteImage>();
  const layers = new Map<string, Buffer>();
  const calls: string[] = [];
  const states = new Map<string, RepositoryState>();
  const scans: FakeEcr['scans'] = new Map();
  const fake: FakeEcr = {
    scans,
    scanStart: { kind: 'started' },
    scanOf(_name, digest) {
      const [next, ...rest] = scans.get(digest) ?? [];
      if (rest.length > 0) scans.set(digest, rest);
      return Promise.resolve(next);
    },
    startScan(_name, digest) {
      calls.push(`startScan ${digest}`);
      return Promise.resolve(fake.scanStart);
    },
    states,
    tags,
    manifests,
    layers,
    calls,
    findRepository: (name) => Promise.resolve(known.get(name)),
    createRepository(name) {
      calls.push('createRepository');
      const made = repository({ name, tagMutability: 'IMMUTABLE' });
      known.set(name, made);
      return Promise.resolve(made);
    },
    imagesByTag: (name, wanted) =>
      Promise.resolve(
        new Map(
          wanted.flatMap((tag) => {
            const image = tags.get(`${name}:${tag}`);
            return image === undefined ? [] : [[tag, image]];
          }),
        ),
      ),
    imagesByDigest: (_name, digests) =>
      Promise.resolve(
        new Map(
          digests.flatMap((digest) => {
            const image = manifests.get(digest);
            return image === undefined ? [] : [[digest, image]];
          }),
        ),
      ),
    imageByDigest: (_name, digest) => Promise.resolve(manifests.get(digest)),
    describeTags: (name, wanted) =>
      Promise.resolve(
        new Map(
          wanted.flatMap((tag) => {
            const image = tags.get(`${name}:${tag}`);
            return image === undefined ? [] : [[tag, { digest: image.digest, sizeBytes: 42 }]];
          }),
        ),
      ),
    layersPresent: (_name, digests) =>
      Promise.resolve(new Set(digests.filter((digest) => layers.has(digest)))),
    startUpload() {
      calls.push('startUpload');
      const uploadId = String(uploads.size);
      uploads.set(uploadId, Buffer.alloc(0));
      return Promise.resolve({ uploadId, partSizeBytes: 10 });
    },
    uploadPart(_name, uploadId, { firstByte, content }) {
      calls.push('uploadPart');
      if (firstByte === fake.losePartFrom) {
        delete fake.losePartFrom;
        return Promise.resolve(firstByte);
      }
      uploads.set(uploadId, Buffer.concat([uploads.get(uploadId) ?? Buffer.alloc(0), content]));
      return Promise.resolve(firstByte + content.length);
    },
    completeUpload(_name, uploadId, digest) {
      const content = uploads.get(uploadId) ?? Buffer.alloc(0);
      if (digestOf(content) !== digest) throw new Error(`the upload is not ${digest}`);
      layers.set(digest, content);
      return Promise.resolve();
    },
    putManifest(name, manifest, tag) {
      calls.push(tag === undefined ? 'putManifest' : `putManifest ${tag}`);
      const { digest, mediaType, body } = manifest;
      const image = { digest, mediaType, manifest: body };
      manifests.set(digest, image);
      if (tag === undefined) return Promise.resolve('written');
      const there = tags.get(`${name}:${tag}`);
      if (there?.digest === digest) return Promise.resolve('present');
      if (there !== undefined && known.get(name)?.tagMutability === 'IMMUTABLE') {
        return Promise.resolve('tag-immutable');
      }
      tags.set(`${name}:${tag}`, image);
      return Promise.resolve('written');
    },
    login: () =>
      Promise.resolve({
        registry: '127.0.0.1:5000',
        username: 'AWS',
        password: 'registry-password',
      }),
    repositoryState: ({ name }) => Promise.resolve(states.get(name) ?? wholeState),
    putLifecycle(name, policy) {
      calls.push(`putLifecycle ${name} ${policy}`);
      return Promise.resolve();
    },
    putPolicy(name, policy) {
      calls.push(`putPolicy ${name} ${policy}`);
      return Promise.resolve();
    },
  };
  return fake;
}
