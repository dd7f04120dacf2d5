import { allOrProblems, UserError } from '../../shared/errors.js';
import type { Ecr } from '../ecr.js';
import type { PromoteInputs } from '../inputs/promote.js';
import { observeRepositories } from '../observe.js';
import { repositoryProblems, type ObservedRepository } from '../plan.js';
import { blobsOf, type SourceImage } from './image-graph.js';
import type { ObservedTarget } from './plan.js';
import { readImage, readRoot } from './read-source.js';
import type { SourceRepository } from './source-registry.js';

/** The image, and what is there of it. */
export interface ObservedPromotion {
  readonly image: SourceImage;
  readonly targets: readonly ObservedTarget[];
}

/**
 * Reads the image at its source, and what each target has of it.
 *
 * @throws UserError with the problems of both sides; OperationError as `readImage`, `ecr-…`
 */
export async function observePromotion(
  { ecr, source }: { readonly ecr: Ecr; readonly source: SourceRepository },
  inputs: PromoteInputs,
  tags: readonly string[],
  accountId: string,
): Promise<ObservedPromotion> {
  const [root, repositories] = await allOrProblems(
    readRoot(source, inputs.source),
    usableRepositories(ecr, inputs, tags, accountId),
  );
  const target = { accountId, region: inputs.aws.region };
  const itself = ({ reference }: ObservedRepository): boolean =>
    isSource(reference.name, target, source);
  // Where nothing is copied, what belongs to the image need not be read.
  const image = repositories.every(itself)
    ? { root, manifests: [root], referrers: [], companionTags: [] }
    : await readImage(source, root, inputs.referrers);
  const targets = await Promise.all(
    repositories.map((found) => observeTarget(ecr, image, found, itself(found))),
  );
  return { image, targets };
}

async function usableRepositories(
  ecr: Ecr,
  inputs: PromoteInputs,
  tags: readonly string[],
  accountId: string,
): Promise<readonly ObservedRepository[]> {
  const found = await observeRepositories(ecr, inputs, tags, accountId);
  const problems = repositoryProblems(inputs, found, accountId);
  if (problems.length > 0) throw new UserError(problems);
  return found;
}

/** Whether this is the very repository that the image is in. */
function isSource(
  repository: string,
  target: { readonly accountId: string; readonly region: string },
  source: Pick<SourceRepository, 'name' | 'accountId' | 'region'>,
): boolean {
  const { name, accountId, region } = source;
  return repository === name && target.accountId === accountId && target.region === region;
}

/** Reads what a target has of the image already. */
export async function observeTarget(
  ecr: Ecr,
  image: SourceImage,
  found: ObservedRepository,
  itself: boolean,
): Promise<ObservedTarget> {
  if (itself || found.repository === undefined) {
    const nothing = { manifestsPresent: new Set<string>(), blobsPresent: new Set<string>() };
    return { ...found, isSource: itself, ...nothing };
  }
  const { name } = found.repository;
  const manifests = [...image.manifests, ...image.referrers].map(({ digest }) => digest);
  const blobs = blobsOf(image).map(({ digest }) => digest);
  const [present, companions, blobsPresent] = await Promise.all([
    ecr.imagesByDigest(name, manifests),
    ecr.imagesByTag(
      name,
      image.companionTags.map(({ tag }) => tag),
    ),
    ecr.layersPresent(name, blobs),
  ]);
  return {
    ...found,
    isSource: false,
    remoteTags: new Map([...found.remoteTags, ...companions]),
    manifestsPresent: new Set(present.keys()),
    blobsPresent,
  };
}
