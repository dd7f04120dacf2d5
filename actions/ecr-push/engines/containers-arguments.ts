import { isLoopback } from '../repository.js';
import { registryCaches, type Abilities } from './abilities.js';
import { ingredientArguments, subjectArguments } from './build-arguments.js';
import type { BuildRequest } from './engine.js';

/** buildah-build(1) and podman-build(1) from buildah 1.28 and podman 4.3. */
export const containersAbilities: Abilities = {
  secrets: true,
  ssh: true,
  severalPlatforms: true,
  attestations: false,
  cacheFrom: ['registry'],
  cacheTo: ['registry'],
};

/** Where the result of a build goes: one image by its id, or a list under a name. */
export type ContainersTarget =
  | {
      readonly kind: 'image';
      readonly imageIdFile: string;
      readonly format: 'oci' | 'docker';
    }
  | { readonly kind: 'list'; readonly name: string };

/** Arguments of `podman build` and `buildah build`. */
export function containersBuildArguments(
  request: BuildRequest,
  target: ContainersTarget,
): readonly string[] {
  return [
    'build',
    // A list goes through an OCI archive, which can hold no other format.
    '--format',
    target.kind === 'image' ? target.format : 'oci',
    // Podman's default, not buildah's: steps that did not change are taken from the last build. A
    // list does without: buildah 1.28 takes the first platform's steps for those of the second
    // where both come from scratch.
    target.kind === 'image' ? '--layers' : '--layers=false',
    ...(target.kind === 'image'
      ? ['--iidfile', target.imageIdFile, '--tag', request.reference]
      : ['--manifest', target.name]),
    ...subjectArguments(request),
    ...(request.epochSeconds === undefined ? [] : ['--timestamp', String(request.epochSeconds)]),
    ...ingredientArguments(request, request.buildArgs),
    ...registryCaches(request.cacheFrom).flatMap((ref) => ['--cache-from', ref]),
    ...registryCaches(request.cacheTo).flatMap((ref) => ['--cache-to', ref]),
    ...plainHttp(request),
    request.contextDirectory,
  ];
}

/** Arguments of `podman push` and `buildah push`; plain HTTP only to this very machine. */
export function containersPushArguments(
  request: { readonly imageId: string; readonly reference: string },
  registry: string,
  digestFile: string,
): readonly string[] {
  return [
    'push',
    '--digestfile',
    digestFile,
    ...(isLoopback(registry) ? ['--tls-verify=false'] : []),
    request.imageId.replace(/^sha256:/, ''),
    `docker://${request.reference}`,
  ];
}

/** Caches in a registry of this very machine are reached as it is reached by a push. */
function plainHttp(request: BuildRequest): readonly string[] {
  const caches = [...registryCaches(request.cacheFrom), ...registryCaches(request.cacheTo)];
  const isLocal = caches.some((ref) => isLoopback(ref.split('/')[0] ?? ''));
  return isLocal ? ['--tls-verify=false'] : [];
}
