import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';

/**
 * A file of the stacks or of their modules that OpenTofu alone reads, where `x.tofu` stands in for
 * `x.tf` (OpenTofu documentation, "Files and Directories"); undefined where there is none.
 */
export async function tofuFile(
  root: string,
  stacks: readonly Stack[],
): Promise<string | undefined> {
  const directories = new Set(
    stacks.flatMap((stack) => [stack.directory, ...stack.moduleDirectories]),
  );
  for (const directory of directories) {
    const names = await readdir(path.join(root, directory)).catch(() => []);
    const found = names.sort().find((name) => /\.tofu(\.json)?$/.test(name));
    if (found !== undefined) return path.posix.join(directory, found);
  }
  return undefined;
}
