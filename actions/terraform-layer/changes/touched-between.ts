import { touchedStacks, type AffectedReason } from '../graph/affected.js';
import { dependentsOf } from '../graph/waves.js';
import type { Workspace } from '../stacks/workspace.js';
import { filesBetween, filesOnTheWay } from './changed-files.js';
import { isAncestor, isCommit, type Git } from './git.js';

/** How the commit that was last applied in a stack stands to the one that is checked out. */
export type BaseStanding =
  | 'same'
  /** It led to it. */
  | 'older'
  | 'newer'
  /** It is no commit of this clone. */
  | 'missing'
  | 'not-an-ancestor';

/** @throws UserError `git-failed` */
export async function standingOf(git: Git, sha: string, head: string): Promise<BaseStanding> {
  if (sha === head) return 'same';
  if (!(await isCommit(git, sha))) return 'missing';
  if (await isAncestor(git, sha, head)) return 'older';
  return (await isAncestor(git, head, sha)) ? 'newer' : 'not-an-ancestor';
}

/** Stacks by id, of all environments. */
export interface Touched {
  /** Those that files between the commits touch, and why. */
  readonly own: ReadonlyMap<string, readonly AffectedReason[]>;
  /** Those downstream of what was touched at any time between the commits. */
  readonly downstream: ReadonlySet<string>;
}

/**
 * What the files between two commits touch, and all that is downstream of it, in any environment.
 * Upstream a change that was taken back counts too: what it brought may have been applied meanwhile,
 * and what came of taking it back has other outputs.
 *
 * @throws UserError `git-failed`
 */
export async function touchedBetween(
  git: Git,
  { stacks, edges, config }: Workspace,
  base: string,
  end: string,
): Promise<Touched> {
  if (base === end) return { own: new Map(), downstream: new Set() };
  const { changed, deleted } = await filesBetween(git, base, end);
  const touchedBy = (files: Iterable<string>): Touched['own'] =>
    new Map(
      touchedStacks(stacks, config.file, files).map(({ stack, reasons }) => [stack.id, reasons]),
    );
  const own = touchedBy([...changed, ...deleted]);
  const passing = touchedBy(await filesOnTheWay(git, base, end));
  // Also of those that were touched themselves: a reader is one of them, too.
  const read = edges.filter(({ to }) => own.has(to) || passing.has(to)).map(({ from }) => from);
  return { own, downstream: new Set([...read, ...dependentsOf(read, edges)]) };
}
