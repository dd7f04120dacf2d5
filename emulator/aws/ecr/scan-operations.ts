import { AwsError } from '../../aws-error.js';
import type { ManifestBody } from './manifest.js';
import { parseManifest } from './manifest.js';
import type { ImageId } from './image-ids.js';
import { findImage, imageMissing } from './image-ids.js';
import type { EcrOperation, EcrRequest } from './request.js';
import { page } from './request.js';
import type { Repositories } from './repositories.js';
import type { Finding, ScannedImage, Scans, ScanningConfiguration } from './scans.js';

/** ECR API reference, DescribeImageScanFindings: `maxResults`. */
const PAGE = { usual: 100, most: 1000 };

/** Configurations of images; every other artifact has nothing to scan. */
const SCANNABLE = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Tells whether a manifest is of one image: no index, no other artifact. */
export function isScannable(manifest: ManifestBody): boolean {
  if (manifest.manifests || manifest.artifactType !== undefined) return false;
  // Docker's own manifests need not say what their configuration is.
  return SCANNABLE.has(
    manifest.config?.mediaType ?? 'application/vnd.docker.container.image.v1+json',
  );
}

export interface ScanOperations {
  readonly start: EcrOperation;
  readonly describe: EcrOperation;
  readonly configuration: EcrOperation;
  readonly configure: EcrOperation;
}

/** ECR's operations on scans. Error codes: ECR API reference. */
export function createScanOperations(scans: Scans, repositories: Repositories): ScanOperations {
  async function find(
    request: EcrRequest,
  ): Promise<{ image: ScannedImage; imageId: ImageId; manifest: ManifestBody }> {
    const { scope, registry, repositoryName } = request;
    await repositories.settings(scope, repositoryName);
    const wanted = (request.input['imageId'] ?? {}) as ImageId;
    const found = await findImage(registry, repositoryName, wanted);
    if (!found) throw imageMissing(request, wanted);
    return {
      image: { scope, repositoryName, digest: found.digest },
      imageId: { ...wanted, imageDigest: found.digest },
      manifest: parseManifest(found.body),
    };
  }

  return {
    async start(request) {
      const { image, imageId, manifest } = await find(request);
      if (scans.configuration(request.scope).scanType === 'ENHANCED') {
        throw new AwsError('ValidationException', 'This feature is disabled');
      }
      if (!isScannable(manifest)) {
        throw new AwsError(
          'UnsupportedImageTypeException',
          `The image with imageDigest '${image.digest}' is of a type that cannot be scanned`,
        );
      }
      const { status, description } = scans.startBasic(image);
      return { ...identity(request, imageId), imageScanStatus: { status, description } };
    },

    async describe(request) {
      const { image, imageId } = await find(request);
      const state = scans.state(image);
      if (!state) {
        throw new AwsError(
          'ScanNotFoundException',
          `Image scan does not exist for the image with '${JSON.stringify(imageId)}' in the repository ` +
            `with name '${image.repositoryName}' in the registry with id '${request.scope.accountId}'`,
        );
      }
      const { status, description, endedAtMs } = state;
      const answer = { ...identity(request, imageId), imageScanStatus: { status, description } };
      if (endedAtMs === undefined || (status !== 'COMPLETE' && status !== 'ACTIVE')) return answer;
      const { items, ...rest } = page(request.input, state.findings, PAGE);
      return {
        ...answer,
        imageScanFindings: {
          imageScanCompletedAt: endedAtMs / 1000,
          vulnerabilitySourceUpdatedAt: endedAtMs / 1000,
          findingSeverityCounts: countBySeverity(state.findings),
          [state.type === 'BASIC' ? 'findings' : 'enhancedFindings']: items,
        },
        ...rest,
      };
    },

    configuration: ({ scope }) =>
      Promise.resolve({
        registryId: scope.accountId,
        scanningConfiguration: scans.configuration(scope),
      }),

    configure({ scope, input }) {
      const { scanType = 'BASIC', rules = [] } = input as Partial<ScanningConfiguration>;
      scans.configure(scope, { scanType, rules });
      return Promise.resolve({ registryScanningConfiguration: { scanType, rules } });
    },
  };
}

function identity(
  { scope, repositoryName }: EcrRequest,
  imageId: ImageId,
): Record<string, unknown> {
  return { registryId: scope.accountId, repositoryName, imageId };
}

function countBySeverity(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity = 'UNDEFINED' } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}
