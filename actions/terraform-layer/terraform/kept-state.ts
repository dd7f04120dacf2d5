import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeRecovery } from '../sidecar/recovery.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import { parseStateFile } from '../state/state-file.js';
import { erroredStateFiles } from './errored-state.js';

/**
 * Moves an `errored.tfstate` that an earlier apply left in the stack's directory to its place
 * beside the state: Terraform would write over it with the next one. Answers with the file where
 * there is no such place.
 *
 * @param root absolute path of the repository
 * @throws OperationError `sidecar-denied`, `sidecar-failed`; the file then stays
 */
export async function moveKeptState(
  stack: Stack,
  root: string,
  sidecar: Sidecar | undefined,
): Promise<string | undefined> {
  const { errored, own } = erroredStateFiles(
    path.join(root, stack.directory),
    stack.binding === 'directory' ? undefined : stack.environment,
  );
  for (const file of new Set([own, errored])) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    // In a shared directory it may be of another environment.
    if (file !== own && (sidecar === undefined || !(await isOf(text, sidecar)))) continue;
    if (sidecar === undefined) return file;
    await writeRecovery(sidecar, text, undefined);
    await rm(file, { force: true });
  }
  return undefined;
}

async function isOf(text: string, sidecar: Sidecar): Promise<boolean> {
  const current = await sidecar.stateText();
  const lineage = parseStateFile(text)?.lineage;
  return (
    lineage !== undefined && current !== undefined && parseStateFile(current)?.lineage === lineage
  );
}
