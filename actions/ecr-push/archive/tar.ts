import { open, type FileHandle } from 'node:fs/promises';
import type { FileRange } from '../image.js';
import { archiveError } from './problems.js';

const blockSize = 512;
/** A path and a size need a few hundred bytes. */
const extensionLimitBytes = 1024 * 1024;

/** Where each file of a tar archive lies in it, by its path without a leading `./`. */
export type TarIndex = ReadonlyMap<string, FileRange>;

/**
 * Reads the headers of a tar archive and skips its contents.
 *
 * Knows what image tools write: ustar, GNU long names, pax paths and sizes, and links, which
 * `docker save` uses for layers that are equal. POSIX.1-2017, "pax", "ustar Interchange Format".
 *
 * @throws UserError `archive-corrupt` for a wrong header checksum or an archive that is cut short
 */
export async function readTarIndex(path: string): Promise<TarIndex> {
  const file = await open(path, 'r');
  try {
    return await indexOf(file, path);
  } finally {
    await file.close();
  }
}

interface Extension {
  readonly path?: string;
  readonly linkPath?: string;
  readonly size?: number;
}

async function indexOf(file: FileHandle, path: string): Promise<TarIndex> {
  const { size: total } = await file.stat();
  const files = new Map<string, FileRange>();
  const links = new Map<string, string>();
  let extension: Extension = {};
  let position = 0;
  while (position + blockSize <= total) {
    const block = await readExactly(file, path, position, blockSize);
    position += blockSize;
    if (block.every((byte) => byte === 0)) break;
    checkSum(block, path, position - blockSize);

    const type = String.fromCharCode(block[156] ?? 0);
    const size = extension.size ?? numberAt(block, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw archiveError('archive-corrupt', path, 'holds a file whose size is no number');
    }
    if (position + size > total) {
      throw archiveError('archive-corrupt', path, 'is cut short: a file in it has no end');
    }
    if (type === 'x' || type === 'L' || type === 'K') {
      if (size > extensionLimitBytes) {
        throw archiveError('archive-corrupt', path, `has a name of ${size} bytes`);
      }
      const content = await readExactly(file, path, position, size);
      extension = { ...extension, ...extensionOf(type, content) };
    } else if (type !== 'g') {
      const name = clean(extension.path ?? headerName(block));
      if (type === '0' || type === '\0' || type === '7') {
        files.set(name, { path, offset: position, size });
      } else if (type === '1') {
        links.set(name, clean(extension.linkPath ?? textAt(block, 157, 100)));
      } else if (type === '2') {
        const target = extension.linkPath ?? textAt(block, 157, 100);
        links.set(name, clean(`${name.slice(0, name.lastIndexOf('/') + 1)}${target}`));
      }
      extension = {};
    }
    position += Math.ceil(size / blockSize) * blockSize;
  }
  if (files.size === 0) {
    throw archiveError('archive-not-an-image', path, 'is not a tar archive, or an empty one');
  }
  for (const name of links.keys()) {
    const range = files.get(linkEnd(name, links));
    if (range !== undefined) files.set(name, range);
  }
  return files;
}

/** Follows links that lead to links; `name` itself where they lead in a circle. */
function linkEnd(name: string, links: ReadonlyMap<string, string>): string {
  const seen = new Set<string>();
  let end = name;
  for (let next = links.get(end); next !== undefined; next = links.get(end)) {
    if (seen.has(next)) return name;
    seen.add(next);
    end = next;
  }
  return end;
}

/** The header's checksum is the sum of its bytes, the checksum itself read as spaces. */
function checkSum(block: Buffer, path: string, position: number): void {
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum === numberAt(block, 148, 8)) return;
  if (position === 0) throw archiveError('archive-not-an-image', path, 'is not a tar archive');
  throw archiveError('archive-corrupt', path, `has a damaged header at byte ${position}`);
}

/** Octal digits, or GNU's base 256 where the first bit is set (sizes from 8 GiB). */
function numberAt(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if ((first & 0x80) === 0) {
    const digits = textAt(block, offset, length).trim();
    return digits === '' ? 0 : Number.parseInt(digits, 8);
  }
  let value = first & 0x7f;
  for (let index = 1; index < length; index += 1)
    value = value * 256 + (block[offset + index] ?? 0);
  return value;
}

function textAt(block: Buffer, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

function headerName(block: Buffer): string {
  // GNU's own format keeps other things where ustar keeps the prefix.
  const isUstar = block.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = isUstar ? textAt(block, 345, 155) : '';
  const name = textAt(block, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function extensionOf(type: 'x' | 'L' | 'K', content: Buffer): Extension {
  if (type === 'L') return { path: textAt(content, 0, content.length) };
  if (type === 'K') return { linkPath: textAt(content, 0, content.length) };
  const records = new Map<string, string>();
  // A record is "<its whole length> <keyword>=<value>\n", its length in bytes.
  for (let position = 0; position < content.length;) {
    const space = content.indexOf(0x20, position);
    const length = Number.parseInt(content.subarray(position, space).toString('latin1'), 10);
    if (space === -1 || !Number.isInteger(length) || length <= 0) break;
    const record = content.subarray(space + 1, position + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    position += length;
  }
  const path = records.get('path');
  const linkPath = records.get('linkpath');
  const size = records.get('size');
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

/** Resolves `.` and `..` within the archive. */
function clean(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

async function readExactly(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw archiveError('archive-corrupt', path, 'is cut short');
  return buffer;
}
