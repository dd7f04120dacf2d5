import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RepositorySeed } from '../../emulator/github/seed-schema.js';
import { withGithubEmulator, type GithubEmulator } from '../support/github.js';
import { withDirectory } from '../support/runner.js';

const root = path.join(import.meta.dirname, '..', '..');
const bundle = path.join(root, 'cli', 'dist', 'index.js');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built `infra`, with nothing of this process's environment but the path. */
function infra(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundle, ...args], {
      cwd: options.cwd ?? root,
      env: { PATH: process.env['PATH'], ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** A copy of the monorepo of the examples, changed by `change`. */
async function withMonorepo<T>(
  body: (directory: string) => Promise<T>,
  change: (plan: string) => string = (plan) => plan,
): Promise<T> {
  return withDirectory(async (directory) => {
    const from = path.join(root, 'examples', 'layered-monorepo');
    await cp(from, directory, {
      recursive: true,
      filter: (source) => !/\/(\.terraform|\.git)$/.test(source),
    });
    await rm(path.join(directory, '.git'), { recursive: true, force: true });
    await mkdir(path.join(directory, '.github', 'workflows'), { recursive: true });
    const plan = path.join(directory, '.github', 'workflows', 'plan.yml');
    await writeFile(plan, change(await readFile(plan, 'utf8')));
    return body(directory);
  });
}

const good: RepositorySeed = {
  repository: 'acme/infra',
  roles: { ann: 'admin' },
  settings: { requiredChecks: ['infra / result'] },
  environments: ['dev', 'staging', 'production'].map((name) => ({
    name,
    branchPolicy: 'custom',
    branchPatterns: [{ name: 'main' }],
    ...(name === 'production'
      ? { reviewers: ['bob'], preventSelfReview: true, canAdminsBypass: false }
      : {}),
  })),
};

function asAdmin(github: GithubEmulator): Record<string, string> {
  const token = github.addToken({ token: 'ghp_admin', login: 'ann' });
  return { GITHUB_API_URL: github.url, GH_TOKEN: token };
}

describe('the built infra', () => {
  it('prints its help within 80 columns, without colours where it is piped', async () => {
    for (const args of [['--help'], ['doctor', '--help']]) {
      const { code, out, err } = await infra(args, { env: { NO_COLOR: '1' } });
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain('Examples:');
      expect(out).not.toContain('\u001B');
      expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it('suggests the command that is meant, and ends with 2', async () => {
    const { code, out, err } = await infra(['docter']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Did you mean doctor?');
  });

  it('knows the workflows as they were when it was built', async () => {
    await withMonorepo(
      async (directory) => {
        const ended = await infra(['doctor', '--no-github', '--json'], { cwd: directory });
        const { findings } = JSON.parse(ended.out) as { readonly findings: readonly unknown[] };
        expect(ended.code).toBe(1);
        expect(findings).toContainEqual(
          expect.objectContaining({
            status: 'problem',
            code: 'permission-missing',
            message: expect.stringContaining('"id-token: write"') as string,
            at: expect.objectContaining({ file: '.github/workflows/plan.yml' }) as object,
          }),
        );
      },
      (plan) => plan.replace(/ +id-token: write.*\n/, ''),
    );
  });

  it('finds nothing wrong with a repository that is set up well', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository(good);
      await withMonorepo(async (directory) => {
        const args = ['doctor', '--repo', 'acme/infra'];
        const { code, out, err } = await infra(args, { cwd: directory, env: asAdmin(github) });
        expect([code, err]).toEqual([0, '']);
        expect(out).toMatch(/^0 problems, 0 warnings, \d+ ok$/m);
      });
    });
  });

  it('finds an open gate', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ ...good, environments: (good.environments ?? []).slice(0, 2) });
      await withMonorepo(async (directory) => {
        const args = ['doctor', '--json', '--repo', 'acme/infra'];
        const { code, out } = await infra(args, { cwd: directory, env: asAdmin(github) });
        expect(code).toBe(1);
        expect(out).toContain('gate-environment-missing');
      });
    });
  });

  it('ends with 3 where GitHub cannot be asked', async () => {
    const env = { GITHUB_API_URL: 'http://127.0.0.1:1', GH_TOKEN: 'x' };
    const { code, out, err } = await infra(['doctor', '--repo', 'acme/infra'], { env });
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^failed {2}/);
  });
});
