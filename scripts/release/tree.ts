/**
 * Builds the tree that a release tags (docs/adr/0002): the tracked files, the bundles in each
 * action's and the CLI's `dist/`, and a folder per action at the root, so that `org/infra-actions/ecs-deploy@v1`
 * resolves.
 *
 * Usage: tsx scripts/release/tree.ts <folder>
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { isMap, isScalar, parseDocument } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

/** Fills `target` anew; the bundles must have been built. */
export async function buildReleaseTree(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  for (const path of trackedFiles()) {
    const copy = join(target, path);
    await mkdir(dirname(copy), { recursive: true });
    await cp(join(root, path), copy, { verbatimSymlinks: true });
  }
  await cp(join(root, 'cli', 'dist'), join(target, 'cli', 'dist'), {
    recursive: true,
    filter: (source) => basename(source) !== buildStamp,
  });
  for (const name of await writeRootFolders(target)) {
    await cp(join(root, 'actions', name, 'dist'), join(target, 'actions', name, 'dist'), {
      recursive: true,
      filter: (source) => basename(source) !== buildStamp,
    });
  }
}

/** What the build leaves beside the bundles, and no release ships. */
export const buildStamp = '.build-hash';

/** Writes a folder per action at the root of a tree, and gives the names of the actions. */
export async function writeRootFolders(tree: string): Promise<readonly string[]> {
  const manifests = (await glob('actions/*/action.yml', { cwd: tree })).sort();
  const names = manifests.map((manifest) => basename(dirname(manifest)));
  for (const name of names) {
    const source = await readFile(join(tree, 'actions', name, 'action.yml'), 'utf8');
    await mkdir(join(tree, name), { recursive: true });
    await writeFile(join(tree, name, 'action.yml'), rootManifest(name, source));
  }
  return names;
}

/** The same action from a folder at the root: only where its bundles lie differs. */
function rootManifest(name: string, source: string): string {
  const document = parseDocument(source);
  const runs: unknown = document.get('runs', true);
  if (!isMap(runs)) throw new Error(`actions/${name}/action.yml has no "runs"`);
  for (const key of ['pre', 'main', 'post']) {
    const entry: unknown = runs.get(key, true);
    if (isScalar(entry)) entry.value = `../actions/${name}/${String(entry.value)}`;
  }
  document.commentBefore = ` From actions/${name}/action.yml; made by scripts/release/tree.ts.`;
  return document.toString({ lineWidth: 0 });
}

function trackedFiles(): readonly string[] {
  const listed = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  return listed.stdout.split('\0').filter((path) => path !== '');
}

if (process.argv[1] === import.meta.filename) {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Error('usage: tsx scripts/release/tree.ts <folder>');
  await buildReleaseTree(resolve(target));
  console.log(`release tree: ${target}`);
}
