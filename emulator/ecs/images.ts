import { createHash } from 'node:crypto';
import type { Context } from './context.js';
import type { ContainerRecord, TaskDefinitionRecord } from './model.js';
import type { ImageResolution } from './ports.js';

/** Looks up every image of a task definition; ECS does the same to pin a service revision's digests. */
export async function resolveImages(
  context: Context,
  taskDefinition: TaskDefinitionRecord,
): Promise<Map<string, ImageResolution>> {
  const references = (taskDefinition.definition.containerDefinitions ?? []).map(
    (container) => container.image ?? '',
  );
  return new Map(
    await Promise.all(
      [...new Set(references)].map(
        async (reference) => [reference, await context.images.resolve(reference)] as const,
      ),
    ),
  );
}

/** Looks up again, in the background, what was missing: a later attempt finds an image pushed since. */
export function refreshMissing(context: Context, images: Map<string, ImageResolution>): void {
  for (const [reference, resolution] of images) {
    if (resolution.kind !== 'missing') continue;
    context.background(async () => images.set(reference, await context.images.resolve(reference)));
  }
}

/** The digest that runs; an image outside the emulator gets a made-up but stable one. */
export function digestOf(reference: string, resolution: ImageResolution): string | undefined {
  if (resolution.kind === 'missing') return undefined;
  if (resolution.kind === 'found') return resolution.digest;
  const pinned = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
  return pinned ?? `sha256:${createHash('sha256').update(reference).digest('hex')}`;
}

/**
 * Why the container's image cannot be pulled, in the words of stopped tasks (Developer Guide,
 * "CannotPullContainer task errors"); undefined when it can.
 */
export function pullError(
  container: ContainerRecord,
  taskDefinition: TaskDefinitionRecord,
): string | undefined {
  const { image, resolution, fate } = container;
  if (resolution.kind === 'missing' || fate.kind === 'pull-failure') {
    return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`;
  }
  if (resolution.kind !== 'found' || resolution.platforms.length === 0) return undefined;
  const { cpuArchitecture, operatingSystemFamily = 'LINUX' } =
    taskDefinition.definition.runtimePlatform ?? {};
  if (!operatingSystemFamily.startsWith('LINUX')) return undefined;
  const wanted = `linux/${cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64'}`;
  if (
    resolution.platforms.some(
      (platform) => platform === wanted || platform.startsWith(`${wanted}/`),
    )
  ) {
    return undefined;
  }
  return `CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform '${wanted}'`;
}
