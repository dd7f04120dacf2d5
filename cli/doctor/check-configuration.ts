import path from 'node:path';
import { counted } from '../../actions/shared/counted.js';
import type { Env } from '../../actions/shared/env.js';
import { UserError, type Problem } from '../../actions/shared/errors.js';
import type { EnvironmentConfig } from '../../actions/terraform-layer/config/infra-config.js';
import { loadWorkspace } from '../../actions/terraform-layer/stacks/load-workspace.js';
import type { Finding } from './finding.js';

export interface CheckedConfiguration {
  readonly findings: readonly Finding[];
  /** Undefined where the repository has no stacks, or where they could not be read. */
  readonly environments: readonly EnvironmentConfig[] | undefined;
}

/**
 * Reads `infra.yml` and the stacks of each directory as the actions do; starts no program.
 *
 * @param directories relative to the root, those that hold an `infra.yml` or that a workflow names
 */
export async function checkConfiguration(
  root: string,
  directories: readonly string[],
  env: Env,
): Promise<CheckedConfiguration> {
  const findings: Finding[] = [];
  const environments = new Map<string, EnvironmentConfig>();
  let unreadable = false;
  for (const directory of directories) {
    try {
      const { config, stacks } = await loadWorkspace({ root, directory, env });
      for (const environment of config.environments)
        environments.set(environment.name, environment);
      findings.push(summary(config, directory, stacks.length));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable = true;
      findings.push(...error.problems.map(asFinding));
    }
  }
  return {
    findings,
    environments:
      directories.length === 0 || (unreadable && environments.size === 0)
        ? undefined
        : [...environments.values()],
  };
}

function summary(
  {
    file,
    environments,
  }: { readonly file?: string; readonly environments: readonly EnvironmentConfig[] },
  directory: string,
  stackCount: number,
): Finding {
  const names = environments.map(({ name }) => name).join(', ');
  const what = `${counted(environments.length, 'environment')}${names === '' ? '' : ` (${names})`}, ${counted(stackCount, 'stack')}`;
  if (stackCount === 0) {
    return {
      status: 'warning',
      area: 'configuration',
      code: 'no-stacks',
      message: `${file ?? path.join(directory, 'infra.yml')}: ${what}`,
      hint: 'see docs/guides/layouts.md for the layouts that are known',
    };
  }
  return {
    status: 'ok',
    area: 'configuration',
    code: 'configuration-valid',
    message: file === undefined ? `known layout without infra.yml: ${what}` : `${file}: ${what}`,
  };
}

function asFinding({ code, message, at, hint }: Problem): Finding {
  return {
    status: 'problem',
    area: 'configuration',
    code,
    message,
    ...(at === undefined || 'input' in at ? {} : { at }),
    ...(hint === undefined ? {} : { hint }),
  };
}
