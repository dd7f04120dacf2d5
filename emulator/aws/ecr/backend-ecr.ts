import { AwsError } from '../../aws-error.js';
import type { Backend } from '../backends/process.js';
import { signatureLike } from '../sts/iam.js';
import { text } from './request.js';
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
      const response = await backend.send({
        method: 'POST',
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
          authorization: signatureLike('ecr', scope.region, scope.accountId),
        },
        body: JSON.stringify(input),
      });
      const parsed = JSON.parse(response.body.toString('utf8')) as Record<string, unknown>;
      if (response.status < 400) return parsed as T;
      const type = text(parsed, '__type') || 'ServerException';
      const message = text(parsed, 'message') || text(parsed, 'Message');
      throw new AwsError(type.split('#').at(-1) ?? type, message, response.status);
    },
  };
}
