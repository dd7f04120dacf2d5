import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { tarArchive, type ArchiveFile } from './tar-archive.js';

/** How containers of the image run, in the words of the OCI image configuration. */
interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  /** `8080/tcp`. */
  readonly ExposedPorts?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  /** Go's name of the processor architecture; `amd64` where left out. */
  readonly architecture?: string;
}

export interface ImageArchiveOptions {
  readonly files: readonly ArchiveFile[];
  readonly config: ImageConfig;
  /** Path of the archive to write; its directory is made. */
  readonly output: string;
}

interface Blob {
  readonly content: Buffer;
  readonly descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
}

function blob(mediaType: string, content: Buffer): Blob {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { content, descriptor: { mediaType, digest, size: content.byteLength } };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/**
 * Builds an image of one layer without a container engine and writes it as an OCI image layout in a
 * tar archive.
 *
 * The same files and configuration give the same bytes: the layer is not compressed and nothing
 * carries a time. Returns the digest of the manifest (`sha256:…`), which is the image's digest in
 * any registry that it is pushed to. Formats: OCI image specification 1.1, "Image Layout", "Image
 * Manifest" and "Image Configuration".
 */
export async function buildImageArchive(options: ImageArchiveOptions): Promise<{ digest: string }> {
  const { architecture = 'amd64', ExposedPorts, ...run } = options.config;
  const layer = blob('application/vnd.oci.image.layer.v1.tar', tarArchive(options.files));
  const config = blob(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture,
      os: 'linux',
      config: {
        ...run,
        ...(ExposedPorts && {
          ExposedPorts: Object.fromEntries(ExposedPorts.map((port) => [port, {}])),
        }),
      },
      rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
    }),
  );
  const manifest = blob(
    'application/vnd.oci.image.manifest.v1+json',
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: config.descriptor,
      layers: [layer.descriptor],
    }),
  );
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest.descriptor, platform: { architecture, os: 'linux' } }],
  };

  const archive = tarArchive([
    { path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: json(index) },
    ...[config, layer, manifest].map(({ content, descriptor }) => ({
      path: `blobs/${descriptor.digest.replace(':', '/')}`,
      content,
    })),
  ]);
  await mkdir(dirname(options.output), { recursive: true });
  await writeFile(options.output, archive);
  return { digest: manifest.descriptor.digest };
}
