import type { Env } from '../../shared/env.js';
import { evaluate } from '../hcl/evaluate.js';
import type { Body, Source } from '../hcl/syntax.js';
import { mapOf, member, type Evaluated, type EvaluatedMap } from '../hcl/value.js';
import type { SourceLocation } from '../../shared/errors.js';
import type { ModuleInstance } from './module-instance.js';
import type { Repository } from './repository.js';
import { readAssignments } from './variables.js';

/** The backend of a root module as far as its files say it. */
export interface ResolvedBackend {
  readonly type: string;
  readonly config: EvaluatedMap;
  readonly at?: SourceLocation;
}

/**
 * The `backend` or `cloud` block of a root module, merged with `-backend-config` files (the last
 * wins), and for `cloud` with the environment. Without a block it is Terraform's local backend. A
 * config file that is not there is added to the problems.
 */
export function resolveBackend(
  repository: Repository,
  instance: ModuleInstance,
  configFiles: readonly string[],
  env: Env,
): ResolvedBackend {
  let found: ResolvedBackend = { type: 'local', config: {} };
  for (const ref of instance.source.terraform) {
    if (!/\b(?:backend|cloud)\b/.test(ref.source.text)) continue;
    for (const block of repository.block(ref)?.body.blocks ?? []) {
      if (block.type !== 'backend' && block.type !== 'cloud') continue;
      const [label = 'local'] = block.labels;
      const { line } = ref.source;
      const before = ref.source.text.slice(0, block.start);
      found = {
        type: block.type === 'cloud' ? 'cloud' : label,
        config: configOf(repository, block.body, ref.source, instance),
        at: { file: ref.source.file, line: line + before.split('\n').length - 1, column: 1 },
      };
    }
  }
  const files = configFiles.map((file) => {
    const values = readAssignments(repository, file);
    if (values === undefined) {
      repository.problems.add({
        code: 'backend-config-not-found',
        message: `there is no backend config ${file} for ${instance.source.directory}`,
        at: { file },
      });
    }
    return values ?? {};
  });
  const merged = [found.config, ...files].flatMap((values) => Object.entries(values));
  const config = mapOf(merged);
  return { ...found, config: found.type === 'cloud' ? withCloudDefaults(config, env) : config };
}

/**
 * What a `cloud` block leaves out comes from the environment (HashiCorp's "Connect to HCP
 * Terraform", environment variables for the cloud block).
 */
export function withCloudDefaults(config: EvaluatedMap, env: Env): EvaluatedMap {
  const filled = Object.entries({
    organization: env('TF_CLOUD_ORGANIZATION'),
    hostname: env('TF_CLOUD_HOSTNAME'),
  }).flatMap(([name, value]) => {
    const own = member(config, name) ?? null;
    return value !== undefined && (own === null || own === '') ? [[name, value] as const] : [];
  });
  return mapOf([...Object.entries(config), ...filled]);
}

/** Nested blocks (`workspaces`, `assume_role`) become maps. */
function configOf(
  repository: Repository,
  body: Body,
  source: Source,
  instance: ModuleInstance,
): EvaluatedMap {
  const entries: [string, Evaluated][] = [];
  for (const attribute of body.attributes.values()) {
    const value = repository.value(attribute, source);
    if (value === undefined) continue;
    entries.push([attribute.name, evaluate(value.expression, value.source, instance)]);
  }
  for (const block of body.blocks) {
    entries.push([block.type, configOf(repository, block.body, source, instance)]);
  }
  return mapOf(entries);
}
