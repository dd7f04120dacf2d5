import { cancelled } from '../cancelled.js';
import type { Repository as EcrRepository } from '@aws-sdk/client-ecr';
import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import type { RemoteImage, Repository } from '../repository.js';

const manifestSchema = z.object({
  mediaType: z.string().optional(),
  config: z.object({ digest: z.string() }).optional(),
});

/** An image of `BatchGetImage`. */
export function remoteImage(
  digest: string | undefined,
  manifest: string | undefined,
  mediaType: string | undefined,
): RemoteImage {
  const text = manifest ?? '{}';
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  const configDigest = parsed.data?.config?.digest;
  return {
    digest: digest ?? '',
    manifest: text,
    mediaType: mediaType ?? parsed.data?.mediaType ?? '',
    ...(configDigest === undefined ? {} : { configDigest }),
  };
}

/** A repository of `DescribeRepositories` or `CreateRepository`. */
export function toRepository(found: EcrRepository): Repository {
  return {
    name: found.repositoryName ?? '',
    ...(found.repositoryArn === undefined ? {} : { arn: found.repositoryArn }),
    uri: found.repositoryUri ?? '',
    accountId: found.registryId ?? '',
    tagMutability: found.imageTagMutability ?? 'MUTABLE',
    mutabilityExclusions: (found.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter }) =>
      filter === undefined ? [] : [filter],
    ),
  };
}

/** What went wrong, with the operation's name as policies write it. */
export function explain(
  operation: string,
  repository: string,
  error: Error,
  signal: AbortSignal,
): OperationError {
  if (signal.aborted) return cancelled();
  const details = { operation, repository };
  const where = repository === '' ? '' : ` of ${repository}`;
  const denied = error.name.startsWith('AccessDenied');
  return new OperationError(
    denied ? 'ecr-denied' : 'ecr-failed',
    denied
      ? `the role may not call ecr:${operation}${where}: ${error.message}`
      : `ecr:${operation}${where} failed: ${error.name}: ${error.message}`,
    { details, cause: error },
  );
}
