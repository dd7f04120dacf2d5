import { ApiError, notFound } from '../api-error.js';
import type { ArtifactService } from '../artifact-service.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import * as render from '../representations/run.js';
import type { Artifact, GithubState, Repository, WorkflowRun } from '../state.js';
import { numberOf, repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

function actionsPath(repository: Repository): string {
  return `/repos/${repository.owner.login}/${repository.name}/actions`;
}

function artifactOf(repository: Repository, request: OperationRequest): Artifact {
  const id = numberOf(request, 'artifact_id');
  const found = repository.artifacts.find((artifact) => artifact.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function runOf(repository: Repository, request: OperationRequest): WorkflowRun {
  const run = repository.runs.get(numberOf(request, 'run_id'));
  if (run === undefined) throw notFound();
  return run;
}

/** `status` of the query names a status or a conclusion ("List workflow runs for a repository"). */
function matchesFilter(run: WorkflowRun, query: OperationRequest['query']): boolean {
  const asked = (name: string, ...values: readonly (string | null)[]): boolean =>
    query[name] === undefined || values.includes(query[name]);
  return (
    asked('head_sha', run.headSha) &&
    asked('event', run.event) &&
    asked('branch', run.headBranch) &&
    asked('actor', run.actor.login) &&
    asked('status', run.status, run.conclusion)
  );
}

export function runOperations(
  state: GithubState,
  artifacts: Pick<ArtifactService, 'downloadUrl'>,
): Topic<
  | 'actions/download-artifact'
  | 'actions/get-artifact'
  | 'actions/get-reviews-for-run'
  | 'actions/get-workflow-run'
  | 'actions/list-artifacts-for-repo'
  | 'actions/list-jobs-for-workflow-run-attempt'
  | 'actions/list-workflow-run-artifacts'
  | 'actions/list-workflow-runs-for-repo'
> {
  const list = (
    request: OperationRequest,
    repository: Repository,
    path: string,
    chosen: readonly Artifact[],
  ) => {
    const matching = chosen
      .filter(({ name }) => [undefined, name].includes(request.query['name']))
      .sort((a, b) => (request.query['direction'] === 'asc' ? a.id - b.id : b.id - a.id));
    const { items, headers } = page(request, path, matching, (artifact) =>
      render.artifact(request.baseUrl, state, repository, artifact),
    );
    return { status: 200, body: { total_count: matching.length, artifacts: items }, headers };
  };

  return {
    'actions/get-workflow-run': (request) => {
      const repository = repositoryOf(state, request);
      const run = runOf(repository, request);
      return { status: 200, body: render.workflowRun(request.baseUrl, state, repository, run) };
    },

    'actions/get-reviews-for-run': (request) => {
      const repository = repositoryOf(state, request);
      const { approvals } = runOf(repository, request);
      const body = approvals.map((one) => render.runApproval(request.baseUrl, repository, one));
      return { status: 200, body };
    },

    'actions/list-jobs-for-workflow-run-attempt': (request) => {
      const repository = repositoryOf(state, request);
      const run = runOf(repository, request);
      const attempt = numberOf(request, 'attempt_number');
      if (attempt < 1 || attempt > run.attempt) throw notFound();
      const jobs = run.jobs.filter((job) => job.attempt === attempt);
      const path = `${actionsPath(repository)}/runs/${run.id}/attempts/${attempt}/jobs`;
      const { items, headers } = page(request, path, jobs, (job) =>
        render.runJob(request.baseUrl, repository, run, job),
      );
      return { status: 200, body: { total_count: jobs.length, jobs: items }, headers };
    },

    'actions/list-workflow-runs-for-repo': (request) => {
      const repository = repositoryOf(state, request);
      // GitHub gives up to 1,000 results for a filtered search.
      const matching = [...repository.runs.values()]
        .filter((run) => matchesFilter(run, request.query))
        .sort((a, b) => b.id - a.id)
        .slice(0, 1000);
      const path = `${actionsPath(repository)}/runs`;
      const { items, headers } = page(request, path, matching, (run) =>
        render.workflowRun(request.baseUrl, state, repository, run),
      );
      return {
        status: 200,
        body: { total_count: matching.length, workflow_runs: items },
        headers,
      };
    },

    'actions/list-workflow-run-artifacts': (request) => {
      const repository = repositoryOf(state, request);
      const runId = numberOf(request, 'run_id');
      return list(
        request,
        repository,
        `${actionsPath(repository)}/runs/${runId}/artifacts`,
        repository.artifacts.filter((artifact) => artifact.runId === runId),
      );
    },

    'actions/list-artifacts-for-repo': (request) => {
      const repository = repositoryOf(state, request);
      return list(
        request,
        repository,
        `${actionsPath(repository)}/artifacts`,
        repository.artifacts,
      );
    },

    'actions/get-artifact': (request) => {
      const repository = repositoryOf(state, request);
      const found = artifactOf(repository, request);
      return { status: 200, body: render.artifact(request.baseUrl, state, repository, found) };
    },

    'actions/download-artifact': (request) => {
      const found = artifactOf(repositoryOf(state, request), request);
      if (request.params['archive_format'] !== 'zip') throw notFound();
      if (found.expired) throw new ApiError(410, 'Artifact has expired');
      if (found.content === undefined) throw notFound();
      return {
        status: 302,
        headers: { location: artifacts.downloadUrl(found, new URL(request.baseUrl).origin) },
      };
    },
  };
}
