import { ApiError, notFound, notPermitted } from '../api-error.js';
import type { OperationRequest } from '../conformance.js';
import { page } from '../pagination.js';
import type { Schemas } from '../representations/account.js';
import { listedCommit } from '../representations/commit.js';
import { repositoryPage, repositoryUrl } from '../representations/repository.js';
import type { GithubState, Repository } from '../state.js';
import { repositoryOf, tokenOf } from './scope.js';
import type { Topic } from './scope.js';

/** How a repository is set up: rules of its branches, what Actions may run, the token's subject. */
export function settingsOperations(
  state: GithubState,
): Topic<
  | 'actions/get-allowed-actions-repository'
  | 'actions/get-custom-oidc-sub-claim-for-repo'
  | 'actions/get-github-actions-permissions-repository'
  | 'repos/get-branch'
  | 'repos/get-branch-rules'
> {
  return {
    'actions/get-github-actions-permissions-repository': (request) => {
      const repository = administered(state, request);
      const { enabled, allowed, shaPinningRequired } = repository.settings.actions;
      return {
        status: 200,
        body: {
          enabled,
          allowed_actions: allowed,
          sha_pinning_required: shaPinningRequired,
          ...(allowed === 'selected'
            ? {
                selected_actions_url: `${repositoryUrl(request.baseUrl, repository)}/actions/permissions/selected-actions`,
              }
            : {}),
        },
      };
    },

    'actions/get-allowed-actions-repository': (request) => {
      const { actions } = administered(state, request).settings;
      // GitHub has such a list only where the policy asks for one.
      if (actions.allowed !== 'selected') throw new ApiError(409, 'Conflict');
      return {
        status: 200,
        body: {
          github_owned_allowed: actions.githubOwnedAllowed,
          verified_allowed: actions.verifiedAllowed,
          patterns_allowed: actions.patternsAllowed,
        },
      };
    },

    'actions/get-custom-oidc-sub-claim-for-repo': (request) => {
      const { subjectClaimKeys, immutableSubject } = repositoryOf(state, request).settings;
      return {
        status: 200,
        body: {
          use_default: subjectClaimKeys === null,
          use_immutable_subject: immutableSubject,
          ...(subjectClaimKeys === null ? {} : { include_claim_keys: subjectClaimKeys }),
        },
      };
    },

    'repos/get-branch': (request) => {
      const repository = repositoryOf(state, request);
      const name = request.params['branch'] ?? '';
      const head = repository.branches.get(name);
      if (head === undefined) throw notFound();
      const path = `${repositoryUrl(request.baseUrl, repository)}/branches/${encodeURIComponent(name)}`;
      const protection = protectionOf(repository, name);
      return {
        status: 200,
        body: {
          name,
          commit: listedCommit(request.baseUrl, state, repository, state.commit(repository, head)),
          _links: { self: path, html: `${repositoryPage(repository)}/tree/${name}` },
          protected: protection.enabled === true || rulesOf(repository, name).length > 0,
          protection,
          protection_url: `${path}/protection`,
        } satisfies Schemas['branch-with-protection'],
      };
    },

    'repos/get-branch-rules': (request) => {
      const repository = repositoryOf(state, request);
      const name = request.params['branch'] ?? '';
      const path = `/repos/${repository.owner.login}/${repository.name}/rules/branches/${name}`;
      const { items, headers } = page(request, path, rulesOf(repository, name), (rule) => rule);
      return { status: 200, headers, body: items };
    },
  };
}

/**
 * The repository, for who may see how it is administered: no app's token has that right of itself,
 * `GITHUB_TOKEN` never, and of people only its admins have it.
 *
 * @throws ApiError 403
 */
function administered(state: GithubState, request: OperationRequest): Repository {
  const repository = repositoryOf(state, request);
  const { kind, login } = tokenOf(state, request);
  if (kind === 'app') throw notPermitted();
  if (repository.roles.get(login.toLowerCase()) !== 'admin') {
    throw new ApiError(403, 'Must have admin rights to Repository.');
  }
  return repository;
}

function protectionOf(repository: Repository, branch: string): Schemas['branch-protection'] {
  const { protectedByChecks: checks } = repository.settings;
  if (checks === null || branch !== repository.defaultBranch) {
    return {
      enabled: false,
      required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
    };
  }
  return {
    enabled: true,
    required_status_checks: {
      enforcement_level: 'non_admins',
      contexts: [...checks],
      checks: checks.map((context) => ({ context, app_id: null })),
    },
  };
}

/** The rules that GitHub's rulesets make of the seeded settings; they are of the default branch. */
function rulesOf(repository: Repository, branch: string): Schemas['repository-rule-detailed'][] {
  if (branch !== repository.defaultBranch) return [];
  const { requiredChecks, mergeQueue } = repository.settings;
  const from = {
    ruleset_source_type: 'Repository' as const,
    ruleset_source: `${repository.owner.login}/${repository.name}`,
    ruleset_id: repository.id,
  };
  const rules: Schemas['repository-rule-detailed'][] = [];
  if (requiredChecks.length > 0) {
    rules.push({
      type: 'required_status_checks',
      parameters: {
        strict_required_status_checks_policy: false,
        required_status_checks: requiredChecks.map((context) => ({ context })),
      },
      ...from,
    });
  }
  if (mergeQueue) {
    rules.push({
      type: 'merge_queue',
      parameters: {
        check_response_timeout_minutes: 60,
        grouping_strategy: 'ALLGREEN',
        max_entries_to_build: 5,
        max_entries_to_merge: 5,
        merge_method: 'MERGE',
        min_entries_to_merge: 1,
        min_entries_to_merge_wait_minutes: 5,
      },
      ...from,
    });
  }
  return rules;
}
