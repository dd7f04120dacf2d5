import type { BackendEcr } from './backend-ecr.js';
import type { ManifestBody } from './manifest.js';
import { parseManifest } from './manifest.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { page, text } from './request.js';

/** One artifact that names an image as its subject (OCI distribution specification, "Listing Referrers"). */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes of the artifact's manifest. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** ECR API reference, ListImageReferrers: `maxResults`. */
const PAGE = { usual: 50, most: 50 };

export interface Referrers {
  /** Those of an image; of every type where no type is asked for. */
  of(
    where: Pick<EcrRequest, 'scope' | 'registry' | 'repositoryName'>,
    digest: string,
    artifactTypes: readonly string[],
  ): Promise<readonly Referrer[]>;
  /** Answers ListImageReferrers. */
  readonly list: EcrOperation;
}

/** Finds referrers by looking into every manifest of the repository, as they are there now. */
export function createReferrers(backend: BackendEcr): Referrers {
  const of: Referrers['of'] = async ({ scope, registry, repositoryName }, digest, types) => {
    const known = await backend.ask<{ imageDetails: { imageDigest: string }[] }>(
      scope,
      'DescribeImages',
      { repositoryName },
    );
    const found = await Promise.all(
      known.imageDetails.map(async ({ imageDigest }) => {
        const stored = await registry.manifest(repositoryName, imageDigest);
        const manifest = stored && parseManifest(stored.body);
        if (!stored || manifest?.subject?.digest !== digest) return [];
        return [describe(imageDigest, stored.mediaType, stored.body.length, manifest)];
      }),
    );
    return found
      .flat()
      .filter(({ artifactType = '' }) => types.length === 0 || types.includes(artifactType));
  };

  return {
    of,
    async list(request) {
      const subject = request.input['subjectId'] as { imageDigest?: string } | undefined;
      const filter = (request.input['filter'] ?? {}) as { artifactTypes?: string[] };
      const { artifactTypes = [] } = filter;
      const wanted = await of(request, text({ ...subject }, 'imageDigest'), artifactTypes);
      const { items, ...rest } = page(request.input, wanted, PAGE);
      return { referrers: items.map((item) => ({ ...item, artifactStatus: 'ACTIVE' })), ...rest };
    },
  };
}

/** The type falls back to the configuration's, as the OCI specification asks for. */
function describe(
  digest: string,
  mediaType: string,
  size: number,
  manifest: ManifestBody,
): Referrer {
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
  };
}
