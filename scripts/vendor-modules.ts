/**
 * Keeps the Terraform modules that the example calls equal to the sources in terraform/.
 *
 * `vendor-modules.ts` copies, `vendor-modules.ts --check` writes nothing, lists what differs and
 * ends with 1 where something does. An example is a repository of its own, so it cannot reach
 * ../../terraform, and without a network it cannot fetch a git source either.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What to copy where. `owned` are the files in the target that belong to the copy. */
interface Vendored {
  readonly source: string;
  readonly target: string;
  readonly owned: (path: string) => boolean;
  /** Folders of the source that are copied; by default all. */
  readonly used?: (root: string) => Promise<ReadonlySet<string>>;
}

const isModuleFile = (path: string): boolean =>
  /\.(tf|json)$/.test(path) && !path.split('/').includes('tests');

const EXAMPLE = 'examples/layered-monorepo';
const VENDORED: readonly Vendored[] = [
  {
    source: 'terraform/modules',
    target: `${EXAMPLE}/modules`,
    owned: isModuleFile,
    used: usedModules,
  },
  {
    source: 'terraform/bootstrap',
    target: `${EXAMPLE}/bootstrap`,
    owned: (path) => path === '.terraform.lock.hcl' || isModuleFile(path),
  },
];

async function ownedFiles(
  root: string,
  owned: (path: string) => boolean,
): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    },
  );
  const files = new Map<string, Buffer>();
  for (const entry of entries) {
    const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    if (!entry.isFile() || path.includes('.terraform/') || !owned(path)) continue;
    files.set(path, await readFile(join(root, path)));
  }
  return files;
}

/** Names of the modules that the example's layers call, and those that these call. */
async function usedModules(root: string): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const add = async (directory: string, call: RegExp): Promise<void> => {
    const files = await ownedFiles(join(root, directory), (path) => path.endsWith('.tf'));
    for (const [path, content] of files) {
      if (directory === EXAMPLE && path.startsWith('modules/')) continue;
      for (const [, name = ''] of content.toString('utf8').matchAll(call)) {
        if (used.has(name)) continue;
        used.add(name);
        await add(`terraform/modules/${name}`, /\bsource\s*=\s*"\.\.\/([\w-]+)"/g);
      }
    }
  };
  await add(EXAMPLE, /\bsource\s*=\s*"(?:\.\.\/)+modules\/([\w-]+)"/g);
  return used;
}

/**
 * Compares each vendored copy with its source, and unless `check` makes it equal.
 *
 * Returns the paths that differed (missing, changed or left over), relative to `root`, sorted.
 */
export async function vendorModules(root: string, check: boolean): Promise<string[]> {
  const differing: string[] = [];
  for (const { source, target, owned, used } of VENDORED) {
    const names = await used?.(root);
    const wanted = await ownedFiles(
      join(root, source),
      (path) => owned(path) && (names?.has(path.split('/')[0] ?? '') ?? true),
    );
    const present = await ownedFiles(join(root, target), owned);
    for (const [path, content] of wanted) {
      if (present.get(path)?.equals(content)) continue;
      differing.push(`${target}/${path}`);
      if (check) continue;
      await mkdir(dirname(join(root, target, path)), { recursive: true });
      await writeFile(join(root, target, path), content);
    }
    for (const path of present.keys()) {
      if (wanted.has(path)) continue;
      differing.push(`${target}/${path}`);
      if (!check) await rm(join(root, target, path));
    }
  }
  return differing.sort();
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const differing = await vendorModules(resolve(import.meta.dirname, '..'), check);
  for (const path of differing) console.log(`${check ? 'differs' : 'updated'}: ${path}`);
  if (check && differing.length > 0) {
    console.error(
      'Vendored modules differ from terraform/. Run: npx tsx scripts/vendor-modules.ts',
    );
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
