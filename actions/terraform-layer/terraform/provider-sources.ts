import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';
import type { ProviderSources } from './plugin-cache.js';

/** Reads what decides which providers an init of the stack installs. */
export async function providerSources(root: string, stack: Stack): Promise<ProviderSources> {
  const lockFile = path.join(root, stack.directory, '.terraform.lock.hcl');
  return {
    lockFile: await readFile(lockFile, 'utf8').catch(() => undefined),
    configuration: await configurationTexts(root, [stack.directory, ...stack.moduleDirectories]),
  };
}

async function configurationTexts(
  root: string,
  directories: readonly string[],
): Promise<readonly string[]> {
  const texts = await Promise.all(
    directories.map(async (directory) => {
      const names = await readdir(path.join(root, directory)).catch(() => []);
      const wanted = names.filter((name) => /\.(tf|tofu)(\.json)?$/.test(name)).sort();
      return Promise.all(
        wanted.map((name) => readFile(path.join(root, directory, name), 'utf8').catch(() => '')),
      );
    }),
  );
  return texts.flat();
}

/** How an init uses the shared plugin cache. */
export function pluginEnvironment(
  directory: string | undefined,
  sources: ProviderSources,
): Readonly<Record<string, string>> {
  if (directory === undefined) return {};
  return {
    TF_PLUGIN_CACHE_DIR: directory,
    // Without a committed lock file Terraform would fetch again and write into the cache; the
    // lock file that it then writes holds for this machine only, and nobody commits it.
    ...(sources.lockFile === undefined
      ? { TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1' }
      : {}),
  };
}
