import { page } from '../pagination.js';
import { diffEntry, listedCommit } from '../representations/commit.js';
import { listedPull, pullRequest, review } from '../representations/pull.js';
import type { OperationRequest } from '../conformance.js';
import type { GithubState, Pull, Repository } from '../state.js';
import { numberOf, repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

function matchesFilter(
  state: GithubState,
  repository: Repository,
  pull: Pull,
  query: OperationRequest['query'],
): boolean {
  const wantedState = query['state'] ?? 'open';
  const issue = state.issue(repository, pull.number);
  const headLabel = `${pull.head.repository.split('/')[0] ?? ''}:${pull.head.ref}`;
  return (
    (wantedState === 'all' || issue.state === wantedState) &&
    (query['base'] === undefined || query['base'] === pull.base.ref) &&
    // GitHub ignores a head that names no owner.
    (query['head']?.includes(':') !== true || query['head'] === headLabel)
  );
}

function sortPulls(
  state: GithubState,
  repository: Repository,
  pulls: Pull[],
  query: OperationRequest['query'],
): Pull[] {
  const key = (pull: Pull): string => {
    const issue = state.issue(repository, pull.number);
    return query['sort'] === 'updated' ? issue.updatedAt : issue.createdAt;
  };
  const ascending = query['sort'] === undefined ? 'desc' : 'asc';
  const sign = (query['direction'] ?? ascending) === 'asc' ? 1 : -1;
  return pulls.sort(
    (a, b) => sign * (key(a) === key(b) ? a.number - b.number : key(a) < key(b) ? -1 : 1),
  );
}

export function pullOperations(
  state: GithubState,
): Topic<
  | 'pulls/get'
  | 'pulls/list'
  | 'pulls/list-commits'
  | 'pulls/list-files'
  | 'pulls/list-reviews'
  | 'repos/list-pull-requests-associated-with-commit'
> {
  return {
    'pulls/get': (request) => {
      const repository = repositoryOf(state, request);
      const pull = state.pull(repository, numberOf(request, 'pull_number'));
      return { status: 200, body: pullRequest(request.baseUrl, state, repository, pull) };
    },

    'pulls/list': (request) => {
      const repository = repositoryOf(state, request);
      const matching = [...repository.pulls.values()].filter((pull) =>
        matchesFilter(state, repository, pull, request.query),
      );
      const path = `/repos/${repository.owner.login}/${repository.name}/pulls`;
      const { items, headers } = page(
        request,
        path,
        sortPulls(state, repository, matching, request.query),
        (pull) => listedPull(request.baseUrl, state, repository, pull),
      );
      return { status: 200, body: items, headers };
    },

    'pulls/list-files': (request) => {
      const repository = repositoryOf(state, request);
      const pull = state.pull(repository, numberOf(request, 'pull_number'));
      const path = `/repos/${repository.owner.login}/${repository.name}/pulls/${pull.number}/files`;
      // GitHub lists at most 3,000 files.
      const { items, headers } = page(request, path, pull.files.slice(0, 3000), (file) =>
        diffEntry(request.baseUrl, repository, pull.head.sha, file),
      );
      return { status: 200, body: items, headers };
    },

    'pulls/list-commits': (request) => {
      const repository = repositoryOf(state, request);
      const pull = state.pull(repository, numberOf(request, 'pull_number'));
      const path = `/repos/${repository.owner.login}/${repository.name}/pulls/${pull.number}/commits`;
      // GitHub lists at most 250 commits.
      const known = pull.commits.slice(0, 250).flatMap((sha) => repository.commits.get(sha) ?? []);
      const { items, headers } = page(request, path, known, (commit) =>
        listedCommit(request.baseUrl, state, repository, commit),
      );
      return { status: 200, body: items, headers };
    },

    'pulls/list-reviews': (request) => {
      const repository = repositoryOf(state, request);
      const pull = state.pull(repository, numberOf(request, 'pull_number'));
      const path = `/repos/${repository.owner.login}/${repository.name}/pulls/${pull.number}/reviews`;
      const ofPull = repository.reviews
        .filter(({ pullNumber }) => pullNumber === pull.number)
        .sort((a, b) => Date.parse(a.submittedAt) - Date.parse(b.submittedAt));
      const { items, headers } = page(request, path, ofPull, (value) =>
        review(request.baseUrl, repository, value),
      );
      return { status: 200, body: items, headers };
    },

    'repos/list-pull-requests-associated-with-commit': (request) => {
      const repository = repositoryOf(state, request);
      const { sha } = state.commit(repository, request.params['commit_sha'] ?? '');
      const matching = [...repository.pulls.values()].filter(
        (pull) =>
          pull.introduced.includes(sha) || pull.head.sha === sha || pull.commits.includes(sha),
      );
      const path = `/repos/${repository.owner.login}/${repository.name}/commits/${sha}/pulls`;
      const { items, headers } = page(request, path, matching, (pull) =>
        listedPull(request.baseUrl, state, repository, pull),
      );
      return { status: 200, body: items, headers };
    },
  };
}
