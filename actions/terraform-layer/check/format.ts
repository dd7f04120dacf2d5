import path from 'node:path';
import type { Problem } from '../../shared/errors.js';
import type { RunProcess } from '../../shared/process.js';
import { fromRoot } from '../terraform/diagnostics.js';

/** What runs Terraform without any access. */
export interface Program {
  /** Absolute path. */
  readonly path: string;
  /** `terraform` or `tofu`, for messages. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runProcess: RunProcess;
  readonly signal: AbortSignal;
}

/**
 * Files that `terraform fmt` would change, each with the first line that differs. Exit status 3 is
 * its word for that (`terraform fmt -help`); files that are not in the language are told by others.
 */
export async function formatProblems(
  root: string,
  directory: string,
  program: Program,
): Promise<readonly Problem[]> {
  const result = await program.runProcess({
    command: program.path,
    args: ['fmt', '-check', '-recursive', '-diff', '-no-color'],
    cwd: path.join(root, directory),
    env: program.environment,
    signal: program.signal,
  });
  const problems = parseFormatDiff(result.stdout, directory).map(({ file, line }) => ({
    code: 'format',
    message: `this is not written as ${program.name} fmt writes it`,
    at: { file, line },
    hint: `${program.name} fmt ${file}`,
  }));
  if (result.exitCode === 0 || result.exitCode === 3 || result.interrupted) return problems;
  const [line = 'it gave no reason'] = result.stderr.split('\n').filter((text) => /\w/.test(text));
  return [
    ...problems,
    { code: 'format-failed', message: `${program.name} fmt failed: ${line.replace(/^\W+/, '')}` },
  ];
}

/** Files of the unified diff that `fmt -diff` prints, with the line of the first difference. */
export function parseFormatDiff(
  diff: string,
  directory: string,
): readonly { readonly file: string; readonly line: number }[] {
  const found = new Map<string, number>();
  let file: string | undefined;
  let line = 0;
  for (const row of diff.split('\n')) {
    const name = /^--- old\/(.+)$/.exec(row)?.[1];
    const hunk = /^@@ -(\d+)/.exec(row)?.[1];
    if (name !== undefined) {
      file = fromRoot(directory, name);
      line = 0;
    } else if (hunk !== undefined) line = Number(hunk);
    else if (file === undefined || line === 0 || row.startsWith('+++')) continue;
    else if (row.startsWith('-') || row.startsWith('+')) {
      if (!found.has(file)) found.set(file, Math.max(1, line));
      if (row.startsWith('-')) line += 1;
    } else line += 1;
  }
  return [...found].map(([name, at]) => ({ file: name, line: at }));
}
