import { z } from 'zod';
import {
  digestOf,
  digestOfStream,
  streamRange,
  type Blob,
  type FileRange,
  type LocalImage,
  type Manifest,
} from '../image.js';
import { fileOf, parseJson, readJson, readSmall, type ArchiveFiles } from './files.js';
import { archiveError } from './problems.js';

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a sha256 digest'),
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Descriptor = z.infer<typeof descriptorSchema>;

const indexSchema = z.object({ manifests: z.array(descriptorSchema) });
const manifestSchema = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema).default([]),
});

/** OCI image specification and Docker's "Image Manifest V 2, Schema 2": several images in one. */
const indexTypes = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** True where the files are those of an OCI image layout (image specification, "Image Layout"). */
export function isOciLayout(files: ArchiveFiles): boolean {
  return files.find('oci-layout') !== undefined && files.find('index.json') !== undefined;
}

/**
 * Reads the one image of an OCI image layout, with all platforms of it, and checks every digest.
 *
 * @throws UserError `archive-ambiguous`, `archive-corrupt`, `archive-digest-mismatch`
 */
export async function readOciLayout(files: ArchiveFiles): Promise<LocalImage> {
  const index = await readJson(files, 'index.json', indexSchema);
  const byDigest = new Map(index.manifests.map((entry) => [entry.digest, entry]));
  const [only] = byDigest.values();
  if (only === undefined || byDigest.size > 1) {
    const names = index.manifests.map(
      (entry) => entry.annotations?.['org.opencontainers.image.ref.name'] ?? entry.digest,
    );
    throw archiveError(
      'archive-ambiguous',
      files.path,
      `holds ${index.manifests.length} images, not one${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
    );
  }
  const reading: Reading = { manifests: new Map(), blobs: new Map() };
  const root = await readManifest(files, only, reading);
  const children = [...reading.manifests.values()].filter(({ digest }) => digest !== root.digest);
  return { format: 'OCI image layout', root, children, blobs: [...reading.blobs.values()] };
}

interface Reading {
  /** In the order in which a registry takes them. */
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Blob>;
}

async function readManifest(
  files: ArchiveFiles,
  descriptor: Descriptor,
  reading: Reading,
): Promise<Manifest> {
  const known = reading.manifests.get(descriptor.digest);
  if (known !== undefined) return known;
  const body = await readSmall(files, descriptor.digest, blobRange(files, descriptor));
  if (digestOf(body) !== descriptor.digest) throw mismatch(files, descriptor, digestOf(body));
  const text = body.toString('utf8');
  if (indexTypes.has(descriptor.mediaType)) {
    const { manifests } = parseJson(files, descriptor.digest, text, indexSchema);
    for (const child of manifests) await readManifest(files, child, reading);
  } else {
    const { config, layers } = parseJson(files, descriptor.digest, text, manifestSchema);
    for (const blob of [config, ...layers]) await readBlob(files, blob, reading);
  }
  const manifest = { digest: descriptor.digest, mediaType: descriptor.mediaType, body: text };
  reading.manifests.set(descriptor.digest, manifest);
  return manifest;
}

async function readBlob(
  files: ArchiveFiles,
  descriptor: Descriptor,
  reading: Reading,
): Promise<void> {
  if (reading.blobs.has(descriptor.digest)) return;
  const content = blobRange(files, descriptor);
  const found = await digestOfStream(streamRange(content));
  if (found !== descriptor.digest) throw mismatch(files, descriptor, found);
  reading.blobs.set(descriptor.digest, { digest: descriptor.digest, content });
}

function blobRange(files: ArchiveFiles, descriptor: Descriptor): FileRange {
  const name = `blobs/${descriptor.digest.replace(':', '/')}`;
  const range = fileOf(files, name);
  if (range.size !== descriptor.size) {
    throw archiveError(
      'archive-corrupt',
      files.path,
      `${name} has ${range.size} bytes, and is said to have ${descriptor.size}`,
    );
  }
  return range;
}

function mismatch(files: ArchiveFiles, descriptor: Descriptor, found: string): Error {
  return archiveError(
    'archive-digest-mismatch',
    files.path,
    `what should be ${descriptor.digest} is ${found}`,
    'the archive was damaged: make it again',
  );
}
