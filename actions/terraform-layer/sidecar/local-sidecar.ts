import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationError, toError } from '../../shared/errors.js';
import { localLockFile } from './backend-place.js';
import type { Sidecar } from './sidecar.js';
import { backupVersion } from './state-versions.js';

/** A sidecar as files of `<state>.infra/`, beside the state of a local backend. */
export function localSidecar(stateFile: string): Sidecar {
  const directory = `${stateFile}.infra`;
  const fileOf = (name: string): string => path.join(directory, name);
  return {
    place: `${directory}/`,
    read: (name) => textOf(fileOf(name)),
    write: (name, text) =>
      told(fileOf(name), async () => {
        const file = fileOf(name);
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        // Replaced whole: whoever is killed here leaves the old text.
        await writeFile(`${file}.new`, text, { mode: 0o600 });
        await rename(`${file}.new`, file);
      }),
    remove: (name) => told(fileOf(name), () => rm(fileOf(name), { force: true })),
    stateVersion: async () => {
      const text = await textOf(stateFile);
      return text === undefined ? 'absent' : createHash('sha256').update(text).digest('hex');
    },
    stateText: () => textOf(stateFile),
    lockText: () => textOf(localLockFile(stateFile)),
    versions: backupVersion(stateFile),
  };
}

function textOf(file: string): Promise<string | undefined> {
  return told(file, async () => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

async function told<T>(file: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw new OperationError(
      'sidecar-failed',
      `${file} cannot be used: ${toError(cause).message}`,
      { details: { file }, cause },
    );
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
