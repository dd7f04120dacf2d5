import path from 'node:path';
import {
  askGit,
  checkoutPrefix,
  gitText,
  hasCommit,
  headCommit,
  historyMissing,
  isAncestor,
  parentsOf,
  type Git,
} from './git.js';

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

/** What a run's event says that the checked out commit is a change of. */
export type ChangeOrigin =
  | {
      readonly kind: 'pull-request';
      readonly headSha: string;
      /** Short name of the branch that it is to be merged into. */
      readonly baseRef: string;
    }
  /** `baseSha`: what the group's commits stand on. */
  | { readonly kind: 'merge-group'; readonly baseSha: string };

/**
 * The files that the checked out commit changes, compared with the base of the change alone: any
 * other comparison takes in commits of the base branch, or loses some of the change's own.
 *
 * - A pull request's test merge (`refs/pull/N/merge`) is compared with its first parent, the base as
 *   it was merged.
 * - A pull request's head, checked out as such, is compared with its merge base, also where it is a
 *   merge itself: "Update branch" merges the base into it.
 * - A merge group is compared with the base that the event names: a queue that rebases has many
 *   commits on top of it (GitHub docs, "Webhook events and payloads", merge_group).
 * - Anything else is compared with its first parent.
 *
 * @throws UserError `history-missing`, `git-failed`
 */
export async function changedFiles(
  git: Git,
  origin: ChangeOrigin | undefined,
): Promise<ChangedFiles> {
  const head = await headCommit(git);
  const base = await baseOf(git, head, origin);
  const files = await filesBetween(git, base, head);
  return { ...files, base, range: `${base.slice(0, 7)}..${head.slice(0, 7)}` };
}

async function baseOf(git: Git, head: string, origin: ChangeOrigin | undefined): Promise<string> {
  if (origin?.kind === 'merge-group') {
    if (await hasCommit(git, origin.baseSha)) return origin.baseSha;
    throw historyMissing('fetch-depth: 0');
  }
  const [first, second] = await parentsOf(git, head);
  if (first === undefined) throw historyMissing('fetch-depth: 2');
  if (origin === undefined) return first;
  const { headSha, baseRef } = origin;
  if (second === undefined || head === headSha) return mergeBase(git, baseRef);
  if (second === headSha) return first;
  // Either side has moved since the event. Only a test merge stands on the base branch.
  const branch = remoteBranch(baseRef);
  const known = await hasCommit(git, branch);
  return !known || (await isAncestor(git, first, branch)) ? first : mergeBase(git, baseRef);
}

/**
 * Files that differ between two commits, whatever happened on the way from one to the other.
 *
 * @throws UserError `git-failed`
 */
export async function filesBetween(git: Git, base: string, head: string): Promise<FileChanges> {
  const listing = await gitText(git, [
    ...['diff', '--name-status', '--no-renames', '--ignore-submodules=none', '-z'],
    base,
    head,
  ]);
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

/**
 * Files that some commit on the way from one to the other has changed, though a later one may have
 * changed them back. A merge counts as what it brings to the branch that it was made on.
 *
 * @throws UserError `git-failed`
 */
export async function filesOnTheWay(
  git: Git,
  base: string,
  head: string,
): Promise<ReadonlySet<string>> {
  const listing = await gitText(git, [
    ...['log', '--first-parent', '-m', '--format=', '--name-only', '--no-renames', '-z'],
    '--ignore-submodules=none',
    `${base}..${head}`,
  ]);
  const prefix = await checkoutPrefix(git);
  const names = listing.split('\0').map((name) => name.replace(/^\n+/, ''));
  return new Set(names.flatMap((name) => (name === '' ? [] : path.posix.join(prefix, name))));
}

async function mergeBase(git: Git, baseRef: string): Promise<string> {
  const result = await askGit(git, ['merge-base', remoteBranch(baseRef), 'HEAD']);
  if (result.exitCode !== 0) throw historyMissing('fetch-depth: 0');
  return result.stdout.trim();
}

function remoteBranch(name: string): string {
  return `refs/remotes/origin/${name}`;
}
