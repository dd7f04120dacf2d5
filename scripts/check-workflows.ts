/**
 * Judges every workflow and `action.yml`, those of the examples too, with GitHub's own workflow
 * parser and with what no parser sees: permissions of callers and types of what they pass.
 *
 * Usage: tsx scripts/check-workflows.ts
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { callProblems } from './workflows/call-problems.js';
import { parserProblems } from './workflows/github-parser.js';
import { readFrom } from './workflows/release-references.js';

const root = join(import.meta.dirname, '..');
const readOwn = readFrom(root);
const paths = await glob(
  ['.github/workflows/*.yml', 'actions/*/action.yml', 'examples/*/.github/workflows/*.yml'],
  { cwd: root, dot: true },
);
let found = 0;
for (const path of paths.sort()) {
  const text = await readFile(join(root, path), 'utf8');
  const problems = [
    ...(await parserProblems(path, text, readOwn)),
    ...(await callProblems(path, text, readOwn)),
  ];
  for (const { line, message } of problems) console.log(`${path}:${line}: ${message}`);
  found += problems.length;
}
console.log(`workflows: ${paths.length} files, ${found} problems`);
process.exitCode = found > 0 || paths.length === 0 ? 1 : 0;
