import type { Comment, GithubState, Issue, Label, LabelEvent, Repository } from '../state.js';
import { integration, nodeId, simpleUser } from './account.js';
import type { Schemas } from './account.js';
import { repositoryPage, repositoryUrl } from './repository.js';

export function label(baseUrl: string, repository: Repository, value: Label): Schemas['label'] {
  return {
    id: value.id,
    node_id: nodeId('Label', value.id),
    url: `${repositoryUrl(baseUrl, repository)}/labels/${encodeURIComponent(value.name)}`,
    name: value.name,
    color: value.color,
    description: value.description,
    default: false,
  };
}

/** Bots are no members; whoever owns the repository is its owner. */
export function authorAssociation(
  repository: Repository,
  author: { readonly login: string; readonly type: string },
): Schemas['author-association'] {
  if (author.login === repository.owner.login) return 'OWNER';
  return author.type === 'Bot' ? 'NONE' : 'CONTRIBUTOR';
}

export function issue(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: Issue,
): Schemas['issue'] {
  const repositoryRoot = repositoryUrl(baseUrl, repository);
  const url = `${repositoryRoot}/issues/${value.number}`;
  const pull = repository.pulls.get(value.number);
  const page = repositoryPage(repository);
  const pullPage = `${page}/pull/${value.number}`;
  return {
    id: value.id,
    node_id: nodeId('Issue', value.id),
    url,
    repository_url: repositoryRoot,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: pull === undefined ? `${page}/issues/${value.number}` : pullPage,
    number: value.number,
    state: value.state,
    state_reason: value.stateReason as NonNullable<Schemas['issue']['state_reason']> | null,
    title: value.title,
    body: value.body,
    user: simpleUser(baseUrl, value.author),
    labels: value.labels.map((name) => label(baseUrl, repository, state.label(repository, name))),
    assignee: value.assignees[0] === undefined ? null : simpleUser(baseUrl, value.assignees[0]),
    assignees: value.assignees.map((account) => simpleUser(baseUrl, account)),
    milestone: null,
    locked: value.locked,
    comments: [...repository.comments.values()].filter(
      ({ issueNumber }) => issueNumber === value.number,
    ).length,
    closed_at: value.closedAt,
    created_at: value.createdAt,
    updated_at: value.updatedAt,
    author_association: authorAssociation(repository, value.author),
    ...(pull === undefined
      ? {}
      : {
          draft: pull.draft,
          pull_request: {
            url: `${repositoryRoot}/pulls/${value.number}`,
            html_url: pullPage,
            diff_url: `${pullPage}.diff`,
            patch_url: `${pullPage}.patch`,
            merged_at: pull.mergedAt,
          },
        }),
  };
}

export function issueComment(
  baseUrl: string,
  repository: Repository,
  comment: Comment,
): Schemas['issue-comment'] {
  const root = repositoryUrl(baseUrl, repository);
  const kind = repository.pulls.has(comment.issueNumber) ? 'pull' : 'issues';
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${root}/issues/comments/${comment.id}`,
    html_url: `${repositoryPage(repository)}/${kind}/${comment.issueNumber}#issuecomment-${comment.id}`,
    issue_url: `${root}/issues/${comment.issueNumber}`,
    body: comment.body,
    user: simpleUser(baseUrl, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: authorAssociation(repository, comment.author),
    performed_via_github_app: comment.viaApp
      ? integration(baseUrl, comment.author, comment.createdAt)
      : null,
  };
}

export function labelEvent(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: LabelEvent,
): Schemas['labeled-issue-event'] {
  const { name, color } = state.label(repository, value.label);
  return {
    id: value.id,
    node_id: nodeId('LabeledEvent', value.id),
    url: `${repositoryUrl(baseUrl, repository)}/issues/events/${value.id}`,
    actor: simpleUser(baseUrl, value.actor),
    event: value.event,
    commit_id: null,
    commit_url: null,
    created_at: value.createdAt,
    performed_via_github_app: null,
    label: { name, color },
  };
}
