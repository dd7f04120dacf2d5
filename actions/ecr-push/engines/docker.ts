import { join } from 'node:path';
import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import { privateDockerConfig } from '../login.js';
import { buildKitCacheUse, layerCacheUse } from './cache-use.js';
import { digestPattern, probe, runStep } from './command.js';
import {
  buildsIndex,
  dockerAbilities,
  dockerBuildArguments,
  type DockerBuilder,
} from './docker-arguments.js';
import type { Engine, EnginePorts, Probe, StoredImage } from './engine.js';

const versionSchema = z.object({
  Client: z.object({ Version: z.string() }),
  Server: z.object({ Version: z.string(), Os: z.string().optional() }).nullish(),
});
type DockerVersion = z.infer<typeof versionSchema>;

/** Finds a docker whose daemon answers. */
export async function dockerEngine(ports: EnginePorts): Promise<Probe> {
  const answer = await probe(ports, 'docker', ['version', '--format', '{{json .}}']);
  if ('failure' in answer) return { usable: false, reason: answer.failure };
  const version = parseVersion(answer.stdout);
  if (version?.Server == null) return { usable: false, reason: 'its daemon does not answer' };
  const [buildx, buildxBuilder, store] = await Promise.all([
    probe(ports, 'docker', ['buildx', 'version']),
    probe(ports, 'docker', ['buildx', 'inspect']),
    probe(ports, 'docker', ['info', '--format', '{{json .DriverStatus}}']),
  ]);
  const builder = chooseBuilder(version, 'stdout' in buildx);
  const isLimited =
    builder === 'buildx' &&
    'stdout' in buildxBuilder &&
    'stdout' in store &&
    isInDaemon(buildxBuilder.stdout, store.stdout);
  return { usable: true, engine: docker(ports, version.Server.Version, builder, isLimited) };
}

/**
 * Whether buildx builds in the daemon itself, with the daemon's old store of images, so that it can
 * do no more than BuildKit without it (Docker docs, "Docker driver" and "containerd image store").
 *
 * @param builder what `docker buildx inspect` prints
 * @param store the `DriverStatus` of `docker info`, as JSON
 */
export function isInDaemon(builder: string, store: string): boolean {
  return /^Driver:\s+docker\s*$/m.test(builder) && !store.includes('io.containerd.snapshotter');
}

/**
 * Docker's clients from 23.0 build with BuildKit through buildx alone; older ones carry it, and
 * need a Linux daemon of 18.09 or later (Docker docs, "BuildKit", and 23.0's release notes).
 */
export function chooseBuilder(version: DockerVersion, hasBuildx: boolean): DockerBuilder {
  if (hasBuildx) return 'buildx';
  const clientMajor = majorOf(version.Client.Version);
  const serverMajor = majorOf(version.Server?.Version ?? '');
  const serverOs = version.Server?.Os ?? 'linux';
  return clientMajor < 23 && serverMajor > 18 && serverOs === 'linux' ? 'buildkit' : 'classic';
}

/** The digest in what `docker push` prints last: `<tag>: digest: sha256:… size: …`. */
export function pushedDigest(output: string): string | undefined {
  const line = output.split('\n').findLast((candidate) => candidate.includes('digest: sha256:'));
  return line === undefined ? undefined : digestPattern.exec(line)?.[0];
}

function docker(
  ports: EnginePorts,
  serverVersion: string,
  builder: DockerBuilder,
  isLimited: boolean,
): Engine {
  const ways = {
    buildx: isLimited ? 'buildx and the builder of its daemon' : 'buildx',
    buildkit: 'BuildKit',
    classic: 'the classic builder',
  } satisfies Record<DockerBuilder, string>;

  async function inspect(reference: string, format: string): Promise<string> {
    const result = await runStep(ports, {
      code: 'build-failed',
      command: 'docker',
      args: ['image', 'inspect', '--format', format, reference],
      quiet: true,
    });
    return result.stdout.trim();
  }

  async function identify(reference: string): Promise<StoredImage> {
    return identity(await inspect(reference, identityFormat));
  }

  return {
    name: 'docker',
    description: `docker ${serverVersion} with ${ways[builder]}`,

    abilities: dockerAbilities[isLimited ? 'buildkit' : builder],

    async build(request) {
      const archive = buildsIndex(request) ? join(ports.workDirectory, 'built.tar') : undefined;
      const { stdout, stderr } = await runStep(ports, {
        code: 'build-failed',
        command: 'docker',
        args: dockerBuildArguments(builder, request, archive),
        env: {
          ...(await privateDockerConfig(ports.workDirectory, ports.userConfig, request.logins)),
          DOCKER_BUILDKIT: builder === 'classic' ? '0' : '1',
          // An attestation turns the one image into an index of two.
          BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
        },
      });
      const cacheUse = builder === 'classic' ? layerCacheUse : buildKitCacheUse;
      const cache = cacheUse(`${stdout}\n${stderr}`);
      if (archive !== undefined) return { kind: 'archive', path: archive, cache };
      return { kind: 'stored', ...(await identify(request.reference)), cache };
    },

    async find(reference) {
      const found = await probe(ports, 'docker', [...identifyArguments, reference]);
      return 'failure' in found ? undefined : identity(found.stdout);
    },

    async push({ imageId, reference, login }) {
      const env = await privateDockerConfig(ports.workDirectory, ports.userConfig, [login]);
      await runStep(ports, {
        code: 'push-failed',
        command: 'docker',
        args: ['tag', imageId, reference],
      });
      const result = await runStep(ports, {
        code: 'push-failed',
        command: 'docker',
        args: ['push', reference],
        env,
      });
      const digest = pushedDigest(result.stdout) ?? (await repositoryDigest(reference));
      if (digest === undefined) {
        throw new OperationError(
          'push-failed',
          `docker does not say which digest ${reference} has`,
        );
      }
      return digest;
    },
  };

  /** RepoDigests: `<registry>/<repository>@<digest>`, one for each place it was pushed to. */
  async function repositoryDigest(reference: string): Promise<string | undefined> {
    const name = reference.slice(0, reference.lastIndexOf(':'));
    const lines = (await inspect(reference, '{{join .RepoDigests "\\n"}}')).split('\n');
    return lines.find((line) => line.startsWith(`${name}@`))?.slice(name.length + 1);
  }
}

const identityFormat = '{{.Id}} {{.Os}}/{{.Architecture}}';
const identifyArguments = ['image', 'inspect', '--format', identityFormat];

function identity(line: string): StoredImage {
  const [imageId = '', platform = ''] = line.trim().split(' ');
  return { imageId, platform };
}

function parseVersion(text: string): DockerVersion | undefined {
  try {
    return versionSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function majorOf(version: string): number {
  const major = Number.parseInt(version, 10);
  return Number.isNaN(major) ? Number.POSITIVE_INFINITY : major;
}
