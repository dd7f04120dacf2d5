import { notFound, validationFailed } from '../api-error.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import * as render from '../representations/deployment.js';
import { repositoryUrl } from '../representations/repository.js';
import type { CheckRun, Deployment, GithubState, Repository } from '../state.js';
import { authorOf, numberOf, repositoryOf, textOf } from './scope.js';
import type { Topic } from './scope.js';

function deploymentOf(repository: Repository, request: OperationRequest): Deployment {
  const found = repository.deployments.get(numberOf(request, 'deployment_id'));
  if (found === undefined) throw notFound();
  return found;
}

/** A new success makes the older deployments of its environment inactive, unless told otherwise. */
function retireOlder(
  state: GithubState,
  repository: Repository,
  newest: Deployment,
  request: OperationRequest,
): void {
  for (const older of repository.deployments.values()) {
    const current = older.statuses.at(-1);
    if (older.id >= newest.id || older.environment !== newest.environment) continue;
    if (older.transient || older.production || current?.state !== 'success') continue;
    older.statuses.push({
      ...current,
      id: state.id(),
      state: 'inactive',
      creator: authorOf(state, request),
      createdAt: state.time(),
    });
  }
}

function payloadOf(value: unknown): Deployment['payload'] {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  return {};
}

const checkConclusions = ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out'];

function checkStatus(request: OperationRequest): CheckRun['status'] {
  // A conclusion by itself completes the run.
  if (textOf(request, 'conclusion') !== undefined) return 'completed';
  return textOf(request, 'status') === 'in_progress' ? 'in_progress' : 'queued';
}

export function deploymentOperations(
  state: GithubState,
): Topic<
  | 'checks/create'
  | 'repos/create-deployment'
  | 'repos/create-deployment-status'
  | 'repos/list-deployment-statuses'
  | 'repos/list-deployments'
> {
  return {
    'repos/create-deployment': (request) => {
      const repository = repositoryOf(state, request);
      const ref = String(request.body['ref']);
      const sha = state.resolve(repository, ref);
      if (sha === undefined) {
        throw validationFailed({
          resource: 'Deployment',
          field: 'ref',
          code: 'invalid',
          message: `No ref found for: ${ref}`,
        });
      }
      const environment = textOf(request, 'environment') ?? 'production';
      const deployment: Deployment = {
        id: state.id(),
        sha,
        ref,
        task: textOf(request, 'task') ?? 'deploy',
        environment,
        description: textOf(request, 'description') ?? null,
        payload: payloadOf(request.body['payload']),
        transient: request.body['transient_environment'] === true,
        production:
          typeof request.body['production_environment'] === 'boolean'
            ? request.body['production_environment']
            : environment === 'production',
        creator: authorOf(state, request),
        createdAt: state.time(),
        statuses: [],
      };
      repository.deployments.set(deployment.id, deployment);
      return { status: 201, body: render.deployment(request.baseUrl, repository, deployment) };
    },

    'repos/list-deployments': (request) => {
      const repository = repositoryOf(state, request);
      const asked = (name: 'environment' | 'ref' | 'sha' | 'task') => (deployment: Deployment) =>
        [undefined, 'none', deployment[name]].includes(request.query[name]);
      const matching = [...repository.deployments.values()]
        .filter(asked('environment'))
        .filter(asked('ref'))
        .filter(asked('sha'))
        .filter(asked('task'))
        .sort((a, b) => b.id - a.id);
      const path = `/repos/${repository.owner.login}/${repository.name}/deployments`;
      const { items, headers } = page(request, path, matching, (deployment) =>
        render.deployment(request.baseUrl, repository, deployment),
      );
      return { status: 200, body: items, headers };
    },

    'repos/create-deployment-status': (request) => {
      const repository = repositoryOf(state, request);
      const deployment = deploymentOf(repository, request);
      const status: Deployment['statuses'][number] = {
        id: state.id(),
        state: String(request.body['state']),
        description: textOf(request, 'description') ?? '',
        environment: textOf(request, 'environment') ?? deployment.environment,
        environmentUrl: textOf(request, 'environment_url') ?? '',
        logUrl: textOf(request, 'log_url') ?? textOf(request, 'target_url') ?? '',
        creator: authorOf(state, request),
        createdAt: state.time(),
      };
      deployment.statuses.push(status);
      if (status.state === 'success' && request.body['auto_inactive'] !== false) {
        retireOlder(state, repository, deployment, request);
      }
      return {
        status: 201,
        body: render.deploymentStatus(request.baseUrl, repository, deployment, status),
        headers: {
          location: `${repositoryUrl(request.baseUrl, repository)}/deployments/${deployment.id}/statuses/${status.id}`,
        },
      };
    },

    'repos/list-deployment-statuses': (request) => {
      const repository = repositoryOf(state, request);
      const deployment = deploymentOf(repository, request);
      const path = `/repos/${repository.owner.login}/${repository.name}/deployments/${deployment.id}/statuses`;
      const { items, headers } = page(request, path, deployment.statuses.toReversed(), (status) =>
        render.deploymentStatus(request.baseUrl, repository, deployment, status),
      );
      return { status: 200, body: items, headers };
    },

    'checks/create': (request) => {
      const repository = repositoryOf(state, request);
      const { sha } = state.commit(repository, String(request.body['head_sha']));
      const status = checkStatus(request);
      const conclusion = textOf(request, 'conclusion') ?? null;
      if (conclusion !== null && !checkConclusions.concat('action_required').includes(conclusion)) {
        throw validationFailed({ resource: 'CheckRun', field: 'conclusion', code: 'invalid' });
      }
      const output = (request.body['output'] ?? {}) as Record<string, unknown>;
      const text = (name: string) => (typeof output[name] === 'string' ? output[name] : null);
      const check: CheckRun = {
        id: state.id(),
        name: String(request.body['name']),
        headSha: sha,
        status,
        conclusion,
        detailsUrl: textOf(request, 'details_url') ?? null,
        externalId: textOf(request, 'external_id') ?? '',
        startedAt: textOf(request, 'started_at') ?? state.time(),
        completedAt:
          status === 'completed' ? (textOf(request, 'completed_at') ?? state.time()) : null,
        output: { title: text('title'), summary: text('summary'), text: text('text') },
        annotations: Array.isArray(output['annotations']) ? output['annotations'] : [],
      };
      repository.checkRuns.set(check.id, check);
      return {
        status: 201,
        body: render.checkRun(request.baseUrl, repository, check, authorOf(state, request)),
      };
    },
  };
}
