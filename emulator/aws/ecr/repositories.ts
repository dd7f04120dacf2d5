import { AwsError } from '../../aws-error.js';
import type { BackendEcr } from './backend-ecr.js';
import type { EcrRequest } from './request.js';
import { repositoryMissing } from './request.js';
import type { Scope } from './scope.js';
import { ecrHost } from './scope.js';
import type { ExclusionFilter, TagMutability } from './tag-mutability.js';
import { createExclusionFilters } from './tag-mutability.js';

export interface RepositorySettings {
  readonly tagMutability: TagMutability;
  readonly scanOnPush: boolean;
}

/** The repositories of all registries. */
export interface Repositories {
  /** Throws AwsError `RepositoryNotFoundException`. */
  settings(scope: Scope, repositoryName: string): Promise<RepositorySettings>;
  /** The text of the repository's policy; undefined without policy or repository. */
  policy(scope: Scope, repositoryName: string): Promise<string | undefined>;
  /** Passes a call on, under the address that clients can reach, with what the backend drops. */
  passOn(request: EcrRequest): Promise<unknown>;
  clear(): void;
}

interface BackendRepository {
  readonly repositoryName: string;
  readonly imageTagMutability?: string;
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean };
}

export function createRepositories(
  backend: BackendEcr,
  hostOf: (scope: Scope) => Promise<string>,
): Repositories {
  const filters = createExclusionFilters();

  function withFilters(scope: Scope, repository: BackendRepository): unknown {
    const kept = filters.of(scope, repository.repositoryName);
    if (kept.length === 0) return repository;
    return { ...repository, imageTagMutabilityExclusionFilters: kept };
  }

  return {
    async settings(scope, repositoryName) {
      const found = await backend
        .ask<{ repositories: BackendRepository[] }>(scope, 'DescribeRepositories', {
          repositoryNames: [repositoryName],
        })
        .catch((error: unknown) => {
          throw isMissing(error) ? repositoryMissing(scope, repositoryName) : error;
        });
      const [repository] = found.repositories;
      return {
        tagMutability: {
          mode: repository?.imageTagMutability ?? 'MUTABLE',
          exclusionFilters: filters.of(scope, repositoryName),
        },
        scanOnPush: repository?.imageScanningConfiguration?.scanOnPush === true,
      };
    },

    async policy(scope, repositoryName) {
      try {
        const input = { repositoryName };
        const found = await backend.ask<{ policyText?: string }>(
          scope,
          'GetRepositoryPolicy',
          input,
        );
        return found.policyText;
      } catch (error) {
        if (error instanceof AwsError && error.httpStatus === 400) return undefined;
        throw error;
      }
    },

    async passOn({ operation, input, scope, repositoryName: name }) {
      const wanted = input['imageTagMutabilityExclusionFilters'] as ExclusionFilter[] | undefined;
      const answer = await backend.ask<Record<string, unknown>>(scope, operation, input);
      const own = answer['repository'] as BackendRepository | undefined;
      const all = answer['repositories'] as BackendRepository[] | undefined;
      if (operation === 'CreateRepository' || operation === 'PutImageTagMutability') {
        filters.set(scope, name, wanted ?? []);
      }
      const result = {
        ...answer,
        ...(own ? { repository: withFilters(scope, own) } : {}),
        ...(all ? { repositories: all.map((one) => withFilters(scope, one)) } : {}),
        ...(operation === 'PutImageTagMutability' && wanted
          ? { imageTagMutabilityExclusionFilters: wanted }
          : {}),
      };
      if (operation === 'DeleteRepository') filters.set(scope, name, []);
      const spelled = JSON.stringify(result).replaceAll(ecrHost(scope), await hostOf(scope));
      return JSON.parse(spelled) as unknown;
    },

    clear: () => filters.clear(),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'RepositoryNotFoundException';
}
