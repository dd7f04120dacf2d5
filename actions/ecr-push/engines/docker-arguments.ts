import { registryCaches, type Abilities } from './abilities.js';
import { ingredientArguments, subjectArguments } from './build-arguments.js';
import type { BuildRequest } from './engine.js';

/** How a docker builds: buildx, the BuildKit of older clients, or the builder before it. */
export type DockerBuilder = 'buildx' | 'buildkit' | 'classic';

/**
 * What each way of building can do (Docker docs, "docker buildx build" and "docker build"): caches
 * of BuildKit's own are for buildx alone, older clients write them into the image itself.
 */
export const dockerAbilities: Readonly<Record<DockerBuilder, Abilities>> = {
  buildx: {
    secrets: true,
    ssh: true,
    severalPlatforms: true,
    attestations: true,
    cacheFrom: 'any',
    cacheTo: 'any',
  },
  buildkit: {
    secrets: true,
    ssh: true,
    severalPlatforms: false,
    attestations: false,
    cacheFrom: ['registry'],
    cacheTo: ['inline'],
  },
  classic: {
    secrets: false,
    ssh: false,
    severalPlatforms: false,
    attestations: false,
    cacheFrom: [],
    cacheTo: [],
  },
};

/**
 * Arguments of `docker build`, or of `docker buildx build` into the daemon's own store. With
 * `archive`, buildx writes an OCI layout there: a store may not hold an index of several.
 */
export function dockerBuildArguments(
  builder: DockerBuilder,
  request: BuildRequest,
  archive?: string,
): readonly string[] {
  const isBuildKit = builder !== 'classic';
  const { epochSeconds, buildArgs } = request;
  const args =
    epochSeconds === undefined || !isBuildKit
      ? buildArgs
      : // Reproducible Builds, "SOURCE_DATE_EPOCH"; BuildKit docs, "Build reproducibility".
        { SOURCE_DATE_EPOCH: String(epochSeconds), ...buildArgs };
  const inlineCache = builder === 'buildkit' && request.cacheTo.length > 0;
  return [
    ...(builder === 'buildx' ? ['buildx', 'build'] : ['build']),
    ...(builder === 'buildx' ? outputArguments(request, archive) : []),
    ...(isBuildKit ? ['--progress', 'plain'] : []),
    ...(archive === undefined ? ['--tag', request.reference] : []),
    ...subjectArguments(request),
    ...ingredientArguments(request, inlineCache ? { ...args, BUILDKIT_INLINE_CACHE: '1' } : args),
    ...cacheArguments(builder, request),
    request.contextDirectory,
  ];
}

/** True where what is built is an index, which the classic store cannot hold. */
export function buildsIndex(request: BuildRequest): boolean {
  return request.platforms.length > 1 || request.provenance || request.sbom;
}

function outputArguments(request: BuildRequest, archive: string | undefined): readonly string[] {
  if (archive === undefined) return ['--load'];
  return [
    '--output',
    `type=oci,dest=${archive}`,
    ...(request.provenance ? ['--provenance=mode=max'] : ['--provenance=false']),
    ...(request.sbom ? ['--sbom=true'] : []),
  ];
}

function cacheArguments(builder: DockerBuilder, request: BuildRequest): readonly string[] {
  if (builder !== 'buildx') {
    return registryCaches(request.cacheFrom).flatMap((ref) => ['--cache-from', ref]);
  }
  return [
    ...request.cacheFrom.flatMap((text) => ['--cache-from', text]),
    ...request.cacheTo.flatMap((text) => ['--cache-to', text]),
  ];
}
