import { askJson } from '../backends/ask-json.js';
import type { Backend } from '../backends/process.js';
import type { Scope } from './scope.js';

/** ECR of the backend: repositories, their policies, and the list of their images. */
export interface BackendEcr {
  /** Asks one registry. Throws the AwsError that it refuses with. */
  ask<T>(scope: Scope, operation: string, input: Record<string, unknown>): Promise<T>;
}

/** Talks to the backend as a caller of the registry's own account. */
export function createBackendEcr(backend: Backend): BackendEcr {
  return {
    async ask<T>(scope: Scope, operation: string, input: Record<string, unknown>): Promise<T> {
      const target = `AmazonEC2ContainerRegistry_V20150921.${operation}`;
      const answer = await askJson(backend, { service: 'ecr', ...scope, target, input });
      return answer as T;
    },
  };
}
