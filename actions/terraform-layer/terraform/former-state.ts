import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';
import { stackFileName } from './stack-file.js';
import { placedBackend } from './state-place.js';

/** Where a plan finds the state of a stack that an apply is still to move. */
export interface FormerState {
  /** For the last `-backend-config`; absolute. */
  readonly backendConfigFile: string;
  /** For `TF_WORKSPACE`; undefined: none is selected. */
  readonly workspace: string | undefined;
}

/**
 * Writes, for each stack whose state is still at its former place, the settings that lead `init`
 * there (Terraform's documentation, "Partial configuration": the last wins, and null is as if it
 * were not set). Plans of those stacks then show what the apply will find. Values may be
 * credentials: `directory` is private.
 */
export async function formerStates(
  moves: readonly { readonly from: Stack; readonly to: Stack }[],
  { root, directory }: { readonly root: string; readonly directory: string },
): Promise<ReadonlyMap<string, FormerState>> {
  const found = new Map<string, FormerState>();
  for (const { from, to } of moves) {
    const { config, workspace } = placedBackend(from, root);
    const unset = Object.fromEntries(Object.keys(to.backend.config).map((name) => [name, null]));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const backendConfigFile = path.join(directory, stackFileName(to, 'tfbackend.json'));
    await writeFile(backendConfigFile, JSON.stringify({ ...unset, ...config }), { mode: 0o600 });
    found.set(to.id, { backendConfigFile, workspace });
  }
  return found;
}
