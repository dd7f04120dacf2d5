import type { BackendEcr } from './backend-ecr.js';
import type { ManifestBody } from './manifest.js';
import { parseManifest } from './manifest.js';
import type { Registry } from './registry.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { orRepositoryMissing, page, text } from './request.js';
import type { Scope } from './scope.js';

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
  of(
    where: Pick<EcrRequest, 'scope' | 'registry' | 'repositoryName'>,
    digest: string,
  ): Promise<readonly Referrer[]>;
  /** Answers ListImageReferrers. */
  readonly list: EcrOperation;
}

/** Finds referrers by looking into every manifest of the repository, as they are there now. */
export function createReferrers(backend: BackendEcr): Referrers {
  async function of(
    {
      scope,
      registry,
      repositoryName,
    }: { scope: Scope; registry: Registry; repositoryName: string },
    digest: string,
  ): Promise<readonly Referrer[]> {
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
    return found.flat();
  }

  return {
    of,
    async list(request) {
      const subject = request.input['subjectId'] as { imageDigest?: string } | undefined;
      const filter = (request.input['filter'] ?? {}) as { artifactTypes?: string[] };
      const { artifactTypes = [] } = filter;
      const all = await orRepositoryMissing(request, () =>
        of(request, text({ ...subject }, 'imageDigest')),
      );
      const wanted = all.filter(
        ({ artifactType = '' }) =>
          artifactTypes.length === 0 || artifactTypes.includes(artifactType),
      );
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
