import path from 'node:path/posix';
import type { Env } from '../../shared/env.js';
import { parseJson } from '../../shared/json-text.js';
import { evaluate } from '../hcl/evaluate.js';
import { emptyScope } from '../hcl/scope.js';
import { mapOf, type Evaluated, type EvaluatedMap } from '../hcl/value.js';
import type { ModuleSource } from './module-source.js';
import { mergedAttributes } from './named-block.js';
import type { Inputs } from './module-instance.js';
import type { Repository } from './repository.js';

/**
 * Values of a root module's variables, by Terraform's precedence: `-var`, then `-var-file` (the
 * last wins), `*.auto.tfvars`, `terraform.tfvars.json`, `terraform.tfvars`, `TF_VAR_…` (Terraform
 * documentation, "Variable Definition Precedence"). Defaults are not here.
 */
export function rootInputs(
  repository: Repository,
  module: ModuleSource,
  varFiles: readonly string[],
  variables: Readonly<Record<string, string>>,
  env: Env,
): Inputs {
  let files: readonly EvaluatedMap[] | undefined;
  return (name) => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (given !== undefined) return fromText(repository, module, name, given);
    files ??= [...varFiles]
      .reverse()
      .concat(automaticVarFiles(repository, module.directory))
      .map((file) => readAssignments(repository, file) ?? {});
    for (const values of files) {
      if (Object.hasOwn(values, name)) return values[name];
    }
    const ambient = env(`TF_VAR_${name}`);
    return ambient === undefined ? undefined : fromText(repository, module, name, ambient);
  };
}

/** Var files that Terraform loads by itself, the strongest first. */
export function automaticVarFiles(repository: Repository, directory: string): readonly string[] {
  const names = repository.namesIn(directory);
  const automatic = names.filter((name) => /\.auto\.tfvars(?:\.json)?$/.test(name));
  const plain = ['terraform.tfvars.json', 'terraform.tfvars'].filter((name) =>
    names.includes(name),
  );
  return [...automatic.sort().reverse(), ...plain].map((name) => path.join(directory, name));
}

/**
 * `name = value` lines of a tfvars or backend config file, HCL or JSON; undefined where there is no
 * such file. A mistake in it is added to the problems.
 */
export function readAssignments(repository: Repository, file: string): EvaluatedMap | undefined {
  const text = repository.text(file);
  if (text === undefined) return undefined;
  if (file.endsWith('.json')) return readJson(repository, file, text);
  const source = { file, text, line: 1 };
  const body = repository.body(source);
  const entries: [string, Evaluated][] = [];
  for (const attribute of body?.attributes.values() ?? []) {
    const value = repository.value(attribute, source);
    if (value === undefined) continue;
    entries.push([attribute.name, evaluate(value.expression, value.source, emptyScope)]);
  }
  return mapOf(entries);
}

function readJson(repository: Repository, file: string, text: string): EvaluatedMap {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as EvaluatedMap;
  }
  repository.problems.add({
    code: 'json-syntax',
    message: 'this is not a JSON object',
    at: { file },
  });
  return {};
}

/** As Terraform reads `-var` and `TF_VAR_…`: text for a string variable, an expression for any other type. */
function fromText(
  repository: Repository,
  module: ModuleSource,
  name: string,
  text: string,
): Evaluated {
  const block = module.variables.get(name);
  const type = block && mergedAttributes(repository, block).get('type')?.value?.expression;
  const isText = type === undefined || (type.kind === 'variable' && type.name === 'string');
  const parsed = isText ? undefined : repository.expression(`-var ${name}`, text);
  return parsed === undefined ? text : evaluate(parsed.expression, parsed.source, emptyScope);
}
