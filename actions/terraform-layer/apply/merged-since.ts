import { gitLines, type Git } from '../changes/git.js';
import type { FoundRecord, MergedPull } from '../records/found.js';
import type { ReviewRecord } from '../review/record.js';

/** A commit of the default branch. */
export interface MergedCommit {
  readonly sha: string;
  /** Its first line; whoever could merge has written it. */
  readonly subject: string;
}

/** More than that is no news to read. */
const mostCommits = 100;

/**
 * What came to the default branch between the base of a reviewed plan and `head`, newest first,
 * without the pull request itself. A plan of a pull request is one of its test merge, whose first
 * parent is that base (GitHub docs, "Events that trigger workflows", pull_request). Empty where the
 * clone does not hold it. Asked once a record.
 */
export function mergedSince(options: {
  readonly git: Git;
  /** The commit that is applied. */
  readonly head: string;
  readonly pulls: readonly MergedPull[];
}): (record: FoundRecord<ReviewRecord>) => Promise<readonly MergedCommit[]> {
  const { git, head, pulls } = options;
  const asked = new Map<string, Promise<readonly MergedCommit[]>>();
  return ({ record, pullNumber }) => {
    const base = record.pullNumber === undefined ? record.plannedSha : record.parents[0];
    if (base === undefined || !/^[0-9a-f]{40,64}$/.test(base)) return Promise.resolve([]);
    const key = `${base} ${pullNumber ?? ''}`;
    const known = asked.get(key);
    if (known !== undefined) return known;
    const own = pulls.find(({ number }) => number === pullNumber)?.mergeCommitSha;
    const answer = firstParents(git, base, head).then(
      (commits) => commits.filter(({ sha }) => sha !== own),
      () => [],
    );
    asked.set(key, answer);
    return answer;
  };
}

async function firstParents(
  git: Git,
  base: string,
  head: string,
): Promise<readonly MergedCommit[]> {
  const limit = [`--max-count=${mostCommits}`, '--first-parent', '--format=%H %s'];
  const lines = await gitLines(git, ['log', ...limit, `${base}..${head}`, '--']);
  return lines.map((line) => {
    const [sha = '', ...words] = line.split(' ');
    return { sha, subject: words.join(' ') };
  });
}
