import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../shared/errors.js';
import type { BuildRequest, Engine, EnginePorts, Probe } from './engine.js';
import { privateAuthFile } from '../login.js';
import { isLoopback } from '../repository.js';
import { digestPattern, probe, runStep } from './command.js';

/** The two engines over the containers libraries; they need no daemon and take the same flags. */
export type ContainersEngine = 'podman' | 'buildah';

/** Finds podman or buildah with a store that it can open. */
export async function containersEngine(name: ContainersEngine, ports: EnginePorts): Promise<Probe> {
  const version = await probe(ports, name, ['--version']);
  if ('failure' in version) return { usable: false, reason: version.failure };
  const info = await probe(ports, name, ['info']);
  if ('failure' in info) return { usable: false, reason: info.failure };
  const [number] = /\d+(?:\.\d+)+/.exec(version.stdout) ?? [];
  return { usable: true, engine: engine(name, number ?? 'of unknown version', ports) };
}

/** Arguments of `podman build` and `buildah build`. */
export function containersBuildArguments(
  request: BuildRequest,
  imageIdFile: string,
): readonly string[] {
  return [
    'build',
    // OCI configurations have no place for HEALTHCHECK, SHELL and ONBUILD: they would be dropped.
    '--format',
    'docker',
    // Podman's default, not buildah's: steps that did not change are taken from the last build.
    '--layers',
    '--iidfile',
    imageIdFile,
    '--tag',
    request.reference,
    '--file',
    request.dockerfile,
    ...(request.target === undefined ? [] : ['--target', request.target]),
    ...(request.platform === undefined ? [] : ['--platform', request.platform]),
    ...pairs('--build-arg', request.buildArgs),
    ...pairs('--label', request.labels),
    request.contextDirectory,
  ];
}

/** Arguments of `podman push` and `buildah push`; plain HTTP only to this very machine. */
export function containersPushArguments(
  request: { readonly builtReference: string; readonly reference: string },
  registry: string,
  digestFile: string,
): readonly string[] {
  return [
    'push',
    '--digestfile',
    digestFile,
    ...(isLoopback(registry) ? ['--tls-verify=false'] : []),
    request.builtReference,
    `docker://${request.reference}`,
  ];
}

function engine(name: ContainersEngine, version: string, ports: EnginePorts): Engine {
  return {
    name,
    description: `${name} ${version}`,

    async build(request) {
      const imageIdFile = join(ports.workDirectory, 'image-id');
      await runStep(ports, {
        code: 'build-failed',
        command: name,
        args: containersBuildArguments(request, imageIdFile),
        env: await privateAuthFile(ports.workDirectory, ports.userConfig, request.login),
      });
      const imageId = digestPattern.exec(await readFile(imageIdFile, 'utf8'))?.[0];
      if (imageId === undefined) {
        throw new OperationError('build-failed', `${name} does not say what it built`);
      }
      const format =
        name === 'podman' ? '{{.Os}}/{{.Architecture}}' : '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}';
      const platform = await runStep(ports, {
        code: 'build-failed',
        command: name,
        args: ['inspect', '--type', 'image', '--format', format, request.reference],
        quiet: true,
      });
      return { imageId, platform: platform.stdout.trim() };
    },

    async push({ builtReference, reference, login }) {
      const digestFile = join(ports.workDirectory, 'digest');
      await runStep(ports, {
        code: 'push-failed',
        command: name,
        args: containersPushArguments({ builtReference, reference }, login.registry, digestFile),
        env: await privateAuthFile(ports.workDirectory, ports.userConfig, login),
      });
      const digest = digestPattern.exec(await readFile(digestFile, 'utf8'))?.[0];
      if (digest === undefined) {
        throw new OperationError('push-failed', `${name} does not say which digest it pushed`);
      }
      return digest;
    },
  };
}

function pairs(flag: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
}
