import { notFound, validationFailed } from '../api-error.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import * as render from '../representations/issue.js';
import { repositoryUrl } from '../representations/repository.js';
import type { Comment, GithubState, Issue, Repository } from '../state.js';
import { authorOf, numberOf, repositoryOf, textOf, tokenOf } from './scope.js';
import type { Topic } from './scope.js';

/** GitHub's limit on the body of an issue or comment. */
const maximumBodyCharacters = 65_536;

function checkBody(resource: 'Issue' | 'IssueComment', body: string): void {
  if (Array.from(body).length <= maximumBodyCharacters) return;
  throw validationFailed({
    resource,
    field: 'body',
    code: 'unprocessable',
    message: `body is too long (maximum is ${maximumBodyCharacters} characters)`,
  });
}

function checkCommentBody(body: string): string {
  if (body.trim() === '') {
    throw validationFailed({
      resource: 'IssueComment',
      field: 'body',
      code: 'unprocessable',
      message: "body can't be blank",
    });
  }
  checkBody('IssueComment', body);
  return body;
}

/** Names out of a body's `labels`: strings, or objects with a name. */
export function labelNames(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [entry];
    if (typeof entry === 'object' && entry !== null && 'name' in entry) {
      return typeof entry.name === 'string' ? [entry.name] : [];
    }
    return [];
  });
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function commentOf(repository: Repository, request: OperationRequest): Comment {
  const comment = repository.comments.get(numberOf(request, 'comment_id'));
  if (comment === undefined) throw notFound();
  return comment;
}

function matchesFilter(issue: Issue, query: OperationRequest['query']): boolean {
  const wantedState = query['state'] ?? 'open';
  const wantedLabels = (query['labels'] ?? '').split(',').filter((name) => name !== '');
  const has = (name: string) =>
    issue.labels.some((label) => label.toLowerCase() === name.toLowerCase());
  return (
    (wantedState === 'all' || issue.state === wantedState) &&
    wantedLabels.every(has) &&
    (query['creator'] === undefined || issue.author.login === query['creator']) &&
    (query['since'] === undefined || issue.updatedAt >= query['since'])
  );
}

function sortIssues(issues: Issue[], query: OperationRequest['query']): Issue[] {
  const key = (issue: Issue): string =>
    query['sort'] === 'updated' ? issue.updatedAt : issue.createdAt;
  const sign = query['direction'] === 'asc' ? 1 : -1;
  return issues.sort(
    (a, b) => sign * (key(a) === key(b) ? a.number - b.number : key(a) < key(b) ? -1 : 1),
  );
}

/** Changes an issue, or the issue side of a pull request, as a body says. */
function changeIssue(
  state: GithubState,
  repository: Repository,
  issue: Issue,
  request: OperationRequest,
): void {
  const body = textOf(request, 'body');
  if (body !== undefined) checkBody('Issue', body);
  if (request.body['body'] !== undefined) issue.body = body ?? null;
  issue.title = textOf(request, 'title') ?? issue.title;
  if (request.body['labels'] !== undefined) {
    issue.labels = unique(labelNames(request.body['labels']));
    for (const name of issue.labels) state.label(repository, name);
  }
  if (Array.isArray(request.body['assignees'])) {
    issue.assignees = request.body['assignees'].map((login) => state.account(String(login)));
  }
  const wanted = textOf(request, 'state');
  if (wanted === 'closed' && issue.state === 'open') {
    issue.state = 'closed';
    issue.stateReason = textOf(request, 'state_reason') ?? 'completed';
    issue.closedAt = state.time();
  } else if (wanted === 'open' && issue.state === 'closed') {
    issue.state = 'open';
    issue.stateReason = 'reopened';
    issue.closedAt = null;
  }
  issue.updatedAt = state.time();
}

export function issueOperations(
  state: GithubState,
): Topic<
  | 'issues/create'
  | 'issues/create-comment'
  | 'issues/delete-comment'
  | 'issues/get'
  | 'issues/get-comment'
  | 'issues/list-comments'
  | 'issues/list-for-repo'
  | 'issues/update'
  | 'issues/update-comment'
> {
  return {
    'issues/get': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      return { status: 200, body: render.issue(request.baseUrl, state, repository, issue) };
    },

    'issues/create': (request) => {
      const repository = repositoryOf(state, request);
      const now = state.time();
      const body = textOf(request, 'body');
      if (body !== undefined) checkBody('Issue', body);
      const issue: Issue = {
        id: state.id(),
        number: state.nextIssueNumber(repository),
        author: authorOf(state, request),
        title: String(request.body['title']),
        body: body ?? null,
        state: 'open',
        stateReason: null,
        labels: unique(labelNames(request.body['labels'])),
        assignees: Array.isArray(request.body['assignees'])
          ? request.body['assignees'].map((login) => state.account(String(login)))
          : [],
        createdAt: now,
        updatedAt: now,
        closedAt: null,
        locked: false,
      };
      repository.issues.set(issue.number, issue);
      const rendered = render.issue(request.baseUrl, state, repository, issue);
      return { status: 201, body: rendered, headers: { location: rendered.url } };
    },

    'issues/update': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      changeIssue(state, repository, issue, request);
      return { status: 200, body: render.issue(request.baseUrl, state, repository, issue) };
    },

    'issues/list-for-repo': (request) => {
      const repository = repositoryOf(state, request);
      const matching = [...repository.issues.values()].filter((issue) =>
        matchesFilter(issue, request.query),
      );
      const path = `/repos/${repository.owner.login}/${repository.name}/issues`;
      const { items, headers } = page(request, path, sortIssues(matching, request.query), (issue) =>
        render.issue(request.baseUrl, state, repository, issue),
      );
      return { status: 200, body: items, headers };
    },

    'issues/list-comments': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      const since = request.query['since'] ?? '';
      const comments = [...repository.comments.values()].filter(
        (comment) => comment.issueNumber === issue.number && comment.updatedAt >= since,
      );
      const path = `/repos/${repository.owner.login}/${repository.name}/issues/${issue.number}/comments`;
      const { items, headers } = page(request, path, comments, (comment) =>
        render.issueComment(request.baseUrl, repository, comment),
      );
      return { status: 200, body: items, headers };
    },

    'issues/create-comment': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      const now = state.time();
      const comment: Comment = {
        id: state.id(),
        issueNumber: issue.number,
        author: authorOf(state, request),
        viaApp: tokenOf(state, request).kind === 'app',
        body: checkCommentBody(String(request.body['body'])),
        createdAt: now,
        updatedAt: now,
      };
      repository.comments.set(comment.id, comment);
      issue.updatedAt = now;
      return {
        status: 201,
        body: render.issueComment(request.baseUrl, repository, comment),
        headers: {
          location: `${repositoryUrl(request.baseUrl, repository)}/issues/comments/${comment.id}`,
        },
      };
    },

    'issues/get-comment': (request) => {
      const repository = repositoryOf(state, request);
      const comment = commentOf(repository, request);
      return { status: 200, body: render.issueComment(request.baseUrl, repository, comment) };
    },

    'issues/update-comment': (request) => {
      const repository = repositoryOf(state, request);
      const comment = commentOf(repository, request);
      comment.body = checkCommentBody(String(request.body['body']));
      comment.updatedAt = state.time();
      return { status: 200, body: render.issueComment(request.baseUrl, repository, comment) };
    },

    'issues/delete-comment': (request) => {
      const repository = repositoryOf(state, request);
      const comment = commentOf(repository, request);
      repository.comments.delete(comment.id);
      return { status: 204 };
    },
  };
}
