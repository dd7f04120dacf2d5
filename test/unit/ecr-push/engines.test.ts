import type { BuildRequest } from '../../../actions/ecr-push/engines/engine.js';
import { findEngine } from '../../../actions/ecr-push/find-engine.js';
import {
  containersBuildArguments,
  containersPushArguments,
} from '../../../actions/ecr-push/engines/containers.js';
import {
  chooseBuilder,
  dockerBuildArguments,
  pushedDigest,
} from '../../../actions/ecr-push/engines/docker.js';
import { OperationError, UserError } from '../../../actions/shared/errors.js';
import type { ChildResult, RunProcess } from '../../../actions/shared/process.js';
import { anyDigest } from '../../support/ecr.js';

const login = { registry: '127.0.0.1:5000', username: 'AWS', password: 'pw' };

const request: BuildRequest = {
  reference: '127.0.0.1:5000/a:v1',
  contextDirectory: '/w/app',
  dockerfile: '/w/app/Dockerfile',
  target: 'run',
  buildArgs: { A: 'x y', B: '' },
  platform: 'linux/arm64',
  labels: { 'org.opencontainers.image.revision': 'abc' },
  login,
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

describe('podman and buildah', () => {
  it('build in the format that keeps HEALTHCHECK', () => {
    expect(containersBuildArguments(request, '/t/id')).toEqual([
      ...['build', '--format', 'docker', '--layers', '--iidfile', '/t/id'],
      ...shared,
    ]);
  });

  it('speak plain HTTP to this machine only', () => {
    const push = (registry: string) =>
      containersPushArguments(
        { builtReference: `${registry}/a:v1`, reference: `${registry}/a:v2` },
        registry,
        '/t/digest',
      );
    expect(push('127.0.0.1:5000')).toEqual([
      ...['push', '--digestfile', '/t/digest', '--tls-verify=false'],
      ...['127.0.0.1:5000/a:v1', 'docker://127.0.0.1:5000/a:v2'],
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
