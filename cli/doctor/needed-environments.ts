import type { EnvironmentConfig } from '../../actions/terraform-layer/config/infra-config.js';
import { parseJson } from '../../actions/shared/json-text.js';
import type { Call } from './check-workflows.js';
import type { NeededEnvironment } from './github/judge-environments.js';
import { literalText } from './values.js';

/** Every environment that GitHub has to have for these calls; each name once. */
export function neededEnvironments(
  configured: readonly EnvironmentConfig[],
  calls: readonly Call[],
): readonly NeededEnvironment[] {
  const needed = new Map<string, NeededEnvironment>();
  const add = (environment: NeededEnvironment): void => {
    if (!needed.has(environment.name)) needed.set(environment.name, environment);
  };
  for (const config of configured) {
    // What is never applied has no job that names it.
    if (config.apply !== 'never') add({ kind: 'configured', name: config.name, config });
  }
  for (const { called, job } of calls) {
    if (called.name === 'terraform-plan-fork') {
      add({ kind: 'approved', name: 'plan-fork', by: 'terraform-plan-fork.yml' });
    }
    if (called.name === 'deploy-service') {
      const given = job.with['environments'] ?? called.inputs['environments']?.default;
      const names = parseJson(literalText(given) ?? '');
      for (const name of Array.isArray(names) ? names : []) {
        if (typeof name === 'string') add({ kind: 'deployed', name });
      }
    }
    if (called.name === 'operate-service') {
      const name = literalText(job.with['environment']);
      if (name !== undefined && name !== '') add({ kind: 'deployed', name });
    }
  }
  return [...needed.values()];
}
