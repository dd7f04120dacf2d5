import type { EnvironmentConfig } from '../config/infra-config.js';
import { statusOf, type GithubClient } from '../../shared/github-client.js';
import type { DeploymentBranches, GithubEnvironment, ObservedGate } from './gate.js';
import type { People, ReviewedPull } from './people.js';
import { observeApprovals } from './reviews.js';

/** Environments of the repository. */
export interface GithubEnvironments {
  read(name: string): Promise<GithubEnvironment>;
}

/** What an apply covers, for `gate: reviews`; see `RecordSearch`. */
export interface CoveredPulls {
  readonly pulls: readonly ReviewedPull[];
  readonly commitsWithoutPull: readonly string[];
  readonly commitsNotLookedAt: readonly string[];
}

/**
 * Looks at the gate that an environment asks for, and at no other.
 *
 * @throws OperationError `github-permission-missing`
 */
export async function observeGate(
  environment: EnvironmentConfig,
  covered: CoveredPulls,
  ports: { readonly environments: GithubEnvironments; readonly people: People },
): Promise<ObservedGate> {
  if (environment.apply !== 'approval') return { gate: 'none' };
  switch (environment.gate) {
    case 'environment':
      return { gate: 'environment', environment: await ports.environments.read(environment.name) };
    case 'reviews':
      return {
        gate: 'reviews',
        pulls: await Promise.all(
          covered.pulls.map(async (pull) => ({
            number: pull.number,
            headSha: pull.headSha,
            approvals: await observeApprovals(ports.people, pull),
          })),
        ),
        commitsWithoutPull: [...covered.commitsWithoutPull, ...covered.commitsNotLookedAt],
      };
    case 'dispatch':
      return { gate: 'dispatch' };
  }
}

/** GitHub gives it, though the description of its API does not have it (google/go-github#2721). */
function adminsBypassOf(environment: object): { readonly adminsBypass?: boolean } {
  const isSaid =
    'can_admins_bypass' in environment && typeof environment.can_admins_bypass === 'boolean';
  return isSaid ? { adminsBypass: environment.can_admins_bypass === true } : {};
}

/**
 * Environments over GitHub's REST API ("Get an environment", "List deployment branch policies"). The
 * job needs `actions: read`: without it GitHub answers 403, and 404 where the repository is private.
 */
export function githubEnvironments({ octokit, repository }: GithubClient): GithubEnvironments {
  const { repos } = octokit.rest;
  return {
    read: async (name) => {
      const place = { ...repository, environment_name: name };
      try {
        const { data } = await repos.getEnvironment(place);
        const rules = data.protection_rules ?? [];
        const reviewers = rules.flatMap((rule) => ('reviewers' in rule ? [rule] : []));
        return {
          kind: 'found',
          name: data.name,
          reviewers: reviewers.reduce((sum, rule) => sum + (rule.reviewers?.length ?? 0), 0),
          preventSelfReview: reviewers.some((rule) => rule.prevent_self_review === true),
          ...adminsBypassOf(data),
          branches: await branchesOf(data.deployment_branch_policy),
        };
      } catch (error) {
        const status = statusOf(error);
        if (status === 404) return { kind: 'missing' };
        if (status === 403) return { kind: 'denied', status };
        throw error;
      }

      async function branchesOf(
        policy: { readonly custom_branch_policies: boolean } | null | undefined,
      ): Promise<DeploymentBranches> {
        if (policy === null || policy === undefined) return { kind: 'any' };
        if (!policy.custom_branch_policies) return { kind: 'protected' };
        const patterns = await octokit.paginate(repos.listDeploymentBranchPolicies, {
          ...{ ...place, per_page: 100 },
        });
        return {
          kind: 'named',
          patterns: patterns.map(({ name: pattern = '', type = 'branch' }) => ({
            name: pattern,
            type,
          })),
        };
      }
    },
  };
}
