import type { Ecr } from '../ecr.js';
import type { PromoteInputs } from '../inputs/promote.js';
import { observeRepository } from '../observe.js';
import type { ObservedRepository } from '../plan.js';
import { blobsOf, type SourceImage } from './image-graph.js';
import type { ObservedTarget } from './plan.js';
import type { SourceRepository } from './source-registry.js';

/** Reads the targets before the source is known to be whole. */
export function observeRepositories(
  ecr: Ecr,
  inputs: Pick<PromoteInputs, 'newRepository' | 'repositories'>,
  tags: readonly string[],
  accountId: string,
): Promise<readonly ObservedRepository[]> {
  return Promise.all(
    inputs.repositories.map((reference) =>
      observeRepository(ecr, inputs, reference, tags, accountId),
    ),
  );
}

/** Whether this is the very repository that the image is in. */
export function isSource(
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
