import type { BuildRequest } from '../../../actions/ecr-push/engines/engine.js';
import { findEngine } from '../../../actions/ecr-push/find-engine.js';
import {
  containersBuildArguments,
  containersPushArguments,
} from '../../../actions/ecr-push/engines/containers-arguments.js';
import { engineProblems, parseCache } from '../../../actions/ecr-push/engines/abilities.js';
import { buildKitCacheUse, layerCacheUse } from '../../../actions/ecr-push/engines/cache-use.js';
import { containersAbilities } from '../../../actions/ecr-push/engines/containers-arguments.js';
import {
  dockerAbilities,
  dockerBuildArguments,
} from '../../../actions/ecr-push/engines/docker-arguments.js';
import {
  chooseBuilder,
  isInDaemon,
  pushedDigest,
} from '../../../actions/ecr-push/engines/docker.js';
import { OperationError, UserError } from '../../../actions/shared/errors.js';
import type { ChildResult, RunProcess } from '../../../actions/shared/process.js';
import { buildSource } from '../../support/ecr-push-inputs.js';
import { anyDigest } from '../../support/ecr.js';

const login = { registry: '127.0.0.1:5000', username: 'AWS', password: 'pw' };

const request: BuildRequest = {
  reference: '127.0.0.1:5000/a:v1',
  contextDirectory: '/w/app',
  dockerfile: '/w/app/Dockerfile',
  target: 'run',
  buildArgs: { A: 'x y', B: '' },
  platforms: ['linux/arm64'],
  labels: { 'org.opencontainers.image.revision': 'abc' },
  secrets: [],
  ssh: [],
  cacheFrom: [],
  cacheTo: [],
  provenance: false,
  sbom: false,
  epochSeconds: undefined,
  logins: [login],
};

const shared = [
  ...['--tag', '127.0.0.1:5000/a:v1', '--file', '/w/app/Dockerfile', '--target', 'run'],
  ...['--platform', 'linux/arm64', '--build-arg', 'A=x y', '--build-arg', 'B='],
  ...['--label', 'org.opencontainers.image.revision=abc', '/w/app'],
];

describe('docker', () => {
  const version = (client: string, server: string, os = 'linux') => ({
    Client: { Version: client },
    Server: { Version: server, Os: os },
  });

  it.each([
    ['any client with buildx', version('28.2.2', '28.2.2'), true, 'buildx'],
    ['an old client without', version('20.10.24+dfsg1', '20.10.24'), false, 'buildkit'],
    ['an old client with an old daemon', version('18.09.1', '18.06.0'), false, 'classic'],
    [
      'an old client with a Windows daemon',
      version('20.10.1', '20.10.1', 'windows'),
      false,
      'classic',
    ],
    ['a new client without buildx', version('28.2.2', '20.10.24'), false, 'classic'],
    ['a version that is no number', version('dev', 'dev'), false, 'classic'],
  ] as const)('%s builds by %4$s', (_what, versions, hasBuildx, builder) => {
    expect(chooseBuilder(versions, hasBuildx)).toBe(builder);
  });

  it('passes the same request to each builder', () => {
    expect(dockerBuildArguments('classic', request)).toEqual(['build', ...shared]);
    expect(dockerBuildArguments('buildkit', request)).toEqual([
      ...['build', '--progress', 'plain'],
      ...shared,
    ]);
    expect(dockerBuildArguments('buildx', request)).toEqual([
      ...['buildx', 'build', '--load', '--progress', 'plain'],
      ...shared,
    ]);
  });

  it('reads the digest that a push prints', () => {
    const digest = anyDigest('a');
    expect(pushedDigest(`abc: Pushed\nv1: digest: ${digest} size: 527\n`)).toBe(digest);
    expect(pushedDigest('abc: Pushed\n')).toBeUndefined();
  });
});

describe('the builder of buildx', () => {
  const daemon = 'Name:   default\nDriver: docker\n\nNodes:\nName: default\n';
  const own = 'Name:          bk\nDriver:        docker-container\nLast Activity: now\n';
  const snapshotter = '[["driver-type","io.containerd.snapshotter.v1"]]';

  it.each([
    ['the daemon with its old store', daemon, 'null', true],
    ['the daemon with the store of containerd', daemon, snapshotter, false],
    ['a container', own, 'null', false],
    ['another machine', own.replace('docker-container', 'remote'), 'null', false],
  ])('%s', (_, builder, store, expected) => {
    expect(isInDaemon(builder, store)).toBe(expected);
  });
});

describe('podman and buildah', () => {
  it('build in the format that they are told', () => {
    const target = { kind: 'image', imageIdFile: '/t/id', format: 'docker' } as const;
    expect(containersBuildArguments(request, target)).toEqual([
      ...['build', '--format', 'docker', '--layers', '--iidfile', '/t/id'],
      ...shared,
    ]);
  });

  it('speak plain HTTP to this machine only', () => {
    const push = (registry: string) =>
      containersPushArguments(
        { imageId: `sha256:${'a'.repeat(64)}`, reference: `${registry}/a:v2` },
        registry,
        '/t/digest',
      );
    expect(push('127.0.0.1:5000')).toEqual([
      ...['push', '--digestfile', '/t/digest', '--tls-verify=false'],
      ...['a'.repeat(64), 'docker://127.0.0.1:5000/a:v2'],
    ]);
    expect(push('1.dkr.ecr.eu-west-1.amazonaws.com').join(' ')).not.toContain('tls-verify');
  });
});

describe('findEngine', () => {
  const answer = (stdout: string, exitCode = 0, stderr = ''): ChildResult => ({
    exitCode,
    stdout,
    stderr,
    endedBySignal: undefined,
    interrupted: false,
  });
  /** A machine on which only the commands of `answers` exist. */
  const machine =
    (answers: Readonly<Record<string, ChildResult>>): RunProcess =>
    ({ command, args }) => {
      const found = answers[`${command} ${args[0] ?? ''}`];
      return found === undefined
        ? Promise.reject(new OperationError('command-not-found', `no ${command}`))
        : Promise.resolve(found);
    };
  const find = (wanted: 'auto' | 'docker' | 'buildah', run: RunProcess) =>
    findEngine(wanted, {
      run,
      environment: {},
      userConfig: { dockerDirectory: undefined, authFiles: [] },
      workDirectory: '/t',
      onLine: () => undefined,
      signal: new AbortController().signal,
    });
  const buildah = {
    'buildah --version': answer('buildah version 1.28.2 (image-spec 1.1.0)'),
    'buildah info': answer('{}'),
  };
  const deadDocker = { 'docker version': answer('{}', 1, 'Cannot connect to the Docker daemon\n') };
  const docker = {
    'docker version': answer(
      JSON.stringify({ Client: { Version: '20.10.24' }, Server: { Version: '20.10.24' } }),
    ),
  };

  it('takes docker where its daemon answers', async () => {
    const engine = await find('auto', machine({ ...docker, ...buildah }));
    expect(engine.name).toBe('docker');
    expect(engine.description).toBe('docker 20.10.24 with BuildKit');
  });

  it('goes on to one that is usable', async () => {
    const engine = await find('auto', machine({ ...deadDocker, ...buildah }));
    expect(engine.description).toBe('buildah 1.28.2');
  });

  it('takes no other than the one asked for', async () => {
    await expect(find('docker', machine({ ...deadDocker, ...buildah }))).rejects.toThrow(UserError);
  });

  it('says of each why it cannot be used', async () => {
    const thrown: unknown = await find('auto', machine(deadDocker)).catch(
      (error: unknown) => error,
    );
    const [problem] = thrown instanceof UserError ? thrown.problems : [];
    expect(problem?.code).toBe('engine-missing');
    expect(problem?.message).toContain('docker: Cannot connect to the Docker daemon');
    expect(problem?.message).toContain('podman: not on the PATH');
    expect(problem?.message).toContain('buildah: not on the PATH');
  });
});

describe('what a build asks for beyond an image', () => {
  const more: BuildRequest = {
    ...request,
    secrets: [{ id: 'npm', file: '/t/secrets/0' }],
    ssh: ['default'],
    cacheFrom: ['type=registry,ref=r/c'],
    cacheTo: ['type=gha,mode=max'],
    epochSeconds: 1_700_000_000,
  };
  const joined = (args: readonly string[]): string => args.join(' ');

  it('is told to buildx as it is', () => {
    const args = joined(dockerBuildArguments('buildx', more));
    expect(args).toContain('--secret id=npm,src=/t/secrets/0 --ssh default');
    expect(args).toContain('--cache-from type=registry,ref=r/c --cache-to type=gha,mode=max');
    expect(args).toContain('--build-arg SOURCE_DATE_EPOCH=1700000000');
  });

  it('is told to an older docker in its own words', () => {
    const args = joined(dockerBuildArguments('buildkit', { ...more, cacheTo: ['type=inline'] }));
    expect(args).toContain('--cache-from r/c');
    expect(args).not.toContain('--cache-to');
    expect(args).toContain('--build-arg BUILDKIT_INLINE_CACHE=1');
  });

  it('is told to podman and buildah in theirs', () => {
    const cacheTo = ['type=registry,ref=127.0.0.1:5000/c'];
    const target = { kind: 'image', imageIdFile: '/t/id', format: 'oci' } as const;
    const args = joined(containersBuildArguments({ ...more, cacheTo }, target));
    expect(args).toContain('--timestamp 1700000000');
    expect(args).toContain('--secret id=npm,src=/t/secrets/0 --ssh default');
    expect(args).toContain('--cache-from r/c --cache-to 127.0.0.1:5000/c --tls-verify=false');
  });

  it('leaves a SOURCE_DATE_EPOCH that is given alone', () => {
    const buildArgs = { SOURCE_DATE_EPOCH: '0' };
    const args = dockerBuildArguments('buildx', { ...more, buildArgs });
    expect(args.filter((arg) => arg.startsWith('SOURCE_DATE_EPOCH'))).toEqual([
      'SOURCE_DATE_EPOCH=0',
    ]);
  });

  it('makes an index in an archive of several platforms and of attestations', () => {
    const two = {
      ...more,
      platforms: ['linux/amd64', 'linux/arm64'],
      provenance: true,
      sbom: true,
    };
    const args = joined(dockerBuildArguments('buildx', two, '/t/built.tar'));
    expect(args).toContain('--output type=oci,dest=/t/built.tar --provenance=mode=max --sbom=true');
    expect(args).toContain('--platform linux/amd64,linux/arm64');
    expect(args).not.toContain('--load');
    const list = joined(containersBuildArguments(two, { kind: 'list', name: 'localhost/x:y' }));
    expect(list).toContain('--format oci --layers=false --manifest localhost/x:y');
    expect(list).not.toContain('--tag');
  });
});

describe('an engine that cannot do what a build asks for', () => {
  const all = buildSource({
    secrets: [{ id: 'npm', from: 'value', value: 'x' }],
    ssh: ['default'],
    platforms: ['linux/amd64', 'linux/arm64'],
    provenance: true,
    sbom: true,
    cacheFrom: ['type=gha', 'r/c'],
    cacheTo: ['type=local,dest=/c'],
  });
  const inputs = (abilities: typeof containersAbilities): readonly string[] =>
    engineProblems({ description: 'engine', abilities }, all).map(({ at }) =>
      at !== undefined && 'input' in at ? at.input : '',
    );

  it('says so for each, before anything is built', () => {
    expect(inputs(dockerAbilities.classic)).toEqual([
      ...['secrets', 'ssh', 'platforms', 'provenance', 'sbom'],
      ...['cache-from', 'cache-from', 'cache-to'],
    ]);
    expect(inputs(dockerAbilities.buildkit)).toEqual([
      ...['platforms', 'provenance', 'sbom', 'cache-from', 'cache-to'],
    ]);
    expect(inputs(containersAbilities)).toEqual(['provenance', 'sbom', 'cache-from', 'cache-to']);
    expect(inputs(dockerAbilities.buildx)).toEqual([]);
  });

  it('reads a cache by its type, a bare name as one in a registry', () => {
    expect(parseCache('type=gha,scope=x')).toMatchObject({ type: 'gha', ref: undefined });
    expect(parseCache('type=registry,ref=r/c:t')).toMatchObject({ type: 'registry', ref: 'r/c:t' });
    expect(parseCache('r/c:t')).toMatchObject({ type: 'registry', ref: 'r/c:t' });
  });
});

describe('how much came from the cache', () => {
  it('is read from BuildKit', () => {
    const output = [
      '#1 [internal] load build definition from Dockerfile',
      '#1 DONE 0.0s',
      '#2 [auth] library/alpine:pull token',
      '#4 [1/3] FROM docker.io/library/alpine',
      '#5 [build 2/3] RUN a',
      '#5 CACHED',
      '#6 [linux/amd64 3/3] COPY . /',
      '#6 DONE 0.1s',
    ].join('\n');
    expect(buildKitCacheUse(output)).toEqual({ cachedSteps: 1, steps: 3 });
    expect(buildKitCacheUse('')).toBeUndefined();
  });

  it('is read from podman, buildah and the classic builder', () => {
    const buildah = 'STEP 1/2: FROM scratch\nSTEP 2/2: COPY . /\n--> Using cache abc\n--> abc\n';
    expect(layerCacheUse(buildah)).toEqual({ cachedSteps: 1, steps: 2 });
    const classic = 'Step 1/2 : FROM scratch\n ---> \nStep 2/2 : COPY . /\n ---> Using cache\n';
    expect(layerCacheUse(classic)).toEqual({ cachedSteps: 1, steps: 2 });
    expect(layerCacheUse('')).toBeUndefined();
  });
});
