/**
 * Bundles the entries of every action: `actions/<name>/{main,post,credentials}.ts` becomes
 * `actions/<name>/dist/<entry>/index.js`; and the CLI: `cli/main.ts` becomes `cli/dist/index.js`.
 *
 * Usage: tsx scripts/build.ts [--force] [action…|cli]
 * An action whose sources, lock file and build script are as at its last build is left alone.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { glob } from 'tinyglobby';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const entryNames = ['main', 'post', 'credentials'];

const parser = [
  ['node_modules/web-tree-sitter/web-tree-sitter.cjs', 'hcl/index.cjs'],
  ['node_modules/web-tree-sitter/web-tree-sitter.wasm', 'hcl/web-tree-sitter.wasm'],
  ['node_modules/web-tree-sitter/LICENSE', 'hcl/LICENSE-web-tree-sitter'],
  [
    'node_modules/@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-terraform.wasm',
    'hcl/tree-sitter-terraform.wasm',
  ],
  ['node_modules/@tree-sitter-grammars/tree-sitter-hcl/LICENSE', 'hcl/LICENSE-tree-sitter-hcl'],
] as const;

/** What the CLI knows of our workflows and actions: their own files. */
const definitions = ['package.json', '.github/workflows/*.yml', 'actions/*/action.yml'];

/** Files that a bundle loads at run time, since a bundler breaks them (docs/adr/0003). */
const assets: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  cli: parser,
  'terraform-layer': parser,
};

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const force = args.includes('--force');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const started = Date.now();

  const sources = (
    await glob(['actions/**/*.{ts,json}', 'cli/**/*.ts'], { cwd: root, ignore: '**/dist/**' })
  ).sort();
  const entries = sources.filter(
    (path) =>
      path === 'cli/main.ts' ||
      entryNames.some((name) => new RegExp(`^actions/[^/]+/${name}\\.ts$`).test(path)),
  );
  const actions = [...new Set(entries.map((path) => basename(dirname(path))))].filter(
    (name) => wanted.length === 0 || wanted.includes(name),
  );
  const unknown = wanted.filter((name) => !actions.includes(name));
  if (unknown.length > 0) throw new Error(`no such action: ${unknown.join(', ')}`);

  const stale: { readonly name: string; readonly hash: string }[] = [];
  for (const name of actions) {
    const hash = await hashOf(name, sources);
    const stamp = join(distDirectory(name), '.build-hash');
    const built = existsSync(stamp) ? await readFile(stamp, 'utf8') : '';
    if (force || built !== hash) stale.push({ name, hash });
  }
  if (stale.length === 0) {
    console.log(`build: ${actions.join(', ')} up to date`);
    return;
  }

  const jobs: (() => Promise<void>)[] = [];
  for (const { name } of stale) {
    const emitted = await emit(name, sources);
    for (const entry of entries.filter((path) => path.startsWith(`${homeOf(name)}/`))) {
      jobs.push(() => bundle(name, entry, emitted));
    }
  }
  await runTwoAtOnce(jobs);
  for (const { name, hash } of stale) {
    const bundled = bundledDirectory(name);
    await copyAssets(name, bundled);
    await writeFile(join(bundled, '.build-hash'), hash);
    const dist = distDirectory(name);
    await rm(dist, { recursive: true, force: true });
    await rename(bundled, dist);
    await rm(emittedDirectory(name), { recursive: true, force: true });
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`build: ${stale.map(({ name }) => name).join(', ')} in ${seconds} s`);
}

/** Digest of all that decides an action's bundle. */
async function hashOf(name: string, sources: readonly string[]): Promise<string> {
  const inputs = [
    'package-lock.json',
    'scripts/build.ts',
    ...sourcesOf(name, sources),
    ...(name === 'cli' ? await definitionFiles() : []),
  ];
  const hash = createHash('sha256');
  for (const path of inputs) hash.update(`${path}\0`).update(await readFile(join(root, path)));
  return hash.digest('hex');
}

async function definitionFiles(): Promise<readonly string[]> {
  return (await glob(definitions, { cwd: root, dot: true })).sort();
}

function homeOf(name: string): string {
  return name === 'cli' ? 'cli' : `actions/${name}`;
}

function distDirectory(name: string): string {
  return join(root, homeOf(name), 'dist');
}

/** The CLI is every action in a terminal; an action is itself and what is shared. */
function sourcesOf(name: string, sources: readonly string[]): readonly string[] {
  if (name === 'cli') return sources;
  return sources.filter((path) =>
    ['actions/shared/', `actions/${name}/`].some((home) => path.startsWith(home)),
  );
}

/** Always the same path, since the bundler derives the names of modules from it. */
function emittedDirectory(name: string): string {
  return join(root, '.cache', 'build', name);
}

/** Bundles take the place of the former ones in one move, so that what runs is never half built. */
function bundledDirectory(name: string): string {
  return join(emittedDirectory(name), 'dist');
}

/** Strips the types file by file; `make check` is what judges them. */
async function emit(name: string, sources: readonly string[]): Promise<string> {
  const directory = emittedDirectory(name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{"type":"module"}\n');
  for (const path of sourcesOf(name, sources)) {
    const text = await readFile(join(root, path), 'utf8');
    const target = join(directory, path.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, path.endsWith('.json') ? text : stripTypes(path, text));
  }
  return directory;
}

function stripTypes(path: string, text: string): string {
  return ts.transpileModule(text, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}

async function bundle(name: string, entry: string, emitted: string): Promise<void> {
  const dist = join(emitted, 'dist');
  const out = name === 'cli' ? dist : join(dist, basename(entry, '.ts'));
  await run(process.execPath, [
    join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js'),
    'build',
    join(emitted, entry.replace(/\.ts$/, '.js')),
    '--out',
    out,
    '--minify',
    '--no-cache',
    '--quiet',
    '--target',
    'es2022',
    '--license',
    'licenses.txt',
  ]);
}

async function copyAssets(name: string, bundled: string): Promise<void> {
  for (const [from, to] of assets[name] ?? []) {
    const target = join(bundled, to);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(root, from), target);
  }
  if (name !== 'cli') return;
  for (const path of await definitionFiles()) {
    const target = join(bundled, 'definitions', path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(root, path), target);
  }
  await chmod(join(bundled, 'index.js'), 0o755);
}

async function runTwoAtOnce(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await job();
  };
  await Promise.all([worker(), worker()]);
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${relative(root, args[2] ?? command)}: bundling failed\n${output}`));
    });
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
