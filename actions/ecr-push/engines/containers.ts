import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OperationError } from '../../shared/errors.js';
import { privateAuthFile } from '../login.js';
import { layerCacheUse } from './cache-use.js';
import { digestPattern, probe, runStep } from './command.js';
import {
  containersAbilities,
  containersBuildArguments,
  containersPushArguments,
  type ContainersTarget,
} from './containers-arguments.js';
import { imageFormat } from './image-format.js';
import type { BuildRequest, BuiltImage, Engine, EnginePorts, Probe } from './engine.js';

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

function engine(name: ContainersEngine, version: string, ports: EnginePorts): Engine {
  async function build(request: BuildRequest, target: ContainersTarget): Promise<string> {
    const { stdout, stderr } = await runStep(ports, {
      code: 'build-failed',
      command: name,
      args: containersBuildArguments(request, target),
      env: await privateAuthFile(ports.workDirectory, ports.userConfig, request.logins),
    });
    return `${stdout}\n${stderr}`;
  }

  async function buildImage(request: BuildRequest): Promise<BuiltImage> {
    const imageIdFile = join(ports.workDirectory, 'image-id');
    const format = imageFormat(await readFile(request.dockerfile, 'utf8'), request.target);
    const output = await build(request, { kind: 'image', imageIdFile, format });
    const imageId = digestPattern.exec(await readFile(imageIdFile, 'utf8'))?.[0];
    if (imageId === undefined) {
      throw new OperationError('build-failed', `${name} does not say what it built`);
    }
    const { stdout } = await runStep(ports, {
      code: 'build-failed',
      command: name,
      args: ['inspect', '--type', 'image', '--format', platformFormat(name), request.reference],
      quiet: true,
    });
    const cache = layerCacheUse(output);
    return { kind: 'stored', imageId, platform: stdout.trim(), cache };
  }

  /** Stores hold lists under a name only; ours belongs to this run, and is taken out again. */
  async function buildList(request: BuildRequest): Promise<BuiltImage> {
    const list = `localhost/ecr-push:${basename(ports.workDirectory)}`;
    const path = join(ports.workDirectory, 'built.tar');
    try {
      const output = await build(request, { kind: 'list', name: list });
      await runStep(ports, {
        code: 'build-failed',
        command: name,
        args: ['manifest', 'push', '--all', list, `oci-archive:${path}`],
      });
      return { kind: 'archive', path, cache: layerCacheUse(output) };
    } finally {
      await probe(ports, name, ['manifest', 'rm', list]);
    }
  }

  return {
    name,
    description: `${name} ${version}`,
    abilities: containersAbilities,

    build: (request) => (request.platforms.length > 1 ? buildList(request) : buildImage(request)),

    async find(reference) {
      const id = name === 'podman' ? '{{.Id}}' : '{{.FromImageID}}';
      const format = `${id} ${platformFormat(name)}`;
      const found = await probe(ports, name, [
        ...['inspect', '--type', 'image', '--format', format],
        reference,
      ]);
      if ('failure' in found) return undefined;
      const [imageId = '', platform = ''] = found.stdout.trim().split(' ');
      return { imageId: imageId.includes(':') ? imageId : `sha256:${imageId}`, platform };
    },

    async push({ imageId, reference, login }) {
      const digestFile = join(ports.workDirectory, 'digest');
      await runStep(ports, {
        code: 'push-failed',
        command: name,
        args: containersPushArguments({ imageId, reference }, login.registry, digestFile),
        env: await privateAuthFile(ports.workDirectory, ports.userConfig, [login]),
      });
      const digest = digestPattern.exec(await readFile(digestFile, 'utf8'))?.[0];
      if (digest === undefined) {
        throw new OperationError('push-failed', `${name} does not say which digest it pushed`);
      }
      return digest;
    },
  };
}

function platformFormat(name: ContainersEngine): string {
  return name === 'podman' ? '{{.Os}}/{{.Architecture}}' : '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}';
}
