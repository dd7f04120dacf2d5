import type { MergeGroup } from '../../shared/github-context.js';
import type { ReviewRuns } from './record-source.js';

/** A queue builds groups of up to 100 pull requests ("Managing a merge queue"). */
const commitLimit = 100;

/**
 * Numbers of the pull requests that a merge group holds, for its summary; the group itself belongs
 * to none of them.
 *
 * @param commits of the group, `base..head`
 */
export async function pullsOfMergeGroup(
  group: MergeGroup,
  commits: readonly string[],
  runs: Pick<ReviewRuns, 'openPullsOf'>,
): Promise<readonly number[]> {
  const found = await Promise.all(
    commits.slice(0, commitLimit).map((commit) => runs.openPullsOf(commit)),
  );
  const last = group.pullNumber === undefined ? [] : [group.pullNumber];
  return [...new Set([...found.flat(), ...last])].sort((left, right) => left - right);
}
