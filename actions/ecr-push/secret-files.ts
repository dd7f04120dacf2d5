import { copyFile, chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Problem } from '../shared/errors.js';
import type { BuildSecret } from './inputs/build-secrets.js';

/** Secrets as an engine mounts them, in files of ours (mode 0600). */
export interface SecretFiles {
  readonly mounts: readonly { readonly id: string; readonly file: string }[];
  remove(): Promise<void>;
}

/** Files that secrets are to be read from and that are not there: `secret-file-not-found`. */
export async function secretFileProblems(
  secrets: readonly BuildSecret[],
  workspace: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const secret of secrets) {
    if (secret.from === 'value') continue;
    const found = await stat(resolve(workspace, secret.path)).catch(() => undefined);
    if (found?.isFile() === true) continue;
    problems.push({
      code: 'secret-file-not-found',
      message: `${secret.id}: there is no file ${secret.path}`,
      at: { input: 'secret-files' },
      hint: 'paths are relative to the workspace',
    });
  }
  return problems;
}

/**
 * Writes the secrets into `workDirectory`, which is private and removed at the end of the step. The
 * files have names of ours: engines read theirs between commas.
 */
export async function writeSecretFiles(
  secrets: readonly BuildSecret[],
  workspace: string,
  workDirectory: string,
): Promise<SecretFiles> {
  const directory = join(workDirectory, 'secrets');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  const mounts: { readonly id: string; readonly file: string }[] = [];
  for (const [index, secret] of secrets.entries()) {
    const file = join(directory, String(index));
    if (secret.from === 'value') {
      await writeFile(file, secret.value, { mode: 0o600, flag: 'wx' });
    } else {
      await writeFile(file, '', { mode: 0o600, flag: 'wx' });
      await copyFile(resolve(workspace, secret.path), file);
      await chmod(file, 0o600);
    }
    mounts.push({ id: secret.id, file });
  }
  return { mounts, remove: () => rm(directory, { recursive: true, force: true }) };
}
