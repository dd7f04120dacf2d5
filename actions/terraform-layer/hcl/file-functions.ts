import path from 'node:path/posix';
import picomatch from 'picomatch';
import { digest } from './encoding-functions.js';
import { bad, string, type Implementations } from './function-arguments.js';
import type { ScopeFiles } from './scope.js';
import type { Evaluated } from './value.js';

function textOf(file: Evaluated | undefined, files: ScopeFiles): string {
  return files.read(string(file)) ?? bad(`there is no file ${JSON.stringify(string(file))}`);
}

/** Text whose bytes are known: files are read as UTF-8, which keeps no others. */
function exactTextOf(file: Evaluated | undefined, files: ScopeFiles): string {
  const text = textOf(file, files);
  return text.includes('\uFFFD') ? bad('this file is not text') : text;
}

function dirname(file: string): string {
  const cut = file.replace(/\/[^/]*$/, '');
  if (cut === file) return '.';
  return cut === '' ? '/' : cut;
}

/** Dot files count, and `!` and `+(a)` stand for themselves, as in Go's `doublestar`. */
function fileSet(directory: string, pattern: string, files: ScopeFiles): readonly string[] {
  const matches = picomatch(pattern, { dot: true, nonegate: true, noextglob: true });
  return files
    .list(directory)
    .filter((file) => matches(file))
    .sort();
}

export const fileFunctions = {
  abspath: ([file], { workingDirectory }) => path.resolve(workingDirectory, string(file)),
  basename: ([file]) => string(file).replace(/\/+$/, '').replace(/^.*\//, ''),
  dirname: ([file]) => dirname(string(file)),
  file: ([file], files) => textOf(file, files),
  filebase64: ([file], files) => Buffer.from(exactTextOf(file, files), 'utf8').toString('base64'),
  filebase64sha256: ([file], files) => digest('sha256', exactTextOf(file, files), 'base64'),
  filebase64sha512: ([file], files) => digest('sha512', exactTextOf(file, files), 'base64'),
  fileexists: ([file], files) => files.read(string(file)) !== undefined,
  filemd5: ([file], files) => digest('md5', exactTextOf(file, files)),
  fileset: ([directory, pattern], files) => fileSet(string(directory), string(pattern), files),
  filesha1: ([file], files) => digest('sha1', exactTextOf(file, files)),
  filesha256: ([file], files) => digest('sha256', exactTextOf(file, files)),
  filesha512: ([file], files) => digest('sha512', exactTextOf(file, files)),
} satisfies Implementations;
