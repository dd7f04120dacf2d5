import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../shared/errors.js';
import type { RunProcess } from '../../shared/process.js';

export interface ChangedFiles {
  /** Added or modified; relative to the repository's root. */
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** For people: `1a2b3c4..5d6e7f8`. */
  readonly range: string;
}

export interface Git {
  /** Absolute path of the repository's root as everything else here sees it. */
  readonly root: string;
  /** Where the stacks are, relative to `root`: the checkout may lie in a folder below it. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runProcess: RunProcess;
}

/**
 * The files that the commit checked out changes. A pull request's merge commit is compared with
 * its first parent, the base as it was merged: any other comparison takes in commits of the base
 * branch. A pull request's head, checked out as such, is compared with its merge base.
 *
 * @throws UserError `history-missing`, `git-failed`
 */
export async function changedFiles(
  git: Git,
  pullRequest: { readonly baseRef: string } | undefined,
): Promise<ChangedFiles> {
  const parents = await parentsOfHead(git);
  const [first] = parents;
  if (first === undefined) throw historyMissing('fetch-depth: 2');
  const base =
    pullRequest === undefined || parents.length > 1
      ? first
      : await mergeBase(git, pullRequest.baseRef);
  const listing = await run(git, ['diff', '--name-status', '--no-renames', '-z', base, 'HEAD']);
  const prefix = await checkoutPrefix(git);
  const fields = listing.split('\0');
  const changed: string[] = [];
  const deleted: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const file = path.posix.join(prefix, fields[index + 1] ?? '');
    (fields[index] === 'D' ? deleted : changed).push(file);
  }
  const head = (await run(git, ['rev-parse', 'HEAD'])).trim();
  return { changed, deleted, range: `${base.slice(0, 7)}..${head.slice(0, 7)}` };
}

/** Where git's own root lies, as seen from ours. */
async function checkoutPrefix(git: Git): Promise<string> {
  const top = (await run(git, ['rev-parse', '--show-toplevel'])).trim();
  return path.relative(await realpath(git.root), top);
}

async function parentsOfHead(git: Git): Promise<readonly string[]> {
  const line = await run(git, ['rev-list', '--parents', '--max-count=1', 'HEAD']);
  return line.trim().split(' ').slice(1);
}

async function mergeBase(git: Git, baseRef: string): Promise<string> {
  const result = await git.runProcess({
    command: 'git',
    args: ['merge-base', `refs/remotes/origin/${baseRef}`, 'HEAD'],
    cwd: path.join(git.root, git.directory),
    env: git.environment,
  });
  if (result.exitCode !== 0) throw historyMissing('fetch-depth: 0');
  return result.stdout.trim();
}

async function run(git: Git, args: readonly string[]): Promise<string> {
  const result = await git.runProcess({
    command: 'git',
    args,
    cwd: path.join(git.root, git.directory),
    env: git.environment,
  });
  if (result.exitCode === 0) return result.stdout;
  throw new UserError({
    code: 'git-failed',
    message: `git ${args[0] ?? ''} failed: ${result.stderr.trim()}`,
    at: { input: 'layers' },
    hint: 'layers: changed needs a checkout with history; layers: all does not',
  });
}

function historyMissing(setting: string): UserError {
  return new UserError({
    code: 'history-missing',
    message: 'the checkout has too little history to see what changed',
    at: { input: 'layers' },
    hint: `set "${setting}" on actions/checkout, or layers: all`,
  });
}
