import { counted } from '../../actions/shared/counted.js';
import type { Env } from '../../actions/shared/env.js';
import { UserError, type Problem } from '../../actions/shared/errors.js';
import type { EnvironmentConfig } from '../../actions/terraform-layer/config/infra-config.js';
import { loadWorkspace } from '../../actions/terraform-layer/stacks/load-workspace.js';
import type { Finding } from './finding.js';

export interface CheckedConfiguration {
  readonly findings: readonly Finding[];
  readonly environments: readonly EnvironmentConfig[];
  /** False where a directory could not be read: it may have further environments. */
  readonly complete: boolean;
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
  let complete = true;
  for (const directory of directories) {
    try {
      const { config, stacks } = await loadWorkspace({ root, directory, env });
      for (const one of config.environments) environments.set(one.name, one);
      findings.push(summary(config, stacks.length));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      complete = false;
      findings.push(...error.problems.map(asFinding));
    }
  }
  return { findings, environments: [...environments.values()], complete };
}

function summary(
  {
    file,
    environments,
  }: { readonly file?: string; readonly environments: readonly EnvironmentConfig[] },
  stackCount: number,
): Finding {
  const names = environments.map(({ name }) => name).join(', ');
  const what = `${counted(environments.length, 'environment')}${names === '' ? '' : ` (${names})`}, ${counted(stackCount, 'stack')}`;
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
