import path from 'node:path';
import { checkoutPrefix, askGit, gitText, headCommit, historyMissing, parentsOf } from './git.js';
import type { Git } from './git.js';

/** Relative to the repository's root. A renamed file is one deleted and one changed. */
export interface FileChanges {
  /** Added or modified. */
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

export interface ChangedFiles extends FileChanges {
  /** The commit that the checked out one is compared with. */
  readonly base: string;
  /** For people: `1a2b3c4..5d6e7f8`. */
  readonly range: string;
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
  const parents = await parentsOf(git, 'HEAD');
  const [first] = parents;
  if (first === undefined) throw historyMissing('fetch-depth: 2');
  const base =
    pullRequest === undefined || parents.length > 1
      ? first
      : await mergeBase(git, pullRequest.baseRef);
  const files = await filesBetween(git, base, 'HEAD');
  const head = await headCommit(git);
  return { ...files, base, range: `${base.slice(0, 7)}..${head.slice(0, 7)}` };
}

/**
 * Files that differ between two commits, whatever happened on the way from one to the other.
 *
 * @throws UserError `git-failed`
 */
export async function filesBetween(git: Git, base: string, head: string): Promise<FileChanges> {
  const listing = await gitText(git, ['diff', '--name-status', '--no-renames', '-z', base, head]);
  const prefix = await checkoutPrefix(git);
  const fields = listing.split('\0');
  const changed: string[] = [];
  const deleted: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const file = path.posix.join(prefix, fields[index + 1] ?? '');
    (fields[index] === 'D' ? deleted : changed).push(file);
  }
  return { changed, deleted };
}

/**
 * Files that git finds again under another name, old by new. Similarity is git's default (50 %).
 *
 * @throws UserError `git-failed`
 */
export async function renamesBetween(
  git: Git,
  base: string,
  head: string,
): Promise<ReadonlyMap<string, string>> {
  const listing = await gitText(git, [
    ...['diff', '--name-status', '--find-renames', '--diff-filter=R', '-z'],
    base,
    head,
  ]);
  const prefix = await checkoutPrefix(git);
  const fields = listing.split('\0');
  const renames = new Map<string, string>();
  for (let index = 0; index + 2 < fields.length; index += 3) {
    renames.set(
      path.posix.join(prefix, fields[index + 1] ?? ''),
      path.posix.join(prefix, fields[index + 2] ?? ''),
    );
  }
  return renames;
}

async function mergeBase(git: Git, baseRef: string): Promise<string> {
  const result = await askGit(git, ['merge-base', `refs/remotes/origin/${baseRef}`, 'HEAD']);
  if (result.exitCode !== 0) throw historyMissing('fetch-depth: 0');
  return result.stdout.trim();
}
