import path from 'node:path/posix';
import { fillPattern, pathPattern } from './path-pattern.js';

/** Files that bind one directory to one environment. */
export interface EnvironmentFiles {
  readonly varFiles: readonly string[];
  readonly backendConfigFiles: readonly string[];
}

const folders = ['', 'env/', 'envs/', 'environments/', 'environment/', 'config/'];

/** Where repositories keep the variables of an environment, relative to the root module. */
const varFilePatterns = [
  ...[...folders, 'vars/', 'tfvars/', 'variables/'].flatMap((folder) => [
    `${folder}{environment}.tfvars`,
    `${folder}{environment}.tfvars.json`,
  ]),
  ...folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => [
      `${folder}{environment}/terraform.tfvars`,
      `${folder}{environment}/{environment}.tfvars`,
    ]),
].map(pathPattern);

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

/**
 * The environments that a root module's files name, by convention. `files` are relative to the
 * module. `*.auto.tfvars` and `terraform.tfvars` beside it belong to every environment.
 */
export function conventionalBindings(
  files: readonly string[],
): ReadonlyMap<string, EnvironmentFiles> {
  const varFiles = new Map<string, string[]>();
  const backends = new Map<string, string[]>();
  for (const file of files) {
    if (/\.auto\.tfvars(?:\.json)?$|^terraform\.tfvars(?:\.json)?$/.test(file)) continue;
    collect(varFilePatterns, file, varFiles);
    collect(backendPatterns, file, backends);
  }
  const names = [...new Set([...varFiles.keys(), ...backends.keys()])].sort();
  return new Map(
    names.map((name) => [
      name,
      {
        varFiles: (varFiles.get(name) ?? []).sort(),
        backendConfigFiles: (backends.get(name) ?? []).sort(),
      },
    ]),
  );
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
