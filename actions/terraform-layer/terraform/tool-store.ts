import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setEnvironmentDefaults, type Env } from '../../shared/env.js';
import type { ToolStore } from './download.js';

/** The runner's tool cache; outside a runner it lies in the user's cache directory. */
export async function runnerToolStore(env: Env): Promise<ToolStore> {
  const home = env('HOME') ?? tmpdir();
  const defaults = {
    RUNNER_TOOL_CACHE: env('RUNNER_TOOL_CACHE') ?? join(home, '.cache', 'infra-actions', 'tools'),
    RUNNER_TEMP: env('RUNNER_TEMP') ?? tmpdir(),
  };
  // The toolkit reads both from the environment, and fails without them.
  setEnvironmentDefaults(defaults);
  await mkdir(defaults.RUNNER_TOOL_CACHE, { recursive: true });
  const tools = await import('@actions/tool-cache');
  return {
    find: (version) => tools.find('terraform', version),
    download: (url) => tools.downloadTool(url),
    unzip: (file) => tools.extractZip(file),
    keep: (directory, version) => tools.cacheDir(directory, 'terraform', version),
  };
}
