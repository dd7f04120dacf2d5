import { notFound } from '../api-error.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import { nodeId } from '../representations/account.js';
import * as render from '../representations/deployment.js';
import type { Environment, GithubState, Repository } from '../state.js';
import { repositoryOf } from './scope.js';
import type { Topic } from './scope.js';

function environmentOf(repository: Repository, request: OperationRequest): Environment {
  const name = decodeURIComponent(request.params['environment_name'] ?? '');
  const found = repository.environments.get(name.toLowerCase());
  if (found === undefined) throw notFound();
  return found;
}

export function environmentOperations(
  state: GithubState,
): Topic<
  'repos/get-all-environments' | 'repos/get-environment' | 'repos/list-deployment-branch-policies'
> {
  return {
    'repos/get-all-environments': (request) => {
      const repository = repositoryOf(state, request);
      const path = `/repos/${repository.owner.login}/${repository.name}/environments`;
      const all = [...repository.environments.values()];
      const { items, headers } = page(request, path, all, (one) =>
        render.environment(request.baseUrl, repository, one),
      );
      return { status: 200, headers, body: { total_count: all.length, environments: items } };
    },

    'repos/get-environment': (request) => {
      const repository = repositoryOf(state, request);
      const found = environmentOf(repository, request);
      return { status: 200, body: render.environment(request.baseUrl, repository, found) };
    },

    'repos/list-deployment-branch-policies': (request) => {
      const repository = repositoryOf(state, request);
      const { id, name, branchPolicy, branchPatterns } = environmentOf(repository, request);
      // GitHub has such policies only where the environment asks for custom ones.
      const patterns = branchPolicy === 'custom' ? branchPatterns : [];
      const path = `/repos/${repository.owner.login}/${repository.name}/environments/${encodeURIComponent(name)}/deployment-branch-policies`;
      const numbered = patterns.map((pattern, index) => ({
        ...pattern,
        id: id * 100 + index,
        node_id: nodeId('GateBranchPolicy', id * 100 + index),
      }));
      const { items, headers } = page(request, path, numbered, (policy) => policy);
      return {
        status: 200,
        body: { total_count: numbered.length, branch_policies: items },
        headers,
      };
    },
  };
}
