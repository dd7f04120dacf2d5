import type { Problem } from '../../shared/errors.js';
import { imageOf } from '../definition/task-definition.js';
import type { DeployInputs } from '../inputs.js';
import { shortName, type RegisteredDefinition } from '../model.js';
import type { ObservedSubject } from '../observe.js';
import type { DeployPorts } from '../ports.js';
import type { Target } from '../target.js';
import { checkDigest, checkImage, type ResolvedImage } from './image-check.js';
import { parseImageReference } from './image-reference.js';
import { pinnedIn } from './pinned-tag.js';

export async function resolveImages(
  ports: DeployPorts,
  inputs: Pick<DeployInputs, 'image' | 'images'>,
  known: {
    readonly target: Target;
    readonly container: string;
    readonly running: RegisteredDefinition;
  },
): Promise<Readonly<Record<string, ResolvedImage | Problem>>> {
  const wanted: Record<string, () => Promise<ResolvedImage | Problem>> = Object.fromEntries(
    Object.entries(inputs.images).map(([container, reference]) => [
      container,
      () => checkImage(ports, reference, 'images', pinnedIn(known.running, container)),
    ]),
  );
  const { image } = inputs;
  if (image !== undefined) wanted[known.container] = () => resolveMain(ports, image, known);
  const entries = Object.entries(wanted).map(
    async ([container, resolve]) => [container, await resolve()] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** The image of the main container, by digest where that can be known. */
export async function resolveMain(
  ports: Pick<DeployPorts, 'images' | 'log' | 'registries'>,
  image: NonNullable<DeployInputs['image']>,
  known: {
    readonly target: Target;
    readonly container: string;
    readonly running: RegisteredDefinition;
  },
): Promise<ResolvedImage | Problem> {
  const pinned = pinnedIn(known.running, known.container);
  switch (image.kind) {
    case 'reference':
      return checkImage(ports, image.reference, 'image', pinned);
    case 'digest': {
      const repository = image.repository ?? known.target.contract?.repository;
      if (repository !== undefined) return checkDigest(ports, repository, image.digest);
      return {
        code: 'input-required',
        message: 'is required with image-digest where no contract names the repository',
        at: { input: 'repository' },
      };
    }
    case 'current': {
      const text = imageOf(known.running.definition, known.container);
      const reference = parseImageReference(text ?? '');
      if (reference !== undefined) return checkImage(ports, reference, 'image', pinned);
      return {
        code: 'image-missing',
        message: `container "${known.container}" of ${shortName(known.running.arn)} runs no image that can be deployed again`,
        at: { input: 'image' },
      };
    }
  }
}

export function imageTexts(
  images: Readonly<Record<string, Pick<ResolvedImage, 'image'>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(images).map(([name, { image }]) => [name, image]));
}

/** Images that do not run yet: one that runs on this platform needs no proof of it. */
export function newImages({
  running,
  base,
  images,
}: Pick<ObservedSubject, 'running' | 'base' | 'images'>): Readonly<Record<string, ResolvedImage>> {
  const samePlatform =
    JSON.stringify(running.definition['runtimePlatform'] ?? null) ===
    JSON.stringify(base.definition['runtimePlatform'] ?? null);
  return Object.fromEntries(
    Object.entries(images).filter(
      ([name, { image }]) => !samePlatform || imageOf(running.definition, name) !== image,
    ),
  );
}
