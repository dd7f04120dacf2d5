import type { CheckRun, Deployment, DeploymentStatus, Environment, Repository } from '../state.js';
import type { Account } from '../state.js';
import { integration, nodeId, simpleUser } from './account.js';
import type { Schemas } from './account.js';
import { repositoryPage, repositoryUrl } from './repository.js';

export function deployment(
  baseUrl: string,
  repository: Repository,
  value: Deployment,
): Schemas['deployment'] {
  const root = repositoryUrl(baseUrl, repository);
  const url = `${root}/deployments/${value.id}`;
  return {
    id: value.id,
    node_id: nodeId('Deployment', value.id),
    url,
    sha: value.sha,
    ref: value.ref,
    task: value.task,
    payload: value.payload,
    environment: value.environment,
    original_environment: value.environment,
    description: value.description,
    creator: simpleUser(baseUrl, value.creator),
    created_at: value.createdAt,
    updated_at: value.statuses.at(-1)?.createdAt ?? value.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: root,
    transient_environment: value.transient,
    production_environment: value.production,
  };
}

export function deploymentStatus(
  baseUrl: string,
  repository: Repository,
  parent: Deployment,
  value: DeploymentStatus,
): Schemas['deployment-status'] {
  const root = repositoryUrl(baseUrl, repository);
  const url = `${root}/deployments/${parent.id}`;
  return {
    id: value.id,
    node_id: nodeId('DeploymentStatus', value.id),
    url: `${url}/statuses/${value.id}`,
    state: value.state as Schemas['deployment-status']['state'],
    creator: simpleUser(baseUrl, value.creator),
    description: value.description,
    environment: value.environment,
    environment_url: value.environmentUrl,
    target_url: value.logUrl,
    log_url: value.logUrl,
    created_at: value.createdAt,
    updated_at: value.createdAt,
    deployment_url: url,
    repository_url: root,
  };
}

export function environment(
  baseUrl: string,
  repository: Repository,
  value: Environment,
): Schemas['environment'] & { readonly can_admins_bypass: boolean } {
  const rules: NonNullable<Schemas['environment']['protection_rules']> = [];
  const ruleId = (offset: number) => {
    const id = value.id * 10 + offset;
    return { id, node_id: nodeId('Gate', id) };
  };
  if (value.waitTimerMinutes > 0) {
    rules.push({ ...ruleId(1), type: 'wait_timer', wait_timer: value.waitTimerMinutes });
  }
  if (value.reviewers.length > 0) {
    rules.push({
      ...ruleId(2),
      type: 'required_reviewers',
      prevent_self_review: value.preventSelfReview,
      reviewers: value.reviewers.map((account) => ({
        type: 'User',
        reviewer: simpleUser(baseUrl, account),
      })),
    });
  }
  if (value.branchPolicy !== null) rules.push({ ...ruleId(3), type: 'branch_policy' });
  const name = encodeURIComponent(value.name);
  return {
    id: value.id,
    node_id: nodeId('Environment', value.id),
    name: value.name,
    url: `${repositoryUrl(baseUrl, repository)}/environments/${name}`,
    html_url: `${repositoryPage(repository)}/deployments/activity_log?environments_filter=${name}`,
    created_at: value.createdAt,
    updated_at: value.createdAt,
    // GitHub gives it, though its description does not have it (google/go-github#2721).
    can_admins_bypass: value.canAdminsBypass,
    protection_rules: rules,
    deployment_branch_policy:
      value.branchPolicy === null
        ? null
        : {
            protected_branches: value.branchPolicy === 'protected-branches',
            custom_branch_policies: value.branchPolicy === 'custom',
          },
  };
}

export function checkRun(
  baseUrl: string,
  repository: Repository,
  value: CheckRun,
  app: Account,
): Schemas['check-run'] {
  const url = `${repositoryUrl(baseUrl, repository)}/check-runs/${value.id}`;
  return {
    id: value.id,
    node_id: nodeId('CheckRun', value.id),
    name: value.name,
    head_sha: value.headSha,
    external_id: value.externalId,
    url,
    html_url: `${repositoryPage(repository)}/runs/${value.id}`,
    details_url: value.detailsUrl,
    status: value.status,
    conclusion: value.conclusion as Schemas['check-run']['conclusion'],
    started_at: value.startedAt,
    completed_at: value.completedAt,
    output: {
      ...value.output,
      annotations_count: value.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: value.id + 1_000_000 },
    app: integration(baseUrl, app, repository.createdAt),
    pull_requests: [],
  };
}
