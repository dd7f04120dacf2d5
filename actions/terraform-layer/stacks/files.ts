import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';

/**
 * The repository's files, as discovery needs them. Synchronous on purpose: thousands of small
 * files are read, and a promise for each costs more than the read.
 */
export interface Files {
  /** Files at any depth below `directory`, relative to the root, `/` separated, in any order. */
  list(directory: string): readonly string[];
  /** Text of a file, or undefined where there is none. */
  read(file: string): string | undefined;
}

/** The files below `root` on disk; `.git`, `.terraform` and `node_modules` are not looked into. */
export function diskFiles(root: string): Files {
  return {
    list: (directory) => {
      const prefix = directory === '.' ? '' : `${directory}/`;
      return globSync('**', {
        cwd: path.join(root, directory),
        dot: true,
        expandDirectories: false,
        followSymbolicLinks: false,
        ignore: ['**/.git/**', '**/.terraform/**', '**/node_modules/**'],
      }).map((file) => prefix + file);
    },
    read: (file) => {
      try {
        return readFileSync(path.join(root, file), 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}
