import { AwsError } from '../../aws-error.js';
import type { Manifest, Registry } from './registry.js';
import type { EcrRequest } from './request.js';

/** ImageIdentifier of the ECR API reference. */
export interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

/** The image with this digest, tag, or both. */
export async function findImage(
  registry: Registry,
  repositoryName: string,
  id: ImageId,
): Promise<Manifest | undefined> {
  const reference = id.imageDigest ?? id.imageTag;
  if (reference === undefined || reference === '') return undefined;
  const manifest = await registry.manifest(repositoryName, reference);
  if (!manifest || id.imageTag === undefined || id.imageDigest === undefined) return manifest;
  const tagged = await registry.manifest(repositoryName, id.imageTag);
  return tagged?.digest === manifest.digest ? manifest : undefined;
}

/** What ECR says of an image that is not there. */
export function imageMissing({ repositoryName, scope }: EcrRequest, id: ImageId): AwsError {
  const { imageDigest = 'null', imageTag = 'null' } = id;
  return new AwsError(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${imageDigest}', imageTag:'${imageTag}'} does not exist ` +
      `within the repository with name '${repositoryName}' in the registry with id '${scope.accountId}'`,
  );
}
