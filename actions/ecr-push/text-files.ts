import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReadText } from './inputs/target-file.js';

/** Reads files by their path from a directory; what is no file is not there. */
export function textFilesIn(directory: string): ReadText {
  return (path) => {
    const file = resolve(directory, path);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    return isFile ? readFileSync(file, 'utf8') : undefined;
  };
}
