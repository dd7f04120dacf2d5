/**
 * Where Terraform finds its providers on this machine.
 *
 * `terraform-environment.ts` prints the environment for a shell to evaluate. Nothing is printed
 * where Terraform needs no help: its own configuration is there, or it downloads as usual.
 */
import { access, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What to look at; the real machine where left out. */
export interface TerraformEnvironmentOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory?: string;
  /** Root of the file system. */
  readonly root?: string;
  /** Where a generated CLI configuration is put. */
  readonly cacheDirectory?: string;
}

/** Variables to set, or to remove where `undefined`. */
export type EnvironmentChange = Readonly<Record<'TF_CLI_CONFIG_FILE', string | undefined>>;

const PROVIDER_HOST = 'registry.terraform.io';
const MIRROR_DEPTH = 2;
const NOT_SEARCHED = new Set([
  'dev',
  'home',
  'lost+found',
  'media',
  'mnt',
  'proc',
  'run',
  'sys',
  'tmp',
]);

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function directoriesIn(path: string): Promise<string[]> {
  // A directory that cannot be read holds no mirror for us.
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function findMirror(directory: string, depth: number): Promise<string | undefined> {
  const names = await directoriesIn(directory);
  if (names.includes(PROVIDER_HOST)) return directory;
  if (depth === 0) return undefined;
  for (const name of names) {
    if (depth === MIRROR_DEPTH && NOT_SEARCHED.has(name)) continue;
    const found = await findMirror(join(directory, name), depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Source addresses (`host/namespace/type`) of the providers that a mirror holds. */
async function providersIn(mirror: string): Promise<string[]> {
  const addresses: string[] = [];
  for (const namespace of await directoriesIn(join(mirror, PROVIDER_HOST))) {
    for (const type of await directoriesIn(join(mirror, PROVIDER_HOST, namespace))) {
      addresses.push(`${PROVIDER_HOST}/${namespace}/${type}`);
    }
  }
  return addresses;
}

/**
 * Finds a filesystem mirror of providers and makes Terraform use it.
 *
 * A CLI configuration that exists (`TF_CLI_CONFIG_FILE`, `~/.terraformrc`) always wins, and nothing
 * changes. Otherwise the mirror is `TF_PLUGIN_MIRROR`, or a directory near the root of the file
 * system that holds `registry.terraform.io`; providers that it lacks are still downloaded. A
 * `TF_CLI_CONFIG_FILE` that names a missing file is replaced or removed, since Terraform would warn
 * about it each time. Mirrors in Terraform's own directories need nothing: Terraform looks there by
 * itself. Throws where `TF_PLUGIN_MIRROR` is no directory. Formats: Terraform CLI documentation,
 * "CLI Configuration File", "Provider Installation".
 */
export async function terraformEnvironment(
  options: TerraformEnvironmentOptions = {},
): Promise<Partial<EnvironmentChange>> {
  const environment = options.environment ?? process.env;
  const configured = environment['TF_CLI_CONFIG_FILE'];
  if (configured !== undefined && configured !== '') {
    if (await exists(configured)) return {};
  } else if (await exists(join(options.homeDirectory ?? homedir(), '.terraformrc'))) {
    return {};
  }

  const named = environment['TF_PLUGIN_MIRROR'];
  if (named !== undefined && named !== '' && !(await isDirectory(named))) {
    throw new Error(`TF_PLUGIN_MIRROR names no directory: ${named}`);
  }
  const mirror =
    named !== undefined && named !== ''
      ? resolve(named)
      : await findMirror(options.root ?? '/', MIRROR_DEPTH);
  if (mirror === undefined)
    return configured === undefined ? {} : { TF_CLI_CONFIG_FILE: undefined };

  const cache = options.cacheDirectory ?? resolve(import.meta.dirname, '..', '.cache');
  const file = join(cache, 'terraform', 'mirror.tfrc');
  const providers = JSON.stringify(await providersIn(mirror));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    [
      'provider_installation {',
      '  filesystem_mirror {',
      `    path    = ${JSON.stringify(mirror)}`,
      `    include = ${providers}`,
      '  }',
      '  direct {',
      `    exclude = ${providers}`,
      '  }',
      '}',
      '',
    ].join('\n'),
  );
  return { TF_CLI_CONFIG_FILE: file };
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function main(): Promise<void> {
  for (const [name, value] of Object.entries(await terraformEnvironment())) {
    const quoted = value === undefined ? '' : `'${value.replaceAll("'", "'\\''")}'`;
    console.log(value === undefined ? `unset ${name}` : `export ${name}=${quoted}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
