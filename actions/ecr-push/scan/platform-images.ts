import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import type { Images } from '../ecr.js';
import { platformName, platformSchema } from '../platform.js';

export interface PlatformImage {
  readonly digest: string;
  /** Absent for an image that no index names. */
  readonly platform: string | undefined;
}

const indexSchema = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      platform: platformSchema.optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/**
 * The images that ECR scans under a digest: itself, or those of an index. BuildKit's attestations
 * lie in the index beside the images ("Image attestation storage"), and are none.
 *
 * @throws OperationError `scan-nothing` where the digest names nothing, or an index without images
 */
export async function platformImages(
  images: Images,
  repository: string,
  digest: string,
): Promise<readonly PlatformImage[]> {
  const found = await images.imageByDigest(repository, digest);
  if (found === undefined) throw nothing(repository, digest, 'is not there');
  const index = indexSchema.safeParse(JSON.parse(found.manifest));
  if (!index.success) return [{ digest, platform: undefined }];
  const entries = index.data.manifests.filter(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] === undefined,
  );
  if (entries.length === 0) throw nothing(repository, digest, 'is an index without images');
  return entries.map((entry) => ({
    digest: entry.digest,
    platform: entry.platform === undefined ? entry.digest : platformName(entry.platform),
  }));
}

function nothing(repository: string, digest: string, what: string): OperationError {
  return new OperationError('scan-nothing', `${digest} of ${repository} ${what}`, {
    details: { repository, digest },
  });
}
