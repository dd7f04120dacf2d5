import type { GithubClient } from './github-client.js';
import { loginOf } from './github-login.js';

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
  remove(commentId: number): Promise<void>;
  /** The pull request's head as it is now, not as the event's payload has it. */
  headSha(pullNumber: number): Promise<string>;
  /** Who comments that are created here are of. */
  login(): Promise<string>;
}

/** Comments over GitHub's REST API. */
export function githubComments(client: GithubClient): Comments {
  const { octokit, repository } = client;
  let login: Promise<string> | undefined;
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
    remove: async (commentId) => {
      await octokit.rest.issues.deleteComment({ ...repository, comment_id: commentId });
    },
    headSha: async (pullNumber) => {
      const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: pullNumber });
      return data.head.sha;
    },
    // One run may tell many pull requests. A failure is not kept.
    login: () =>
      (login ??= loginOf(client).catch((thrown: unknown) => {
        login = undefined;
        throw thrown;
      })),
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
