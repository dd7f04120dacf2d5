import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** Bytes `offset` to `offset + size` of a file. */
export interface FileRange {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** A layer or a configuration, ready to be sent. */
export interface Blob {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly content: FileRange;
}

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly body: string;
}

/** An image read from an archive, every digest of which was found to be true. */
export interface LocalImage {
  readonly format: 'OCI image layout' | 'docker save';
  /** What tags name: the manifest, or the index of several. */
  readonly root: Manifest;
  /** What `root` refers to, each after those that it refers to itself. */
  readonly children: readonly Manifest[];
  /** Each digest once. */
  readonly blobs: readonly Blob[];
}

export function streamRange(range: FileRange): Readable {
  // The `end` of createReadStream is inclusive: it cannot read nothing.
  if (range.size === 0) return Readable.from([]);
  return createReadStream(range.path, {
    start: range.offset,
    end: range.offset + range.size - 1,
    highWaterMark: 1024 * 1024,
  });
}

/** Reads `length` bytes at `position` within the range; fewer only where the file was cut short. */
export async function readRange(
  range: FileRange,
  position = 0,
  length = range.size - position,
): Promise<Buffer> {
  const file = await open(range.path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, range.size - position)));
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await file.read(
        buffer,
        done,
        buffer.length - done,
        range.offset + position + done,
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  } finally {
    await file.close();
  }
}

/** The digest of bytes, as registries write it. */
export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** The digest of a stream's bytes. */
export async function digestOfStream(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
