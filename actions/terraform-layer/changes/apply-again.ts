import { UserError } from '../../shared/errors.js';
import { hasCommit, historyMissing, isAncestor, isShallow, parentsOf, type Git } from './git.js';

/** What an apply is asked to take up once more. */
export interface TakenUpAgain {
  /** Its last commit: of a merged pull request the one that GitHub calls its merge commit. */
  readonly sha: string;
  /**
   * Whether the same pull request brought a commit: each commit that is rebased onto the branch is
   * one of its own. Absent for a single commit.
   */
  readonly brought?: ((sha: string) => Promise<boolean>) | undefined;
}

/** GitHub docs, "About pull requests": that many commits are listed of one. */
const maximumCommits = 250;

/**
 * The commits to take up once more, the newest first, and the one before them. A merge commit stands
 * for all that it merges, and a squashed commit for its whole pull request.
 *
 * @throws UserError `apply-again-unknown` where it did not lead to `head`, `history-missing`,
 * `git-failed`
 */
export async function commitsOfAgain(
  git: Git,
  head: string,
  { sha, brought }: TakenUpAgain,
): Promise<{ readonly base: string; readonly commits: readonly string[] }> {
  if (!(await hasCommit(git, sha)) || !(await isAncestor(git, sha, head))) {
    if (await isShallow(git)) throw historyMissing('fetch-depth: 0');
    throw new UserError({
      code: 'apply-again-unknown',
      message: `${sha} is no commit that led to ${head}`,
      at: { input: 'apply-again' },
      hint: 'a pull request that was merged into the branch that is applied, or its merge commit',
    });
  }
  const commits = [sha];
  for (let base = await parentOf(git, sha); ; base = await parentOf(git, base)) {
    const isOneMore = commits.length < maximumCommits && (await brought?.(base)) === true;
    if (!isOneMore) return { base, commits };
    commits.push(base);
  }
}

async function parentOf(git: Git, commit: string): Promise<string> {
  const [parent] = await parentsOf(git, commit);
  if (parent === undefined) throw historyMissing('fetch-depth: 0');
  return parent;
}
