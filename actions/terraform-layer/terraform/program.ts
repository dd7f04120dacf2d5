import type { Env } from '../../shared/env.js';
import type { Logger } from '../../shared/log.js';
import type { RunProcess } from '../../shared/process.js';
import { downloadTerraform } from './download.js';
import { findTerraform, type TerraformProgram } from './find.js';
import { runnerToolStore } from './tool-store.js';
import type { VersionConstraint } from './version-constraint.js';

/**
 * The Terraform or OpenTofu of this machine where its version fits, else one that is downloaded
 * from `releasesUrl` for this platform, and kept.
 */
export function terraformProgram(options: {
  readonly wanted: VersionConstraint;
  readonly releasesUrl: string;
  /** Whether the configuration has files that OpenTofu alone reads. */
  readonly hasTofuFiles?: boolean;
  readonly env: Env;
  /** For the program, when it is asked for its version. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runQuery: RunProcess;
  readonly log: Logger;
}): Promise<TerraformProgram> {
  const { wanted, env, environment, runQuery, log } = options;
  return findTerraform({
    wanted,
    hasTofuFiles: options.hasTofuFiles === true,
    searchPath: env('PATH') ?? '',
    environment,
    runProcess: runQuery,
    log,
    download: async () =>
      downloadTerraform(
        wanted,
        {
          baseUrl: options.releasesUrl,
          platform: process.platform,
          architecture: process.arch,
        },
        await runnerToolStore(env),
        log,
      ),
  });
}
