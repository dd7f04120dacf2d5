import {
  chmod,
  copyFile,
  constants,
  mkdir,
  readdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../shared/errors.js';
import { terraformParser } from '../hcl/parser-runtime.js';
import { HclReader } from '../hcl/parse.js';
import { diskFiles } from '../stacks/files.js';
import { ModuleSources } from '../stacks/module-source.js';
import { ProblemList } from '../stacks/problem-list.js';
import { Repository } from '../stacks/repository.js';
import type { Stack } from '../stacks/workspace.js';
import { placeholderName, stateFileOf, type PlannedState } from './planned-state.js';
import { overrideFile, standInFile, type ReaderBlock, type StandIn } from './state-override.js';

/** Where a stack is planned against states that do not exist. */
export interface ScratchCopy {
  /** Absolute; where Terraform runs. */
  readonly directory: string;
  /** For `TF_DATA_DIR`. */
  readonly dataDirectory: string;
}

/** Larger files are linked: nothing that Terraform itself writes is so large. */
const largestCopyBytes = 8 * 1024 * 1024;
/** Linked as a whole where they lie in a directory that is copied. */
const linkedFolders = new Set(['.git', 'node_modules']);

/**
 * Makes a private copy of a stack below `place` in which the data blocks that read `upstreams` find
 * those states as they are planned. Directories with such blocks are copied, everything else is
 * linked, so that relative paths hold; what `init` installed for the stack is linked too, so none
 * is needed. Nothing is written outside `place`, which holds sensitive values in clear.
 */
export async function makeScratchCopy(options: {
  /** Absolute path of the repository's root. */
  readonly root: string;
  readonly stack: Stack;
  /** Absolute path of the stack's `TF_DATA_DIR`. */
  readonly dataDirectory: string;
  readonly upstreams: readonly PlannedState[];
  /** Absolute path of an empty private directory. */
  readonly place: string;
}): Promise<ScratchCopy> {
  const { root, stack, upstreams, place } = options;
  const tree = path.join(place, 'tree');
  const readers = readersByDirectory(upstreams);
  const copied = new Set([stack.directory, ...readers.keys()]);
  await copyDirectory('.', { root, tree, copied });
  const standIns = await writeStates(upstreams, { place, tree });
  const blocks = await readerBlocks(root, readers);
  for (const [directory, found] of blocks) {
    const target = path.join(tree, directory);
    await writeFile(path.join(target, `${placeholderName}.tf`), standInFile(standIns));
    // Override files are merged in the order of their names, and this is to be the last.
    await writeFile(path.join(target, `zzzz_${placeholderName}_override.tf`), overrideFile(found));
  }
  return {
    directory: path.join(tree, stack.directory),
    dataDirectory: await linkData(options, path.join(tree, stack.directory)),
  };
}

interface Mirror {
  readonly root: string;
  readonly tree: string;
  /** Directories that become real ones, with all below them. */
  readonly copied: ReadonlySet<string>;
}

async function copyDirectory(directory: string, mirror: Mirror, whole = false): Promise<void> {
  const { root, tree, copied } = mirror;
  const copies = whole || copied.has(directory);
  await mkdir(path.join(tree, directory), { recursive: true, mode: 0o700 });
  for (const entry of await readdir(path.join(root, directory), { withFileTypes: true })) {
    const name = directory === '.' ? entry.name : `${directory}/${entry.name}`;
    if (copies && entry.name === '.terraform') continue;
    const leads = copied.has(name) || [...copied].some((other) => other.startsWith(`${name}/`));
    // A link on the way is followed: what is written below must not reach the repository.
    const folder = entry.isDirectory() || (leads && entry.isSymbolicLink());
    if (folder && (leads || (copies && !linkedFolders.has(entry.name)))) {
      await copyDirectory(name, mirror, copies);
    } else if (entry.isFile() && copies) {
      await copyOrLink(path.join(root, name), path.join(tree, name));
    } else {
      await symlink(path.join(root, name), path.join(tree, name));
    }
  }
}

async function copyOrLink(from: string, to: string): Promise<void> {
  if ((await stat(from)).size > largestCopyBytes) return symlink(from, to);
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  // Terraform may write into what the repository holds read-only.
  await chmod(to, 0o700);
}

async function writeStates(
  upstreams: readonly PlannedState[],
  { place, tree }: { readonly place: string; readonly tree: string },
): Promise<readonly StandIn[]> {
  const standIns: StandIn[] = [];
  for (const [index, { stateKeys, outputs }] of upstreams.entries()) {
    const file = outputs === 'unknown' ? undefined : path.join(place, `${index}.tfstate`);
    if (file !== undefined && outputs !== 'unknown') {
      await writeFile(file, stateFileOf(outputs), { mode: 0o600 });
    }
    for (const stateKey of stateKeys) {
      const local = /^local:(.*)$/s.exec(stateKey)?.[1];
      const key = local === undefined ? stateKey : `local:${path.resolve(tree, local)}`;
      standIns.push({ key, file });
    }
  }
  return standIns;
}

function readersByDirectory(
  upstreams: readonly PlannedState[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { directory, name } of upstreams.flatMap(({ readers }) => readers)) {
    found.set(directory, (found.get(directory) ?? new Set<string>()).add(name));
  }
  return found;
}

/** The blocks as they are written, override files considered. */
async function readerBlocks(
  root: string,
  readers: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<ReadonlyMap<string, readonly ReaderBlock[]>> {
  const problems = new ProblemList();
  const reader = new HclReader(await terraformParser());
  const found = new Map<string, readonly ReaderBlock[]>();
  for (const [directory, names] of readers) {
    const repository = new Repository(diskFiles(root), reader, problems, directory);
    const source = new ModuleSources(repository).get(directory);
    const blocks = (source?.remoteStates ?? []).filter(({ name }) => names.has(name));
    found.set(
      directory,
      blocks.flatMap(({ name, refs }): ReaderBlock[] => {
        const written = new Map<string, string>();
        for (const { source: text } of refs) {
          for (const attribute of repository.body(text)?.blocks[0]?.body.attributes.values() ??
            []) {
            written.set(attribute.name, text.text.slice(attribute.valueStart, attribute.end));
          }
        }
        const backend = written.get('backend');
        if (backend === undefined) return [];
        const [config, workspace] = [written.get('config'), written.get('workspace')];
        return [{ name, backend, config, workspace }];
      }),
    );
  }
  if (!problems.empty) throw new UserError(problems.all());
  return found;
}

/** What `init` left for the stack: modules and providers linked, the chosen backend copied. */
async function linkData(
  { stack, root, dataDirectory, place }: Parameters<typeof makeScratchCopy>[0],
  directory: string,
): Promise<string> {
  const relative = path.relative(path.join(root, stack.directory), dataDirectory);
  const inside = !relative.startsWith('..') && !path.isAbsolute(relative);
  // Modules are noted relative to where Terraform runs.
  const target = inside ? path.join(directory, relative) : path.join(place, 'data');
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(dataDirectory, { withFileTypes: true }).catch(() => [])) {
    const [from, to] = [path.join(dataDirectory, entry.name), path.join(target, entry.name)];
    if (entry.isFile()) await copyFile(from, to);
    else if (!entry.name.startsWith('environment-')) await symlink(from, to);
  }
  return target;
}
