import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment, type Env } from '../../shared/env.js';
import type { Logger } from '../../shared/log.js';
import type { ChildChanges } from './access.js';
import { collectorEnvironment, type Machine } from './collector.js';

/** What every Terraform of a run has in common. */
export interface CommonEnvironment {
  readonly changes: ChildChanges;
  /** Undefined where the user's CLI config names a plugin cache. */
  readonly pluginCacheDirectory: string | undefined;
}

/**
 * Prepares the environment of Terraform: no questions, no version check over the network, Go's
 * collector tuned, and no CLI config that is not there, which Terraform would stop at.
 */
export async function commonEnvironment(options: {
  readonly env: Env;
  readonly log: Logger;
  readonly machine: Machine;
  readonly parallelism: number;
  /** For the plugin cache outside a runner. */
  readonly runDirectory: string;
  /** `TF_TOKEN_…` of registries and HCP Terraform. */
  readonly tokens?: Readonly<Record<string, string>>;
}): Promise<CommonEnvironment> {
  const { env, log, machine, parallelism } = options;
  const configFile = env('TF_CLI_CONFIG_FILE');
  const configMissing = configFile !== undefined && !(await isFile(configFile));
  if (configMissing) {
    log.info(`TF_CLI_CONFIG_FILE names ${configFile}, which does not exist: it is left out`);
  }
  return {
    changes: {
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
      ...options.tokens,
      ...(configMissing ? { TF_CLI_CONFIG_FILE: undefined } : {}),
      ...collectorEnvironment(machine, parallelism, {
        gogc: env('GOGC'),
        memoryLimit: env('GOMEMLIMIT'),
      }),
    },
    pluginCacheDirectory: await pluginCacheDirectory(
      env,
      configMissing ? undefined : configFile,
      options.runDirectory,
    ),
  };
}

/** The whole environment of one child. */
export function environmentOfChild(
  common: CommonEnvironment,
  changes: ChildChanges,
): Readonly<Record<string, string>> {
  return childEnvironment({ ...common.changes, ...changes });
}

async function pluginCacheDirectory(
  env: Env,
  configFile: string | undefined,
  runDirectory: string,
): Promise<string | undefined> {
  const own = env('TF_PLUGIN_CACHE_DIR');
  if (own === undefined) {
    const file = configFile ?? join(env('HOME') ?? '/', '.terraformrc');
    const config = await readFile(file, 'utf8').catch(() => '');
    if (/^\s*plugin_cache_dir\s*=/m.test(config)) return undefined;
  }
  const directory = own ?? join(env('RUNNER_TEMP') ?? runDirectory, 'terraform-plugin-cache');
  await mkdir(directory, { recursive: true });
  return directory;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
