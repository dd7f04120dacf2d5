import type { GithubClient } from './github-client.js';
import { loginOf } from './github-login.js';

export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: 'open' | 'closed';
  /** Why it is closed: `completed`, `not_planned`, `duplicate`; undefined where GitHub does not say. */
  readonly stateReason: string | undefined;
  readonly url: string;
}

/** Issues of this repository. GitHub refuses a body of more than 65,536 characters. */
export interface Issues {
  /** Open and closed ones with the label; pull requests are left out. */
  list(label: string): Promise<readonly Issue[]>;
  create(issue: {
    readonly title: string;
    readonly body: string;
    readonly labels: readonly string[];
  }): Promise<Issue>;
  /** Changes what is given; `state` `open` reopens. */
  update(
    number: number,
    change: {
      readonly title?: string;
      readonly body?: string;
      readonly state?: 'open' | 'closed';
    },
  ): Promise<Issue>;
  comment(number: number, body: string): Promise<void>;
  /** Who issues that are created here are of. */
  login(): Promise<string>;
}

/** Issues over GitHub's REST API ("REST API endpoints for issues"). */
export function githubIssues(client: GithubClient): Issues {
  const { octokit, repository } = client;
  return {
    list: async (label) => {
      const issues = await octokit.paginate(octokit.rest.issues.listForRepo, {
        ...repository,
        labels: label,
        state: 'all',
        per_page: 100,
      });
      return issues.filter(({ pull_request: pull }) => pull === undefined).map(toIssue);
    },
    create: async ({ title, body, labels }) => {
      const { data } = await octokit.rest.issues.create({
        ...repository,
        title,
        body,
        labels: [...labels],
      });
      return toIssue(data);
    },
    update: async (number, { title, body, state }) => {
      const { data } = await octokit.rest.issues.update({
        ...repository,
        issue_number: number,
        ...(title === undefined ? {} : { title }),
        ...(body === undefined ? {} : { body }),
        ...(state === undefined ? {} : { state }),
        ...(state === 'closed' ? { state_reason: 'completed' as const } : {}),
      });
      return toIssue(data);
    },
    comment: async (number, body) => {
      await octokit.rest.issues.createComment({ ...repository, issue_number: number, body });
    },
    login: () => loginOf(client),
  };
}

function toIssue(data: {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly html_url: string;
  readonly state: string;
  readonly state_reason?: string | null | undefined;
  readonly user: { readonly login: string } | null;
}): Issue {
  return {
    number: data.number,
    title: data.title,
    body: data.body ?? '',
    author: data.user?.login ?? '',
    state: data.state === 'open' ? 'open' : 'closed',
    stateReason: data.state_reason ?? undefined,
    url: data.html_url,
  };
}
