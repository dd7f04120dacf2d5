import type {
  Artifact,
  GithubState,
  Repository,
  RunApproval,
  RunJob,
  WorkflowRun,
} from '../state.js';
import { nodeId, simpleUser } from './account.js';
import type { Schemas } from './account.js';
import { minimalRepository, repositoryPage, repositoryUrl } from './repository.js';

/** Kept for 90 days, GitHub's default. */
const retentionMilliseconds = 90 * 24 * 3600 * 1000;

function idOf(state: GithubState, fullName: string, otherwise: Repository): number {
  return (state.repositories.get(fullName.toLowerCase()) ?? otherwise).id;
}

export function artifact(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: Artifact,
): Schemas['artifact'] {
  const url = `${repositoryUrl(baseUrl, repository)}/actions/artifacts/${value.id}`;
  return {
    id: value.id,
    node_id: nodeId('Artifact', value.id),
    name: value.name,
    size_in_bytes: value.sizeBytes,
    url,
    archive_download_url: `${url}/zip`,
    expired: value.expired,
    digest: value.digest,
    created_at: value.createdAt,
    updated_at: value.createdAt,
    expires_at: new Date(Date.parse(value.createdAt) + retentionMilliseconds).toISOString(),
    workflow_run: {
      id: value.runId,
      repository_id: repository.id,
      head_repository_id: idOf(state, value.headRepository, repository),
      head_branch: value.headBranch,
      head_sha: value.headSha,
    },
  };
}

export function workflowRun(
  baseUrl: string,
  state: GithubState,
  repository: Repository,
  value: WorkflowRun,
): Schemas['workflow-run'] {
  const root = `${repositoryUrl(baseUrl, repository)}/actions`;
  const url = `${root}/runs/${value.id}`;
  const workflowId = Number.parseInt(Buffer.from(value.path).toString('hex').slice(-8), 16);
  const commit = repository.commits.get(value.headSha);
  const [owner = '', name = ''] = value.headRepository.split('/');
  const signature = { name: value.actor.login, email: `${value.actor.login}@example.com` };
  return {
    id: value.id,
    name: value.name,
    node_id: nodeId('WorkflowRun', value.id),
    check_suite_id: value.id + 2_000_000,
    head_branch: value.headBranch,
    head_sha: value.headSha,
    path: value.path,
    run_number: value.number,
    run_attempt: value.attempt,
    referenced_workflows: value.referencedWorkflows.map((workflow) => ({ ...workflow })),
    event: value.event,
    status: value.status,
    conclusion: value.conclusion,
    workflow_id: workflowId,
    url,
    html_url: `${repositoryPage(repository)}/actions/runs/${value.id}`,
    // GitHub lists open pull requests only, and none of forks.
    pull_requests: [],
    created_at: value.createdAt,
    updated_at: value.startedAt,
    run_started_at: value.startedAt,
    actor: simpleUser(baseUrl, value.actor),
    triggering_actor: simpleUser(baseUrl, value.actor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl(baseUrl, repository)}/check-suites/${value.id + 2_000_000}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: value.attempt > 1 ? `${url}/attempts/${value.attempt - 1}` : null,
    workflow_url: `${root}/workflows/${workflowId}`,
    head_commit: {
      id: value.headSha,
      tree_id: commit?.treeSha ?? value.headSha,
      message: commit?.message ?? 'Commit',
      timestamp: commit?.date ?? value.createdAt,
      author: signature,
      committer: signature,
    },
    repository: minimalRepository(baseUrl, repository),
    head_repository: minimalRepository(baseUrl, state.repository(owner, name)),
    display_title: commit?.message ?? value.name,
  };
}

export function runJob(
  baseUrl: string,
  repository: Repository,
  run: WorkflowRun,
  value: RunJob,
): Schemas['job'] {
  const root = repositoryUrl(baseUrl, repository);
  return {
    id: value.id,
    node_id: nodeId('CheckRun', value.id),
    run_id: run.id,
    run_attempt: value.attempt,
    run_url: `${root}/actions/runs/${run.id}`,
    head_sha: run.headSha,
    head_branch: run.headBranch,
    workflow_name: run.name,
    name: value.name,
    status: value.status,
    conclusion: value.conclusion,
    url: `${root}/actions/jobs/${value.id}`,
    html_url: `${repositoryPage(repository)}/actions/runs/${run.id}/job/${value.id}`,
    check_run_url: `${root}/check-runs/${value.id}`,
    created_at: run.createdAt,
    started_at: run.startedAt,
    completed_at: value.status === 'completed' ? run.startedAt : null,
    labels: ['ubuntu-24.04'],
    ...{ runner_id: 1, runner_name: 'runner', runner_group_id: 1, runner_group_name: 'Default' },
  };
}

export function runApproval(
  baseUrl: string,
  repository: Repository,
  value: RunApproval,
): Schemas['environment-approvals'] {
  return {
    state: value.state,
    comment: value.comment,
    user: simpleUser(baseUrl, value.user),
    environments: value.environments.map((name) => {
      const id = repository.environments.get(name.toLowerCase())?.id;
      return { ...(id === undefined ? {} : { id }), name };
    }),
  };
}
