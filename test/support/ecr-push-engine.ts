import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../emulator/free-port.js';
import { said } from './annotations.js';
import {
  commitAll,
  committedService,
  filesWith,
  killMain,
  makeRepository,
  manifestOf,
  runPush,
  serviceWorkspace,
  tagsOf,
  type PushStep,
  type PushStepOptions,
} from './ecr-push.js';
import { startTestEmulator, type TestEmulator } from './emulator.js';
import { eventually } from './eventually.js';
import { programThatEnds } from './program-that-ends.js';

export interface PulledImage {
  readonly labels: Readonly<Record<string, string>>;
  /** What its `/health` answers once it runs. */
  readonly health: string;
}

/** What the suite needs to know of an engine on this machine. */
export interface EngineUnderTest {
  readonly name: 'docker' | 'podman' | 'buildah';
  /** For the step, and for the engine's own commands in a test. */
  readonly environment: (directory: string) => Promise<Readonly<Record<string, string>>>;
  /** Pulls by digest into an empty store, runs it, and asks it. */
  readonly pullAndRun: (
    emulator: TestEmulator,
    image: string,
    environment: Readonly<Record<string, string>>,
  ) => Promise<PulledImage>;
  /** Whether it builds for several platforms at once. */
  readonly severalPlatforms: boolean;
  /** Whether two stores come to the same digest for a commit; each directory is a store then. */
  readonly reproducible: boolean;
  /**
   * Removes the images of `<registry>/<repository>` from the engine's store. Only for engines that
   * pull base images over plain HTTP from this machine.
   */
  readonly forgetImages?: (repository: string) => void;
}

const name = 'shop/service-a';
const tag = 'sha-0123456789ab';
/** How every base64 of `AWS:<password>` begins. */
const anyLogin = 'QVdTO';

/** What every engine has to do, on real builds and pushes. */
export function itBuildsAndPushes(engine: EngineUnderTest): void {
  let emulator: TestEmulator;
  let directory: string;
  let home: string;
  let environment: Readonly<Record<string, string>>;
  const theirConfig = JSON.stringify({ auths: { 'registry.example': { auth: 'dXNlcjpwdw==' } } });

  beforeAll(async () => {
    emulator = await startTestEmulator();
    directory = await mkdtemp(path.join(await realpath(emulator.directory), 'engine-'));
    home = path.join(directory, 'home');
    await mkdir(path.join(home, '.docker'), { recursive: true });
    await writeFile(path.join(home, '.docker', 'config.json'), theirConfig);
    environment = { HOME: home, ...(await engine.environment(directory)) };
  });
  afterAll(() => emulator.stop());
  beforeEach(() => emulator.reset());

  async function push(
    inputs: Readonly<Record<string, string>> = {},
    options: Partial<PushStepOptions> = {},
  ): Promise<PushStep> {
    return runPush(emulator, {
      workspace: options.workspace ?? (await serviceWorkspace(directory)),
      env: environment,
      ...options,
      inputs: { repository: name, engine: engine.name, ...inputs },
    });
  }

  async function workspaceOf(dockerfile: string): Promise<string> {
    const workspace = await serviceWorkspace(await mkdtemp(path.join(directory, 'w-')));
    await writeFile(path.join(workspace, 'Dockerfile'), dockerfile);
    return workspace;
  }

  /** Nothing of the login is in files, log, outputs, or the environment of later steps. */
  async function expectNoLogin({ step, leftBehind }: PushStep): Promise<void> {
    expect(leftBehind).toEqual([]);
    expect(filesWith(home, anyLogin)).toEqual([]);
    expect(await readFile(path.join(home, '.docker', 'config.json'), 'utf8')).toBe(theirConfig);
    expect(step.log.join('\n')).not.toContain(anyLogin);
    expect(JSON.stringify([step.env, step.outputs, step.summary])).not.toContain(anyLogin);
  }

  it('builds, pushes under every tag, and what is pulled back by digest runs', async () => {
    await makeRepository(emulator, name);
    const result = await push({ tags: `v1,${tag}` });
    expect(result.step.conclusion).toBe('success');
    const digest = result.step.outputs['digest'] ?? '';
    expect(await tagsOf(emulator, name)).toEqual({ v1: digest, [tag]: digest });
    expect(result.step.summary).toContain(engine.name);
    await expectNoLogin(result);

    const image = result.step.outputs['image'] ?? '';
    const pulled = await engine.pullAndRun(emulator, image, environment);
    expect(pulled.health).toContain('ok');
    expect(pulled.labels).toMatchObject({
      'org.opencontainers.image.source': 'https://github.com/acme/service-a',
      'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
      'org.opencontainers.image.title': 'service-a',
    });
    expect(pulled.labels['org.opencontainers.image.created']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('builds the file, target and arguments that it is told', async () => {
    await makeRepository(emulator, name);
    const workspace = await workspaceOf('FROM scratch\nCOPY nothing /\n');
    await writeFile(
      path.join(workspace, 'other.Dockerfile'),
      [
        'FROM scratch AS wanted',
        'ARG GREETING',
        'COPY bin/amd64/server /server',
        'LABEL greeting=$GREETING',
        'FROM scratch',
        'COPY nothing /',
      ].join('\n'),
    );
    const result = await push(
      {
        context: '.',
        file: 'other.Dockerfile',
        target: 'wanted',
        'build-args': 'GREETING=hello world',
        tags: 'v1',
      },
      { workspace },
    );
    expect(result.step.conclusion).toBe('success');
    expect(await manifestOf(emulator, name, 'v1')).toMatchObject({ layers: [{}] });
  });

  it('pushes what is already there again without a new image', async () => {
    await makeRepository(emulator, name);
    const workspace = await serviceWorkspace(directory);
    const first = await push({}, { workspace });
    const second = await push({}, { workspace });
    expect([first.step.conclusion, second.step.conclusion]).toEqual(['success', 'success']);
    expect(second.step.outputs['digest']).toBe(first.step.outputs['digest']);
    expect(second.log).toContain('Already there');
    expect((await emulator.calls())['registry.PutManifest']).toBe(1);
  });

  if (engine.reproducible) {
    it('makes one image of a commit, in whichever store it is built', async () => {
      await makeRepository(emulator, name);
      const pushInNewStore = async (): Promise<PushStep> => {
        const store = await mkdtemp(path.join(directory, 's-'));
        const workspace = await serviceWorkspace(store);
        commitAll(workspace, '2026-01-01T00:00:00Z');
        const env = { HOME: home, ...(await engine.environment(store)) };
        return push({ tags: 'v1' }, { workspace, env });
      };
      const first = await pushInNewStore();
      const second = await pushInNewStore();
      expect([first.step.conclusion, second.step.conclusion]).toEqual(['success', 'success']);
      expect(second.step.outputs).toMatchObject({
        ...{ outcome: 'kept', digest: first.step.outputs['digest'] },
      });
    });
  }

  it('refuses an immutable tag that names another image, and pushes nothing', async () => {
    await makeRepository(emulator, name);
    const first = await push({ tags: 'v1' });
    const workspace = await workspaceOf('FROM scratch\nCOPY bin/amd64/server /other\n');
    const second = await push({ tags: 'v2,v1' }, { workspace });
    expect(second.step.conclusion).toBe('failure');
    expect(second.log).toContain(first.step.outputs['digest']);
    expect(await tagsOf(emulator, name)).toEqual({ v1: first.step.outputs['digest'] });
    await expectNoLogin(second);
  });

  it('makes it past a registry that fails now and then', async () => {
    await makeRepository(emulator, name);
    await emulator.addFaults(
      { service: 'registry', operation: 'FinishUpload', kind: 'error', status: 500, times: 1 },
      { service: 'registry', operation: 'PutManifest', kind: 'reset', times: 1 },
    );
    const result = await push({ tags: 'v1' });
    expect(result.step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: result.step.outputs['digest'] });
  });

  it('fails with the engine’s own words where the build fails', async () => {
    await makeRepository(emulator, name);
    const workspace = await workspaceOf('FROM scratch\nCOPY nothing-of-that-name /\n');
    const result = await push({}, { workspace });
    expect(result.step.conclusion).toBe('failure');
    expect(said(result.step)).toContain('nothing-of-that-name');
    expect(await tagsOf(emulator, name)).toEqual({});
    await expectNoLogin(result);
  });

  describe('builds once per content', () => {
    const inputs = { 'skip-if-exists': 'true' };

    const committed = async (time?: string): Promise<string> =>
      committedService(await mkdtemp(path.join(directory, 'k-')), { time });

    it('and finds it in another branch, without an upload', async () => {
      await makeRepository(emulator, name);
      const workspace = await committed();
      const first = await push({ ...inputs, tags: 'v1' }, { workspace });
      expect(first.step.outputs).toMatchObject({ outcome: 'pushed' });
      const key = first.step.outputs['key'] ?? '';
      expect(key).toMatch(/^key-[0-9a-f]{32}$/);
      const pushes = (await emulator.calls())['registry.PutManifest'];
      commitAll(workspace);
      const second = await push({ ...inputs, tags: 'v2' }, { workspace });
      const digest = first.step.outputs['digest'];
      expect(second.step.outputs).toMatchObject({ outcome: 'found', digest, key });
      expect(second.log).not.toContain('Build with');
      expect((await emulator.calls())['registry.PutManifest']).toBe(pushes);
      expect(await tagsOf(emulator, name)).toEqual({ [key]: digest, v1: digest, v2: digest });
    });

    it('also in two runs at once: both succeed with one image', async () => {
      await makeRepository(emulator, name);
      // Another time of the commit makes another image of the same content.
      const times = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
      const workspaces = await Promise.all(times.map((time) => committed(time)));
      const results = await Promise.all(
        workspaces.map((workspace, index) =>
          push({ ...inputs, tags: `v${index},${tag}` }, { workspace }),
        ),
      );
      expect(results.map(({ step }) => step.conclusion)).toEqual(['success', 'success']);
      const digests = new Set(results.map(({ step }) => step.outputs['digest']));
      expect(digests.size).toBe(1);
      const outcomes = results.map(({ step }) => step.outputs['outcome']);
      expect(outcomes).toContain('pushed');
      expect(outcomes.filter((outcome) => outcome !== 'pushed')).toHaveLength(1);
      expect(new Set(Object.values(await tagsOf(emulator, name)))).toEqual(digests);
    });

    it('but not where the context holds what its commit does not say', async () => {
      await makeRepository(emulator, name);
      const workspace = await committed();
      await writeFile(path.join(workspace, 'new-file'), 'x');
      const { step, log } = await push({ ...inputs, tags: 'v1' }, { workspace });
      expect(step.outputs).toMatchObject({ outcome: 'pushed', key: '' });
      expect(log).toContain('no content key: new-file');
    });
  });

  it('pushes an image that is in its store already', async () => {
    await makeRepository(emulator, name);
    const first = await push({ tags: 'v1' });
    const image = `${emulator.registryHost}/${name}:v1`;
    const second = await push({ tags: 'v2', image });
    expect(second.step.conclusion).toBe('success');
    const digest = first.step.outputs['digest'];
    expect(await tagsOf(emulator, name)).toEqual({ v1: digest, v2: digest });
    const missing = await push({ tags: 'v3', image: 'no-such-image:v1' });
    expect(missing.step.conclusion).toBe('failure');
    expect(missing.log).toContain('no-such-image');
  });

  it('mounts secrets in the build, and takes them away after it', async () => {
    await makeRepository(emulator, name);
    // Ends with an error where the secret is not mounted, by the engine's own check.
    const workspace = await workspaceOf(
      [
        'FROM scratch',
        // Secrets are no part of a cache's key, and a daemon keeps what an earlier run has built.
        `ENV BUILT_FOR=${randomUUID()}`,
        'COPY ends /ends',
        'RUN --mount=type=secret,id=npm,required=true ["/ends"]',
      ].join('\n'),
    );
    await writeFile(path.join(workspace, 'ends'), programThatEnds(), { mode: 0o755 });
    const without = await push({ tags: 'v1' }, { workspace });
    expect(without.step.conclusion).toBe('failure');
    const value = 'hunter2-of-a-build';
    const result = await push({ tags: 'v1', secrets: `npm=${value}` }, { workspace });
    if (result.log.includes('with the classic builder')) {
      // A docker without BuildKit cannot, and says so before it builds.
      expect(result.step.conclusion).toBe('failure');
      expect(result.log).toContain('cannot mount secrets');
      expect(result.log).not.toContain(value);
      return;
    }
    expect(result.step.conclusion).toBe('success');
    expect(result.leftBehind).toEqual([]);
    expect(filesWith(directory, value)).toEqual([]);
    expect(result.log).not.toContain(value);
    await expectNoLogin(result);
  });

  const { severalPlatforms } = engine;
  it(
    severalPlatforms
      ? 'builds an index of several platforms, which arrives whole'
      : 'says that it cannot build for several platforms, before AWS is asked',
    async () => {
      await makeRepository(emulator, name);
      const before = await emulator.calls();
      const { step, log } = await push({ platforms: 'linux/amd64,linux/arm64', tags: 'v1' });
      if (!severalPlatforms) {
        expect(step.conclusion).toBe('failure');
        expect(log).toContain('several platforms');
        expect(await emulator.calls()).toEqual(before);
        return;
      }
      expect(step.conclusion).toBe('success');
      const { manifests } = (await manifestOf(emulator, name, 'v1')) as {
        manifests: readonly { readonly platform: { readonly architecture: string } }[];
      };
      expect(manifests.map(({ platform }) => platform.architecture).sort()).toEqual([
        'amd64',
        'arm64',
      ]);
    },
  );

  const { forgetImages } = engine;
  if (forgetImages !== undefined) {
    it('builds on an image that has to be pulled from the same registry', async () => {
      await makeRepository(emulator, name);
      const base = await push({ tags: 'base' });
      forgetImages(`${emulator.registryHost}/${name}`);
      const workspace = await workspaceOf(`FROM ${base.step.outputs['image'] ?? ''}\nENV A=1\n`);
      const result = await push({ tags: 'v1' }, { workspace });
      expect(result.step.conclusion).toBe('success');
      expect(Object.keys(await tagsOf(emulator, name)).sort()).toEqual(['base', 'v1']);
    });
  }

  it('stops the engine when it is cancelled in mid-build', async () => {
    await makeRepository(emulator, name);
    // The server runs until it is told to end, under a name of its own.
    const port = await freePort();
    const server = `/server-${port}`;
    const workspace = await workspaceOf(
      `FROM scratch\nCOPY bin/amd64/server ${server}\nENV PORT=${port}\nRUN ["${server}"]\n`,
    );
    const controller = new AbortController();
    const started = eventually(() => runs(server)).finally(() => controller.abort());
    const result = await push({}, { workspace, signal: controller.signal });
    await started;
    await eventually(() => !runs(server));
    expect(result.step.conclusion).toBe('cancelled');
    expect(result.step.main?.signalsSent).toEqual(['SIGINT']);
    expect(await tagsOf(emulator, name)).toEqual({});
    await expectNoLogin(result);
  });

  it('leaves no login behind when it is killed in mid-push', async () => {
    await makeRepository(emulator, name);
    // The first tag is pushed by the engine; the second hangs.
    await emulator.addFaults({ service: 'ecr', operation: 'PutImage', kind: 'timeout' });
    const workspace = await serviceWorkspace(directory);
    const seen: string[] = [];
    let killed = false;
    const watch: { temporary?: string } = {};
    const timer = setInterval(() => {
      const { temporary } = watch;
      if (temporary === undefined || killed || !existsSync(temporary)) return;
      void emulator.calls().then((calls) => {
        if ((calls['ecr.PutImage'] ?? 0) === 0 || killed) return;
        seen.push(...filesWith(temporary, anyLogin));
        killed = killMain(workspace);
      });
    }, 100);
    const result = await push(
      { tags: 'v1,v2' },
      {
        workspace,
        onLine: (_line, temporary) => {
          watch.temporary = temporary;
        },
      },
    );
    clearInterval(timer);
    expect(killed).toBe(true);
    expect(seen).not.toEqual([]);
    expect(result.step.conclusion).toBe('failure');
    await expectNoLogin(result);
  });
}

/** Whether any process of this machine, in a container or not, was started as `command`. */
function runs(command: string): boolean {
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id))
    .some((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0')[0] === command;
      } catch {
        // It ended while we looked.
        return false;
      }
    });
}
