import path from 'node:path/posix';
import { isConfigurationFile } from './configuration-files.js';
import { fillPattern, pathPattern } from './path-pattern.js';

/** Files that bind one directory to one environment. */
export interface EnvironmentFiles {
  readonly varFiles: readonly string[];
  readonly backendConfigFiles: readonly string[];
}

const folders = ['', 'env/', 'envs/', 'environments/', 'environment/', 'config/'];

/** Where repositories keep the variables of an environment, relative to the root module. */
const varFilePatterns = [...folders, 'vars/', 'tfvars/', 'variables/']
  .flatMap((folder) => [`${folder}{environment}.tfvars`, `${folder}{environment}.tfvars.json`])
  .map(pathPattern);

/** Every var file in a folder that is an environment's own. */
const ownFolderPatterns = folders
  .filter((folder) => folder !== '')
  .flatMap((folder) => [
    `${folder}{environment}/{name}.tfvars`,
    `${folder}{environment}/{name}.tfvars.json`,
  ])
  .map(pathPattern);

/** What files of values for all environments are called, where no environment is called so. */
const sharedNames = new Set([
  'all',
  'base',
  'common',
  'default',
  'defaults',
  'global',
  'globals',
  'shared',
  'terraform',
]);

/** Where they keep its backend settings. The most telling forms come first. */
const backendPatterns = [
  ...[...folders, 'backend/', 'backends/', 'backend-config/'].flatMap((folder) => [
    // `{type}` before the plain form, which would take `dev.s3` for a name.
    `${folder}{environment}.{type}.tfbackend`,
    `${folder}{environment}.tfbackend`,
    `${folder}{environment}/backend.hcl`,
    `${folder}{environment}/backend.tfbackend`,
    `${folder}{environment}/backend.{type}.tfbackend`,
    `${folder}{environment}.backend.hcl`,
    `${folder}backend-{environment}.hcl`,
  ]),
  'backend/{environment}.hcl',
  'backends/{environment}.hcl',
  'backend-config/{environment}.hcl',
].map(pathPattern);

/** Forms that a directory of one environment has beside its configuration. */
const ownBackendPatterns = [
  'backend.hcl',
  'backend.tfbackend',
  'backend.{type}.tfbackend',
  'config.{type}.tfbackend',
  'state.tfbackend',
  '{environment}.tfbackend',
  '{environment}.{type}.tfbackend',
].map(pathPattern);

export interface ConventionalBindings {
  readonly environments: ReadonlyMap<string, EnvironmentFiles>;
  /** Var files beside the configuration of which it cannot be told for what they are. */
  readonly unclear: readonly string[];
}

/**
 * The environments that a root module's files name, by convention. `files` are relative to the
 * module, those below it too; `named` are the environments of `infra.yml`. `*.auto.tfvars` and
 * `terraform.tfvars` beside the configuration are loaded by Terraform. `common.tfvars` and the like
 * come first in every environment, unless something else makes an environment of that name.
 */
export function conventionalBindings(
  files: readonly string[],
  named: readonly string[],
): ConventionalBindings {
  const plain = new Map<string, string[]>();
  const own = new Map<string, string[]>();
  const backends = new Map<string, string[]>();
  const modules = new Set(
    files.filter((file) => isConfigurationFile(file)).map((file) => path.dirname(file)),
  );
  for (const file of files) {
    if (/^(?:[^/]+\.auto|terraform)\.tfvars(?:\.json)?$/.test(file)) continue;
    // A folder with a configuration is a root module of its own, which loads its own files.
    if (!modules.has(path.dirname(file))) collect(ownFolderPatterns, file, own);
    collect(varFilePatterns, file, plain);
    collect(backendPatterns, file, backends);
  }
  const certain = new Set([...own.keys(), ...backends.keys(), ...named]);
  const found = [...new Set([...plain.keys(), ...own.keys(), ...backends.keys()])].sort();
  const isShared = (name: string): boolean => sharedNames.has(name) && !certain.has(name);
  const others = found.filter((name) => !isShared(name));
  const names = others.length > 0 ? others : found;
  const shared = found.filter((name) => !names.includes(name));
  const common = shared.flatMap((name) => plain.get(name) ?? []).sort(inLoadOrder);
  // `network.tfvars` beside `environments/dev/` is no environment, or one that lacks all else.
  const clear = names.filter((name) => certain.has(name));
  const unclear =
    named.length > 0 || clear.length === 0 ? [] : names.filter((name) => !certain.has(name));
  const kept = names.filter((name) => !unclear.includes(name));
  return {
    environments: new Map(
      kept.map((name) => [
        name,
        {
          varFiles: [
            ...common,
            ...[...(plain.get(name) ?? []), ...(own.get(name) ?? [])].sort(inLoadOrder),
          ],
          backendConfigFiles: (backends.get(name) ?? []).sort(),
        },
      ]),
    ),
    unclear: unclear.flatMap((name) => plain.get(name) ?? []),
  };
}

/** Folder by folder; in each `terraform.tfvars` first, as Terraform has it, then by name. */
function inLoadOrder(a: string, b: string): number {
  return compare(path.dirname(a), path.dirname(b)) || rank(a) - rank(b) || compare(a, b);
}

function rank(file: string): number {
  return path.basename(file).startsWith('terraform.tfvars') ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function collect(
  patterns: readonly ReturnType<typeof pathPattern>[],
  file: string,
  found: Map<string, string[]>,
): void {
  for (const pattern of patterns) {
    const environment = pattern.match(file)?.['environment'];
    if (environment === undefined || environment.includes('.')) continue;
    const list = found.get(environment);
    if (list === undefined) found.set(environment, [file]);
    else list.push(file);
    return;
  }
}

/** Backend settings that lie in the directory of one environment. */
export function ownBackendFiles(names: readonly string[], environment: string): readonly string[] {
  return names
    .filter((name) =>
      ownBackendPatterns.some((pattern) => {
        const match = pattern.match(name);
        return match !== undefined && (match['environment'] ?? environment) === environment;
      }),
    )
    .sort();
}

/** Files that a rule's templates name for an environment, as they stand, relative to the root. */
export function filledFiles(
  templates: readonly string[],
  directory: string,
  values: Readonly<Record<string, string>>,
): readonly string[] {
  return templates.map((template) => path.join(directory, fillPattern(template, values)));
}

/** Environments for which a file fits one of a rule's templates. */
export function environmentsOfTemplates(
  templates: readonly string[],
  files: readonly string[],
  values: Readonly<Record<string, string>>,
): readonly string[] {
  const patterns = templates
    .filter((template) => template.includes('{environment}'))
    .map((template) => pathPattern(fillPattern(template, values)));
  const found = files.flatMap((file) =>
    patterns.flatMap((pattern) => pattern.match(file)?.['environment'] ?? []),
  );
  return [...new Set(found)].sort();
}
