import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../shared/errors.js';
import type { ChildResult, RunProcess } from '../../shared/process.js';

/** The history of the checkout. */
export interface Git {
  /** Absolute path of the repository's root as everything else here sees it. */
  readonly root: string;
  /** Where the stacks are, relative to `root`: the checkout may lie in a folder below it. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runProcess: RunProcess;
}

/** Asks git, whatever it answers. */
export function askGit(git: Git, args: readonly string[], input?: string): Promise<ChildResult> {
  return git.runProcess({
    command: 'git',
    args,
    cwd: path.join(git.root, git.directory),
    env: git.environment,
    ...(input === undefined ? {} : { input }),
  });
}

/**
 * What git prints.
 *
 * @throws UserError `git-failed`
 */
export async function gitText(git: Git, args: readonly string[], input?: string): Promise<string> {
  const result = await askGit(git, args, input);
  if (result.exitCode === 0) return result.stdout;
  throw new UserError({
    code: 'git-failed',
    message: `git ${args[0] ?? ''} failed: ${result.stderr.trim()}`,
    at: { input: 'layers' },
    hint: 'layers: changed needs a checkout with history; layers: all does not',
  });
}

/**
 * The lines that git prints, without empty ones.
 *
 * @throws UserError `git-failed`
 */
export async function gitLines(git: Git, args: readonly string[]): Promise<readonly string[]> {
  return (await gitText(git, args)).split('\n').filter((line) => line !== '');
}

export async function headCommit(git: Git): Promise<string> {
  return (await gitText(git, ['rev-parse', 'HEAD'])).trim();
}

/** Parents of the commit that is checked out, as far as the history is there. */
export async function parentsOf(git: Git, commit: string): Promise<readonly string[]> {
  const line = await gitText(git, ['rev-list', '--parents', '--max-count=1', commit]);
  return line.trim().split(' ').slice(1);
}

/** Whether the clone holds a commit. */
export async function hasCommit(git: Git, commit: string): Promise<boolean> {
  const { exitCode } = await askGit(git, ['cat-file', '-e', `${commit}^{commit}`]);
  return exitCode === 0;
}

/**
 * The same for what others say is a commit, such as an object beside a state: anything but a whole
 * name is none, and never an argument of a command.
 */
export async function isCommit(git: Git, sha: string): Promise<boolean> {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha) && (await hasCommit(git, sha));
}

/** A commit is its own ancestor. Both must be there; a shallow clone may say no too often. */
export async function isAncestor(git: Git, commit: string, of: string): Promise<boolean> {
  const { exitCode } = await askGit(git, ['merge-base', '--is-ancestor', commit, of]);
  return exitCode === 0;
}

export async function isShallow(git: Git): Promise<boolean> {
  return (await gitText(git, ['rev-parse', '--is-shallow-repository'])).trim() === 'true';
}

/** Where git's own root lies, as seen from ours; `` where both are one. */
export async function checkoutPrefix(git: Git): Promise<string> {
  const top = (await gitText(git, ['rev-parse', '--show-toplevel'])).trim();
  return path.relative(await realpath(git.root), top);
}

/** Turns a path from our root into one from git's own. */
export async function checkoutPaths(git: Git): Promise<(place: string) => string> {
  const top = (await gitText(git, ['rev-parse', '--show-toplevel'])).trim();
  const root = await realpath(git.root);
  return (place) => path.relative(top, path.join(root, place));
}

/** What to set where a shallow clone ends before the commits that are needed. */
export function historyMissing(setting: string): UserError {
  return new UserError({
    code: 'history-missing',
    message: 'the checkout has too little history to see what changed',
    at: { input: 'layers' },
    hint: `set "${setting}" on actions/checkout, or layers: all`,
  });
}
