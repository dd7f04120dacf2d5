import type { getOctokit as GetOctokit } from '@actions/github';
import type { GithubContext } from './github-context.js';
import type { Logger } from './log.js';

export interface PullComment {
  readonly id: number;
  readonly body: string;
  readonly author: string;
  readonly url: string;
}

/** Comments of pull requests, and what deciding about them needs. */
export interface Comments {
  list(pullNumber: number): Promise<readonly PullComment[]>;
  create(pullNumber: number, body: string): Promise<PullComment>;
  update(commentId: number, body: string): Promise<PullComment>;
  /** The pull request's head as it is now, not as the event's payload has it. */
  headSha(pullNumber: number): Promise<string>;
}

/**
 * A client of GitHub's REST API; passing faults and rate limits are retried by octokit's own
 * plugins.
 */
export async function octokitFor(
  token: string,
  context: GithubContext,
  log: Logger,
): Promise<ReturnType<typeof GetOctokit>> {
  const [{ getOctokit }, { retry }, { throttling }] = await Promise.all([
    import('@actions/github'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ]);
  const retryWhenLimited = (
    after: number,
    options: { readonly method: string; readonly url: string },
    _octokit: unknown,
    count: number,
  ): boolean => {
    log.warning(`GitHub limits requests: ${options.method} ${options.url} again in ${after} s`);
    return count < 3;
  };
  return getOctokit(
    token,
    {
      baseUrl: context.apiUrl,
      throttle: { onRateLimit: retryWhenLimited, onSecondaryRateLimit: retryWhenLimited },
    },
    retry,
    throttling,
  );
}

/** Comments over GitHub's REST API. */
export async function githubComments(
  token: string,
  context: GithubContext,
  log: Logger,
): Promise<Comments> {
  const octokit = await octokitFor(token, context, log);
  const repository = { owner: context.repository.owner, repo: context.repository.name };
  return {
    list: async (pullNumber) => {
      const comments = await octokit.paginate(octokit.rest.issues.listComments, {
        ...repository,
        issue_number: pullNumber,
        per_page: 100,
      });
      return comments.map(toComment);
    },
    create: async (pullNumber, body) => {
      const { data } = await octokit.rest.issues.createComment({
        ...repository,
        issue_number: pullNumber,
        body,
      });
      return toComment(data);
    },
    update: async (commentId, body) => {
      const { data } = await octokit.rest.issues.updateComment({
        ...repository,
        comment_id: commentId,
        body,
      });
      return toComment(data);
    },
    headSha: async (pullNumber) => {
      const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: pullNumber });
      return data.head.sha;
    },
  };
}

function toComment(data: {
  readonly id: number;
  readonly body?: string | undefined;
  readonly html_url: string;
  readonly user: { readonly login: string } | null;
}): PullComment {
  return {
    id: data.id,
    body: data.body ?? '',
    author: data.user?.login ?? '',
    url: data.html_url,
  };
}
