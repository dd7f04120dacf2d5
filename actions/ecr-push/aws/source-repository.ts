import {
  GetDownloadUrlForLayerCommand,
  ListImageReferrersCommand,
  type BatchGetImageCommandOutput,
} from '@aws-sdk/client-ecr';
import { OperationError } from '../../shared/errors.js';
import { allPages } from '../../shared/pages.js';
import type { SourceRepository } from '../promote/source-registry.js';
import type { Calls } from './calls.js';
import { batchGetImages, byDigest, byTag } from './images.js';

/** ECR API reference, "ListImageReferrers": the longest page. */
const pageSize = 50;

/**
 * `SourceRepository` over the AWS SDK; the registry is named, so that a role of another account may
 * read it too, where the repository's policy lets it.
 */
export function ecrSourceRepository(
  calls: Calls,
  { name, accountId, region }: { name: string; accountId: string; region: string },
): SourceRepository {
  const { client, abort, call } = calls;
  const where = { repositoryName: name, registryId: accountId };
  // A repository that is not there has no image; the caller says so with the whole reference.
  const noImages = (): BatchGetImageCommandOutput => ({ images: [], $metadata: {} });
  const expected = { RepositoryNotFoundException: noImages };
  return {
    name,
    accountId,
    region,

    async imagesByTag(tags) {
      const ids = tags.map((imageTag) => ({ imageTag }));
      return byTag(await batchGetImages(calls, where, ids, expected));
    },

    async imagesByDigest(digests) {
      const ids = digests.map((imageDigest) => ({ imageDigest }));
      return byDigest(await batchGetImages(calls, where, ids, expected));
    },

    async referrersOf(imageDigest) {
      const input = { ...where, subjectId: { imageDigest }, maxResults: pageSize };
      const found = await allPages(async (from) => {
        const page = await call('ListImageReferrers', name, () =>
          client.send(new ListImageReferrersCommand({ ...input, ...from }), abort),
        );
        return [page.referrers, page.nextToken];
      });
      return found.flatMap(({ digest }) => digest ?? []);
    },

    async downloadUrl(layerDigest) {
      const command = new GetDownloadUrlForLayerCommand({ ...where, layerDigest });
      const { downloadUrl } = await call('GetDownloadUrlForLayer', name, () =>
        client.send(command, abort),
      );
      if (downloadUrl === undefined) {
        throw new OperationError('ecr-failed', `ECR gave no address for ${layerDigest} of ${name}`);
      }
      return downloadUrl;
    },
  };
}
