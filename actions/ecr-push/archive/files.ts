import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { toError } from '../../shared/errors.js';
import { readRange, type FileRange } from '../image.js';
import { archiveError } from './problems.js';
import { readTarIndex } from './tar.js';

/** The files of an archive: a tar, or a directory in the shape of one. */
export interface ArchiveFiles {
  /** As the user wrote it, for messages. */
  readonly path: string;
  readonly names: readonly string[];
  find(name: string): FileRange | undefined;
}

/**
 * Opens a tar, a gzipped tar (unpacked into `workDirectory`), or a directory.
 *
 * @throws UserError `archive-not-found`, `archive-not-readable`, `archive-not-an-image`,
 * `archive-corrupt`
 */
export async function openArchiveFiles(
  path: string,
  shownPath: string,
  workDirectory: string,
): Promise<ArchiveFiles> {
  const found = await stat(path).catch((thrown: unknown) => {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw archiveError(
      missing ? 'archive-not-found' : 'archive-not-readable',
      shownPath,
      missing ? 'does not exist' : toError(thrown).message,
    );
  });
  const index = found.isDirectory()
    ? await indexOfDirectory(path, shownPath)
    : await readTarIndex(await unpacked(path, shownPath, workDirectory));
  return { path: shownPath, names: [...index.keys()], find: (name) => index.get(name) };
}

/** @throws UserError `archive-not-an-image` where the file is absent, `archive-corrupt` */
export async function readJson<T extends z.ZodType>(
  files: ArchiveFiles,
  name: string,
  schema: T,
): Promise<z.infer<T>> {
  const content = await readSmall(files, name, fileOf(files, name));
  return parseJson(files, name, content.toString('utf8'), schema);
}

/** @throws UserError `archive-corrupt` where the archive has no such file */
export function fileOf(files: ArchiveFiles, name: string): FileRange {
  const range = files.find(name);
  if (range !== undefined) return range;
  throw archiveError('archive-corrupt', files.path, `has no ${name}, which it refers to`);
}

/** ECR service quotas: a manifest has at most 4 MiB. Configurations are smaller still. */
const smallBytes = 16 * 1024 * 1024;

/** Reads a manifest or a configuration. @throws UserError `archive-corrupt` for any larger file */
export async function readSmall(
  files: ArchiveFiles,
  name: string,
  range: FileRange,
): Promise<Buffer> {
  if (range.size <= smallBytes) return readRange(range);
  throw archiveError('archive-corrupt', files.path, `${name} has ${range.size} bytes`);
}

/** @throws UserError `archive-corrupt` where the text is no JSON, or not of this shape */
export function parseJson<T extends z.ZodType>(
  files: ArchiveFiles,
  name: string,
  text: string,
  schema: T,
): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw archiveError('archive-corrupt', files.path, `${name}: ${toError(thrown).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw archiveError(
    'archive-corrupt',
    files.path,
    `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

async function indexOfDirectory(
  path: string,
  shownPath: string,
): Promise<ReadonlyMap<string, FileRange>> {
  const top = await readdir(path);
  if (!top.includes('oci-layout') && !top.includes('manifest.json')) {
    throw archiveError('archive-not-an-image', shownPath, 'is a directory without an image');
  }
  const index = new Map<string, FileRange>();
  for (const name of await readdir(path, { recursive: true })) {
    const file = join(path, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() === true) index.set(name, { path: file, offset: 0, size: found.size });
  }
  return index;
}

async function unpacked(path: string, shownPath: string, workDirectory: string): Promise<string> {
  const file = await open(path, 'r').catch((thrown: unknown) => {
    throw archiveError('archive-not-readable', shownPath, toError(thrown).message);
  });
  const magic = Buffer.alloc(2);
  await file.read(magic, 0, 2, 0).finally(() => file.close());
  if (!isGzip(magic)) return path;
  const target = join(workDirectory, 'archive.tar');
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(target));
  } catch (thrown) {
    throw archiveError('archive-corrupt', shownPath, toError(thrown).message);
  }
  return target;
}

/** RFC 1952: the first two bytes. */
export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
