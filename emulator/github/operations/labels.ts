import { notFound } from '../api-error.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import * as render from '../representations/issue.js';
import { setLabel } from '../seed.js';
import type { GithubState, Issue, Repository } from '../state.js';
import { labelNames } from './issues.js';
import { authorOf, numberOf, repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

export function labelOperations(
  state: GithubState,
): Topic<'issues/add-labels' | 'issues/list-events' | 'issues/remove-label'> {
  const labelsOf = (request: OperationRequest, repository: Repository, issue: Issue) =>
    issue.labels.map((name) =>
      render.label(request.baseUrl, repository, state.label(repository, name)),
    );
  return {
    'issues/add-labels': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      const actor = authorOf(state, request);
      for (const label of labelNames(request.body['labels'])) {
        setLabel(state, repository, {
          issueNumber: issue.number,
          actor,
          event: 'labeled',
          label,
        });
      }
      return { status: 200, body: labelsOf(request, repository, issue) };
    },

    'issues/remove-label': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      const label = decodeURIComponent(request.params['name'] ?? '');
      const has = issue.labels.some((name) => name.toLowerCase() === label.toLowerCase());
      if (!has) throw notFound();
      setLabel(state, repository, {
        issueNumber: issue.number,
        actor: authorOf(state, request),
        event: 'unlabeled',
        label,
      });
      return { status: 200, body: labelsOf(request, repository, issue) };
    },

    'issues/list-events': (request) => {
      const repository = repositoryOf(state, request);
      const issue = state.issue(repository, numberOf(request, 'issue_number'));
      const path = `/repos/${repository.owner.login}/${repository.name}/issues/${issue.number}/events`;
      const ofIssue = repository.labelEvents
        .filter(({ issueNumber }) => issueNumber === issue.number)
        .sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
      const { items, headers } = page(request, path, ofIssue, (event) =>
        render.labelEvent(request.baseUrl, state, repository, event),
      );
      return { status: 200, body: items, headers };
    },
  };
}
