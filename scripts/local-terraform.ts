import { dirname, join, delimiter } from 'node:path';
import { childEnvironment, processEnv } from '../actions/shared/env.js';
import { UserError } from '../actions/shared/errors.js';
import { runQuery } from '../actions/shared/query.js';
import { defaultVersion } from '../actions/terraform-layer/inputs.js';
import { terraformProgram } from '../actions/terraform-layer/terraform/program.js';
import { parseVersionConstraint } from '../actions/terraform-layer/terraform/version-constraint.js';
import { terraformEnvironment } from './terraform-environment.js';

/** Where a Terraform that had to be downloaded is kept, for scripts and for the demo's jobs. */
export const toolCacheDirectory = join(import.meta.dirname, '..', '.cache', 'tool-cache');

/** Path of the Terraform on the PATH, or of one that is downloaded. */
export async function localTerraform(report: (line: string) => void): Promise<string> {
  const wanted = parseVersionConstraint(defaultVersion);
  if (wanted === undefined) throw new Error(`${defaultVersion} is no version constraint`);
  const program = await terraformProgram({
    wanted,
    releasesUrl: 'https://releases.hashicorp.com',
    env: (name) => (name === 'RUNNER_TOOL_CACHE' ? toolCacheDirectory : processEnv(name)),
    environment: childEnvironment(await terraformEnvironment()),
    runQuery,
    log: {
      info: report,
      debug: () => undefined,
      notice: report,
      warning: report,
      error: report,
      group: (_title, body) => body(),
    },
  });
  return program.path;
}

/**
 * Puts a Terraform on the PATH of this process, for tests and checks that start it by name.
 * Without one, and without a way to download it, what needs it fails and says so itself.
 */
export async function putTerraformOnPath(): Promise<void> {
  try {
    const program = await localTerraform(() => undefined);
    process.env['PATH'] = [dirname(program), process.env['PATH'] ?? ''].join(delimiter);
  } catch (thrown) {
    const reason = thrown instanceof UserError ? thrown.message : String(thrown);
    console.log(`Terraform: ${reason}`);
  }
}
