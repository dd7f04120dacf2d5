import type { GithubContext } from '../../shared/github-context.js';

/** Where a run's report goes besides the job summary, which always has it all. */
export type Publication =
  | {
      readonly kind: 'comment';
      readonly pullNumber: number;
      readonly headSha: string;
      /** Why the token may be read-only for this run, where there is a known reason. */
      readonly mayBeReadOnly: 'dependabot' | undefined;
    }
  | {
      readonly kind: 'summary-only';
      readonly why: 'fork' | 'merge-group' | 'no-pull-request' | 'no-token';
      /** Undefined where nothing is amiss. */
      readonly notice: string | undefined;
    };

/**
 * Where a run reports to. Runs of forks and, unless the workflow grants more, of Dependabot have a
 * read-only token (GitHub docs, "Events that trigger workflows", pull_request; "Troubleshooting
 * Dependabot on GitHub Actions"); a merge group has no pull request of its own.
 */
export function publicationOf(context: GithubContext, hasToken: boolean): Publication {
  const { pullRequest, mergeGroup } = context;
  if (mergeGroup !== undefined) {
    return {
      kind: 'summary-only',
      why: 'merge-group',
      notice:
        'A merge group gets no comment: it can hold several pull requests. The job summary has everything.',
    };
  }
  if (pullRequest === undefined) {
    return { kind: 'summary-only', why: 'no-pull-request', notice: undefined };
  }
  if (pullRequest.fromFork) {
    return {
      kind: 'summary-only',
      why: 'fork',
      notice:
        'Pull requests from forks get no comment: their token is read-only. The job summary has everything.',
    };
  }
  if (!hasToken) {
    return {
      kind: 'summary-only',
      why: 'no-token',
      notice: 'Without github-token there is no comment: the job summary has everything.',
    };
  }
  return {
    kind: 'comment',
    pullNumber: pullRequest.number,
    headSha: pullRequest.headSha,
    mayBeReadOnly: context.actor === 'dependabot[bot]' ? 'dependabot' : undefined,
  };
}
