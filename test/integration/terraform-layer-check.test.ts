import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { runLayer, writeRepository, type LayerStep } from '../support/terraform-repository.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());

function check(
  workspace: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<LayerStep> {
  return runLayer(emulator, {
    workspace,
    inputs: { command: 'check', ...inputs },
    // No access is needed, and none is there.
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_ENDPOINT_URL: '' },
  });
}

const backend = (key: string): string =>
  `terraform {\n  backend "s3" {\n    bucket = "states"\n    key    = "${key}"\n    region = "eu-west-1"\n  }\n}\n`;

const module =
  'resource "terraform_data" "this" {\n  input = var.name\n}\n\nvariable "name" {\n  type = string\n}\n';

const good = {
  'environments/dev/main.tf': `${backend('dev')}\nmodule "m" {\n  source = "../../modules/m"\n  name   = "x"\n}\n`,
  'environments/prod/main.tf': `${backend('prod')}\nmodule "m" {\n  source = "../../modules/m"\n  name   = "x"\n}\n`,
  'modules/m/main.tf': module,
};

/** Files of the repository, so that it can be seen that none was added. */
async function filesOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('.git/'))
    .sort();
}

describe('a check', () => {
  it('passes where nothing is wrong, and leaves nothing behind', async () => {
    const workspace = await writeRepository(emulator, good);
    const { step, leftBehind } = await check(workspace);
    expect(step.conclusion).toBe('success');
    expect(step.summary).toContain('2 stacks, 2 root modules validated');
    expect(await filesOf(workspace)).toEqual(Object.keys(good).sort());
    expect(leftBehind).toEqual([]);
  });

  it('tells every problem of every rule at once, with file and line', async () => {
    const workspace = await writeRepository(emulator, {
      ...good,
      'environments/dev/main.tf':
        `${backend('dev')}\nmodule "m" {\n  source = "../../modules/m"\n  nmae   = "x"\n}\n\n` +
        'locals {\n  vpc      = "vpc-0a1b2c3d4e5f67890"\n  password = "hunter2!"\n  allowed  = "sg-0a1b2c3d" # infra:allow hard-coded-id not ours\n}\n',
      'modules/m/main.tf': module.replace('input = var.name', 'input   = var.nome'),
    });
    const { step, log } = await check(workspace);
    expect(step.conclusion).toBe('failure');
    const places = step.annotations
      .filter(({ level }) => level === 'error')
      .flatMap(({ file, line, message }) =>
        file === undefined ? [] : [`${file}:${line} ${message.split(/[ :(]/)[0]}`],
      );
    expect(places.map((place) => place.split(' ')[0]).sort()).toEqual(
      [
        'environments/dev/main.tf:11',
        'environments/dev/main.tf:15',
        'environments/dev/main.tf:16',
        'environments/dev/main.tf:9',
        'modules/m/main.tf:2',
        'modules/m/main.tf:2',
      ].sort(),
    );
    for (const rule of ['format', 'validate', 'hard-coded-id', 'plaintext-secret']) {
      expect(step.summary).toContain(`\`${rule}\``);
    }
    expect(log).not.toContain('hunter2!');
    expect(step.summary).not.toContain('hunter2!');
  });

  it('goes on where infra.yml and the graph are wrong', async () => {
    const workspace = await writeRepository(emulator, {
      ...good,
      'infra.yml': 'enviroments: {}\n',
      'modules/m/broken.tf': 'locals {\n',
    });
    const { step } = await check(workspace);
    expect(step.conclusion).toBe('failure');
    const files = step.annotations.map(({ file, line }) => `${file}:${line}`);
    expect(files).toContain('infra.yml:1');
    expect(files).toContain('modules/m/broken.tf:1');
  });

  it('validates what a change touches alone, where it is told to', async () => {
    const workspace = await writeRepository(emulator, {
      ...good,
      'environments/prod/main.tf': `${backend('prod')}\nlocals {\n  x = var.nothing\n}\n`,
    });
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: workspace,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-q', '-m', 'base');
    execFileSync('touch', [path.join(workspace, 'environments/dev/new.tf')]);
    git('add', '.');
    git('commit', '-q', '-m', 'change');
    const touched = await check(workspace, { layers: 'changed' });
    expect(touched.step.summary).toContain('1 root module validated');
    expect(touched.step.conclusion).toBe('success');
    expect((await check(workspace)).step.conclusion).toBe('failure');
  });
});
