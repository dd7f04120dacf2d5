import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { toError } from '../../shared/errors.js';
import {
  digestOf,
  digestOfStream,
  readRange,
  streamRange,
  type Blob,
  type FileRange,
  type LocalImage,
} from '../image.js';
import { fileOf, isGzip, parseJson, readJson, readSmall, type ArchiveFiles } from './files.js';
import { archiveError } from './problems.js';

/** Docker's "Image Specification v1.2", "Combined Image JSON + Filesystem Changeset Format". */
const contentsSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()),
  }),
);
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/** True where the files are what `docker save` writes. */
export function isDockerSave(files: ArchiveFiles): boolean {
  return files.find('manifest.json') !== undefined;
}

/** True where a layer lies in the archive as plain tar, as `docker save` leaves them. */
export async function hasPlainLayers(files: ArchiveFiles): Promise<boolean> {
  const contents = await readJson(files, 'manifest.json', contentsSchema);
  for (const name of contents.flatMap(({ Layers }) => Layers)) {
    const range = files.find(name);
    if (range !== undefined && !isGzip(await readRange(range, 0, 2))) return true;
  }
  return false;
}

/**
 * Reads the one image of a `docker save` archive: checks each layer against the configuration,
 * compresses what is not compressed (into `workDirectory`), and makes its manifest.
 *
 * @throws UserError `archive-ambiguous`, `archive-corrupt`, `archive-digest-mismatch`
 */
export async function readDockerSave(
  files: ArchiveFiles,
  workDirectory: string,
): Promise<LocalImage> {
  const contents = await readJson(files, 'manifest.json', contentsSchema);
  const [image] = contents;
  if (image === undefined || contents.length > 1) {
    const names = contents.map(({ Config, RepoTags }) => RepoTags?.[0] ?? Config);
    throw archiveError(
      'archive-ambiguous',
      files.path,
      `holds ${contents.length} images, not one${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    );
  }
  const configRange = fileOf(files, image.Config);
  const configText = await readSmall(files, image.Config, configRange);
  const config = { digest: digestOf(configText), content: configRange };
  // Docker names the file by its digest; other tools by what they like.
  const named = /[0-9a-f]{64}/.exec(image.Config)?.[0];
  if (named !== undefined && config.digest !== `sha256:${named}`) {
    throw archiveError(
      'archive-digest-mismatch',
      files.path,
      `${image.Config} is ${config.digest}`,
    );
  }
  const { diff_ids: diffIds } = parseJson(
    files,
    image.Config,
    configText.toString('utf8'),
    configSchema,
  ).rootfs;
  if (diffIds.length !== image.Layers.length) {
    throw archiveError(
      'archive-corrupt',
      files.path,
      `has ${image.Layers.length} layers, and its configuration names ${diffIds.length}`,
    );
  }
  const layers: Blob[] = [];
  for (const [index, name] of image.Layers.entries()) {
    layers.push(await readLayer(files, name, diffIds[index] ?? '', workDirectory));
  }
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: configRange.size,
      digest: config.digest,
    },
    layers: layers.map(({ digest, content }) => ({
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      size: content.size,
      digest,
    })),
  });
  const blobs = new Map([config, ...layers].map((blob) => [blob.digest, blob]));
  return {
    format: 'docker save',
    root: { digest: digestOf(body), mediaType: manifestType, body },
    children: [],
    blobs: [...blobs.values()],
  };
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

async function readLayer(
  files: ArchiveFiles,
  name: string,
  diffId: string,
  workDirectory: string,
): Promise<Blob> {
  const plain = fileOf(files, name);
  if (!/^sha256:[0-9a-f]{64}$/.test(diffId)) {
    throw archiveError('archive-corrupt', files.path, `${diffId} is not a sha256 digest`);
  }
  const stored = isGzip(await readRange(plain, 0, 2));
  const { found, blob } = stored
    ? await readCompressed(files, name, plain)
    : await compress(plain, join(workDirectory, `${diffId.slice('sha256:'.length)}.tar.gz`));
  if (found !== diffId) {
    throw archiveError(
      'archive-digest-mismatch',
      files.path,
      `the layer ${name} should be ${diffId} and is ${found}`,
      'the archive was damaged: make it again',
    );
  }
  return blob;
}

async function readCompressed(
  files: ArchiveFiles,
  name: string,
  content: FileRange,
): Promise<{ readonly found: string; readonly blob: Blob }> {
  const inner = createHash('sha256');
  try {
    await pipeline(streamRange(content), createGunzip(), hashing(inner), discard());
  } catch (thrown) {
    const { message } = toError(thrown);
    throw archiveError('archive-corrupt', files.path, `the layer ${name}: ${message}`);
  }
  const digest = await digestOfStream(streamRange(content));
  return { found: `sha256:${inner.digest('hex')}`, blob: { digest, content } };
}

/** Node's gzip writes no time and no name: equal layers become equal blobs. */
async function compress(
  plain: FileRange,
  target: string,
): Promise<{ readonly found: string; readonly blob: Blob }> {
  const inner = createHash('sha256');
  const outer = createHash('sha256');
  await pipeline(
    streamRange(plain),
    hashing(inner),
    createGzip(),
    hashing(outer),
    createWriteStream(target),
  );
  const { size } = await stat(target);
  return {
    found: `sha256:${inner.digest('hex')}`,
    blob: {
      digest: `sha256:${outer.digest('hex')}`,
      content: { path: target, offset: 0, size },
    },
  };
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

function discard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
