import { OperationError } from '../../shared/errors.js';
import type { ResolvedImage } from './image-check.js';
import type { RunningImage, ServiceDeployment } from '../model.js';
import type { DeployPorts } from '../ports.js';

/** Whether ECS runs the digests that were asked for. */
export type ImageProof =
  | { readonly kind: 'same' }
  | { readonly kind: 'different'; readonly differences: readonly ImageDifference[] }
  | { readonly kind: 'unknown'; readonly reason: string };

interface ImageDifference {
  readonly container: string;
  readonly wanted: string;
  readonly running: string;
}

/**
 * Compares the digests asked for with those that ECS resolved for the service revision (API
 * reference, "ContainerImage"). A digest of one platform's manifest is the same image as the
 * index that lists it.
 */
export async function compareRunningImages(
  ports: Pick<DeployPorts, 'ecs' | 'images'>,
  wanted: Readonly<Record<string, ResolvedImage>>,
  deployment: ServiceDeployment | undefined,
): Promise<ImageProof> {
  if (deployment === undefined) return { kind: 'unknown', reason: 'no service revision is known' };
  try {
    const [revision] = await ports.ecs.describeServiceRevisions([deployment.targetRevisionArn]);
    return await compareImages(ports, wanted, revision?.images ?? []);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    return { kind: 'unknown', reason: thrown.message };
  }
}

/** Compares the digests asked for with those that run, container by container. */
export async function compareImages(
  ports: Pick<DeployPorts, 'images'>,
  wanted: Readonly<Record<string, ResolvedImage>>,
  runningImages: readonly RunningImage[],
): Promise<ImageProof> {
  const differences: ImageDifference[] = [];
  let compared = 0;
  for (const [container, image] of Object.entries(wanted)) {
    for (const running of runningImages) {
      if (running.container !== container) continue;
      if (image.digest === undefined || running.digest === undefined) continue;
      const same = await isSame(ports, image, image.digest, running, running.digest);
      if (same === 'unknown') continue;
      compared += 1;
      if (!same) differences.push({ container, wanted: image.digest, running: running.digest });
    }
  }
  if (differences.length > 0) return { kind: 'different', differences };
  return compared > 0 || Object.keys(wanted).length === 0
    ? { kind: 'same' }
    : { kind: 'unknown', reason: 'ECS names no digest' };
}

async function isSame(
  ports: Pick<DeployPorts, 'images'>,
  image: ResolvedImage,
  wanted: string,
  running: RunningImage,
  digest: string,
): Promise<boolean | 'unknown'> {
  if (digest === wanted) return true;
  if (image.elsewhere !== undefined) return image.elsewhere.manifestDigests.includes(digest);
  // What an index elsewhere lists is not known.
  if (image.repository === undefined) return 'unknown';
  if (!running.image.includes(image.repository.name)) return false;
  return (await ports.images.platformDigests(image.repository, wanted)).includes(digest);
}
