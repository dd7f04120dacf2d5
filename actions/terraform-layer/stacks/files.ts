import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * The repository's files, as discovery needs them. Synchronous on purpose: thousands of small
 * files are read, and a promise for each costs more than the read.
 */
export interface Files {
  /** Files at any depth below `directory`, relative to the root, `/` separated, in any order. */
  list(directory: string): readonly string[];
  /** Text of a file, or undefined where there is none. */
  read(file: string): string | undefined;
  /** The file that a listed one is a link to, relative to the root; undefined for any other. */
  linkTarget?(file: string): string | undefined;
  /** A directory with the links on the way to it followed, relative to the root. */
  realDirectory?(directory: string): string | undefined;
}

const ignored = new Set(['.git', '.terraform', 'node_modules']);

/**
 * The files below `root` on disk; `.git`, `.terraform` and `node_modules` are not looked into, and
 * links to directories are not followed.
 */
export function diskFiles(root: string): Files {
  const links = new Set<string>();
  const realPath = (place: string): string | undefined => {
    try {
      const target = realpathSync(path.join(root, place));
      return path.relative(realpathSync(root), target).split(path.sep).join('/') || '.';
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  const walk = (directory: string, prefix: string, found: string[]): void => {
    for (const entry of entriesOf(`${root}/${directory}`)) {
      const { name } = entry;
      if (entry.isDirectory()) {
        if (!ignored.has(name)) walk(`${prefix}${name}`, `${prefix}${name}/`, found);
        continue;
      }
      if (entry.isSymbolicLink()) links.add(prefix + name);
      found.push(prefix + name);
    }
  };
  return {
    list: (directory) => {
      const found: string[] = [];
      walk(directory, directory === '.' ? '' : `${directory}/`, found);
      return found;
    },
    read: (file) => {
      try {
        return readFileSync(`${root}/${file}`, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    linkTarget: (file) => (links.has(file) ? realPath(file) : undefined),
    realDirectory: realPath,
  };
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ELOOP';
}
