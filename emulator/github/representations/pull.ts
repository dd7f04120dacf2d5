import type { GithubState, Pull, Repository, Review } from '../state.js';
import { nodeId, simpleUser } from './account.js';
import type { Schemas } from './account.js';
import { authorAssociation, label } from './issue.js';
import { innerRepository, repositoryPage, repositoryUrl } from './repository.js';

function side(
  baseUrl: string,
  repository: Repository,
  ref: string,
  sha: string,
): Schemas['pull-request']['base'] {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: simpleUser(baseUrl, repository.owner),
    repo: innerRepository(baseUrl, repository),
  };
}

function common(baseUrl: string, state: GithubState, repository: Repository, pull: Pull) {
  const issue = state.issue(repository, pull.number);
  const root = repositoryUrl(baseUrl, repository);
  const url = `${root}/pulls/${pull.number}`;
  const issueUrl = `${root}/issues/${pull.number}`;
  const page = `${repositoryPage(repository)}/pull/${pull.number}`;
  const statusesUrl = `${root}/statuses/${pull.head.sha}`;
  const [headOwner = '', headName = ''] = pull.head.repository.split('/');
  const headRepository = state.repository(headOwner, headName);
  return {
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number: pull.number,
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${url}/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statusesUrl,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    body: issue.body,
    user: simpleUser(baseUrl, issue.author),
    labels: issue.labels.map((name) => {
      const value = label(baseUrl, repository, state.label(repository, name));
      return { ...value, description: value.description ?? '' };
    }),
    milestone: null,
    assignee: issue.assignees[0] === undefined ? null : simpleUser(baseUrl, issue.assignees[0]),
    assignees: issue.assignees.map((account) => simpleUser(baseUrl, account)),
    requested_reviewers: [],
    requested_teams: [],
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    draft: pull.draft,
    head: side(baseUrl, headRepository, pull.head.ref, pull.head.sha),
    base: side(baseUrl, repository, pull.base.ref, pull.base.sha),
    author_association: authorAssociation(repository, issue.author),
    auto_merge: null,
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${url}/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statusesUrl },
    },
  };
}

/** A pull request as lists have it. */
export function listedPull(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  pull: Pull,
): Schemas['pull-request-simple'] {
  return common(baseUrl, state, repository, pull);
}

export function pullRequest(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  pull: Pull,
): Schemas['pull-request'] {
  const comments = [...repository.comments.values()].filter(
    ({ issueNumber }) => issueNumber === pull.number,
  );
  return {
    ...common(baseUrl, state, repository, pull),
    merged: pull.merged,
    mergeable: pull.merged ? null : true,
    rebaseable: pull.merged ? null : true,
    mergeable_state: pull.merged ? 'unknown' : pull.draft ? 'draft' : 'clean',
    merged_by: pull.mergedBy === null ? null : simpleUser(baseUrl, pull.mergedBy),
    comments: comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: Math.max(1, pull.commits.length),
    additions: pull.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: pull.files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: pull.files.length,
  };
}

export function review(
  baseUrl: string,
  repository: Repository,
  value: Review,
): Schemas['pull-request-review'] {
  const url = `${repositoryUrl(baseUrl, repository)}/pulls/${value.pullNumber}`;
  const page = `${repositoryPage(repository)}/pull/${value.pullNumber}#pullrequestreview-${value.id}`;
  return {
    id: value.id,
    node_id: nodeId('PullRequestReview', value.id),
    user: simpleUser(baseUrl, value.author),
    body: value.body,
    state: value.state,
    html_url: page,
    pull_request_url: url,
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: value.submittedAt,
    commit_id: value.commitSha,
    author_association: authorAssociation(repository, value.author),
  };
}
