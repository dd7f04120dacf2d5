import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { login as loginCommand } from '../../../actions/ecr-push/commands/login.js';
import { privateAuthFile, privateDockerConfig } from '../../../actions/ecr-push/login.js';
import {
  makeWorkDirectory,
  removeWorkDirectory,
} from '../../../actions/ecr-push/work-directory.js';
import { envFrom } from '../../../actions/shared/env.js';

let root: string;
let home: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'login-'));
  home = join(root, 'home', '.docker');
  mkdirSync(join(home, 'cli-plugins'), { recursive: true });
  writeFileSync(join(home, 'cli-plugins', 'docker-buildx'), '');
});
afterEach(() => rmSync(root, { recursive: true }));

const login = { registry: '127.0.0.1:5000', username: 'AWS', password: 'pw' };
const ourAuth = { auth: Buffer.from('AWS:pw').toString('base64') };
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const user = () => ({ dockerDirectory: home, authFiles: [join(root, 'auth.json')] });
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('privateDockerConfig', () => {
  it('adds the login to the settings of the user, whose file stays as it is', async () => {
    const theirs = JSON.stringify({
      auths: { 'docker.io': { auth: 'dTpw' } },
      credsStore: 'desktop',
      currentContext: 'remote',
    });
    writeFileSync(join(home, 'config.json'), theirs);
    const { DOCKER_CONFIG = '' } = await privateDockerConfig(root, user(), [login]);
    expect(read(join(DOCKER_CONFIG, 'config.json'))).toEqual({
      auths: { 'docker.io': { auth: 'dTpw' }, '127.0.0.1:5000': ourAuth },
      credsStore: 'desktop',
      currentContext: 'remote',
      credHelpers: { '127.0.0.1:5000': '' },
    });
    expect(readFileSync(join(home, 'config.json'), 'utf8')).toBe(theirs);
    expect(mode(DOCKER_CONFIG)).toBe('700');
    expect(mode(join(DOCKER_CONFIG, 'config.json'))).toBe('600');
  });

  it('finds the plugins of the user, and can be made again', async () => {
    await privateDockerConfig(root, user(), [login]);
    const { DOCKER_CONFIG = '' } = await privateDockerConfig(root, user(), [login]);
    expect(realpathSync(join(DOCKER_CONFIG, 'cli-plugins'))).toBe(
      realpathSync(join(home, 'cli-plugins')),
    );
  });

  it('needs no configuration of the user', async () => {
    const none = { dockerDirectory: join(root, 'nothing'), authFiles: [] };
    const { DOCKER_CONFIG = '' } = await privateDockerConfig(root, none, [login]);
    expect(read(join(DOCKER_CONFIG, 'config.json'))).toMatchObject({
      auths: { '127.0.0.1:5000': ourAuth },
    });
  });
});

describe('privateAuthFile', () => {
  it('adds the login to those of the user, from all their files', async () => {
    writeFileSync(
      join(root, 'auth.json'),
      JSON.stringify({ auths: { 'quay.io': { auth: 'a' }, 'docker.io': { auth: 'first' } } }),
    );
    writeFileSync(
      join(home, 'config.json'),
      JSON.stringify({
        auths: { 'docker.io': { auth: 'second' } },
        credHelpers: { '127.0.0.1:5000': 'ecr-login', 'gcr.io': 'gcloud' },
      }),
    );
    const directory = join(root, 'private');
    mkdirSync(directory);
    const { REGISTRY_AUTH_FILE = '' } = await privateAuthFile(directory, user(), [login]);
    expect(read(REGISTRY_AUTH_FILE)).toEqual({
      auths: {
        'quay.io': { auth: 'a' },
        'docker.io': { auth: 'first' },
        '127.0.0.1:5000': ourAuth,
      },
      credHelpers: { 'gcr.io': 'gcloud' },
    });
    expect(mode(REGISTRY_AUTH_FILE)).toBe('600');
  });
});

describe('the work directory', () => {
  it('is private, announced before it is used, and removed with the links in it only', async () => {
    const announced: string[] = [];
    const env = envFrom({ RUNNER_TEMP: root });
    const work = await makeWorkDirectory(env, (path) => announced.push(path));
    expect(announced).toEqual([work.path]);
    expect(mode(work.path)).toBe('700');
    await privateDockerConfig(work.path, user(), [login]);
    await work.remove();
    expect(existsSync(work.path)).toBe(false);
    expect(readdirSync(join(home, 'cli-plugins'))).toEqual(['docker-buildx']);
  });

  it('leaves alone what it cannot have made', async () => {
    await removeWorkDirectory(home);
    expect(existsSync(home)).toBe(true);
  });
});

describe('the command login', () => {
  const run = async (registries: readonly { readonly accountId: string }[]) => {
    const exported = new Map<string, string>();
    const outputs = await loginCommand(
      {
        logIn: ({ accountId }) =>
          Promise.resolve({ registry: `${accountId}.example`, username: 'AWS', password: 'pw' }),
        workDirectory: root,
        userConfig: user(),
        exportVariable: (name, value) => exported.set(name, value),
      },
      registries,
      '111111111111',
    );
    return { exported, outputs };
  };

  it('logs docker, podman and buildah in to every registry, by place and not by value', async () => {
    const { exported, outputs } = await run([
      { accountId: '111111111111' },
      { accountId: '222222222222' },
    ]);
    const auths = { '111111111111.example': ourAuth, '222222222222.example': ourAuth };
    const dockerConfig = exported.get('DOCKER_CONFIG') ?? '';
    expect(read(join(dockerConfig, 'config.json'))).toMatchObject({ auths });
    expect(read(exported.get('REGISTRY_AUTH_FILE') ?? '')).toMatchObject({ auths });
    expect(outputs).toMatchObject({
      registry: '111111111111.example',
      registries: '111111111111.example\n222222222222.example',
      'docker-config': dockerConfig,
    });
    expect(JSON.stringify([...exported, outputs])).not.toContain(ourAuth.auth);
    expect(existsSync(join(home, 'config.json'))).toBe(false);
  });

  it('takes the registry of the credentials where none is named', async () => {
    expect((await run([])).outputs['registry']).toBe('111111111111.example');
  });
});
