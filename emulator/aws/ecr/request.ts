import { AwsError } from '../../aws-error.js';
import type { Caller } from '../sts/sessions.js';
import type { Registry } from './registry.js';
import { RegistryError } from './registry.js';
import type { Scope } from './scope.js';

/** One call of ECR's API, and the registry that it is for. */
export interface EcrRequest {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly scope: Scope;
  readonly caller: Caller;
  /** Empty for operations on no repository. */
  readonly repositoryName: string;
  readonly registry: Registry;
}

/** Answers one operation; throws AwsError for refusals. */
export type EcrOperation = (request: EcrRequest) => Promise<unknown>;

/** A text member of a call's input; empty when it is missing. */
export function text(input: Record<string, unknown>, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}

/** Runs a registry call, and says in ECR's words when the repository is not there. */
export async function orRepositoryMissing<T>(
  { repositoryName, scope }: Pick<EcrRequest, 'repositoryName' | 'scope'>,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'NAME_UNKNOWN') throw error;
    throw repositoryMissing(scope, repositoryName);
  }
}

export function repositoryMissing(scope: Scope, repositoryName: string): AwsError {
  return new AwsError(
    'RepositoryNotFoundException',
    `The repository with name '${repositoryName}' does not exist in the registry with id '${scope.accountId}'`,
  );
}

/**
 * One page of a list, by `maxResults` and `nextToken` of the call.
 *
 * Throws AwsError `InvalidParameterException` outside of 1 to `most` (ECR API reference, the
 * operations' `maxResults`).
 */
export function page<T>(
  input: Record<string, unknown>,
  all: readonly T[],
  sizes: { readonly usual: number; readonly most: number },
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const wanted = input['maxResults'] ?? sizes.usual;
  if (!Number.isInteger(wanted) || Number(wanted) < 1 || Number(wanted) > sizes.most) {
    throw new AwsError(
      'InvalidParameterException',
      `Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and ${sizes.most}'`,
    );
  }
  const first = Number(Buffer.from(text(input, 'nextToken'), 'base64').toString() || '0');
  if (!Number.isInteger(first) || first < 0) {
    throw new AwsError(
      'InvalidParameterException',
      "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'",
    );
  }
  const end = first + Number(wanted);
  const items = all.slice(first, end);
  if (end >= all.length) return { items };
  return { items, nextToken: Buffer.from(String(end)).toString('base64') };
}
