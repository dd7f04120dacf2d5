import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationError } from '../../../actions/shared/errors.js';
import { envFrom } from '../../../actions/shared/env.js';
import type { ChildRequest, RunProcess } from '../../../actions/shared/process.js';
import { runProgram } from '../../../cli/program.js';
import { terminalOf } from '../../../cli/terminal.js';
import { ownDefinitions, planCaller } from '../../support/callers.js';
import { withGithubEmulator } from '../../support/github.js';
import { withDirectory } from '../../support/runner.js';

interface World {
  readonly env?: Parameters<typeof envFrom>[0];
  /** What `git remote get-url origin` and `gh auth token` print; absent: they fail. */
  readonly origin?: string;
  readonly ghToken?: string;
  readonly isTerminal?: boolean;
  readonly workflow?: string;
}

/** Runs a command line in a repository with one workflow. */
async function infra(args: readonly string[], world: World = {}) {
  const written = { out: '', err: '' };
  const asked: string[] = [];
  const stream = (name: 'out' | 'err') => ({
    isTTY: world.isTerminal ?? false,
    columns: 80,
    write: (text: string) => (written[name] += text),
  });
  const runProcess: RunProcess = ({ command }: ChildRequest) => {
    asked.push(command);
    const stdout = { git: world.origin, gh: world.ghToken }[command];
    if (stdout === undefined) throw new OperationError('command-not-found', command);
    const result = { endedBySignal: undefined, stderr: '', interrupted: false };
    return Promise.resolve({ ...result, exitCode: 0, stdout: `${stdout}\n` });
  };
  const env = envFrom(world.env ?? {});
  const code = await withDirectory(async (directory) => {
    await mkdir(path.join(directory, '.github', 'workflows'), { recursive: true });
    const file = path.join(directory, '.github', 'workflows', 'x.yml');
    await writeFile(file, world.workflow ?? planCaller);
    return runProgram(args, {
      ...{ env, runProcess, workingDirectory: directory },
      terminal: terminalOf({ out: stream('out'), err: stream('err') }, env),
      definitions: await ownDefinitions(),
    });
  });
  return { code, asked, ...written };
}

const broken = planCaller.replace('      id-token: write\n', '');

describe('infra', () => {
  it('prints its help, with examples and exit codes, where nothing is asked', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { code, out, err } = await infra(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(
        /^Usage: infra[\s\S]*Commands:\n {2}doctor[\s\S]*Examples:[\s\S]*Exit codes:/,
      );
    }
  });

  it('suggests the command that is meant', async () => {
    const { code, out, err } = await infra(['docter']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Did you mean doctor?');
  });

  it.each([[['doctor', '--jsn']], [['doctor', '--repo', 'acme']], [['doctor', 'a', 'b']]])(
    'ends with 2 for %j',
    async (args) => {
      expect((await infra(args)).code).toBe(2);
    },
  );

  it('prints its version', async () => {
    expect(await infra(['--version'])).toMatchObject({ code: 0, out: '0.0.0\n' });
  });

  it.each([[['--help']], [['doctor', '--help']], [['doctor', '--no-github']]])(
    'fits in 80 columns: %j',
    async (args) => {
      const { out } = await infra(args, { workflow: broken });
      expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );
});

describe('infra doctor', () => {
  it('ends with 1 where there is a problem, and with 0 where there is none', async () => {
    expect((await infra(['doctor', '--no-github'])).code).toBe(1);
    const without = planCaller.replace('terraform-plan.yml', 'operate-service.yml');
    expect((await infra(['doctor', '--no-github'], { workflow: without })).code).toBe(1);
  });

  it('prints one JSON document with --json', async () => {
    const { out } = await infra(['doctor', '--no-github', '--json'], { workflow: broken });
    const { counts, findings } = JSON.parse(out) as {
      readonly counts: unknown;
      readonly findings: readonly { readonly code: string }[];
    };
    expect(counts).toMatchObject({ problems: expect.any(Number) as number, notChecked: 1 });
    expect(findings.map(({ code }) => code)).toContain('permission-missing');
  });

  it('colours only in a terminal, and not with NO_COLOR', async () => {
    const escape = '\u001B[';
    const run = (world: World) => infra(['doctor', '--no-github'], world);
    expect((await run({ isTerminal: true })).out).toContain(escape);
    expect((await run({ isTerminal: true, env: { NO_COLOR: '1' } })).out).not.toContain(escape);
    expect((await run({ isTerminal: true, env: { TERM: 'dumb' } })).out).not.toContain(escape);
    expect((await run({})).out).not.toContain(escape);
  });

  it('shows what others have named as text, not as orders to the terminal', async () => {
    const workflow = planCaller.replace('    uses', '    "\\e[2J": x\n    uses');
    const { out } = await infra(['doctor', '--no-github'], { workflow });
    expect(out).toContain('[2J');
    expect(out).not.toContain('\u001B');
  });

  it('asks GitHub for the repository that origin leads to, with the token of gh', async () => {
    await withGithubEmulator(async (github) => {
      const { out, asked } = await infra(['doctor', '--json'], {
        env: { GITHUB_API_URL: github.url },
        origin: 'git@github.com:acme/infra.git',
        ghToken: github.token,
      });
      expect(asked).toEqual(['git', 'gh']);
      expect(out).toContain('check-not-required');
      // The repository has no stacks whose environments could be looked at.
      expect(out).toContain('environments-unknown');
    });
  });

  it.each([
    [{ origin: 'https://github.com/acme/infra' }, ['doctor', '--token-from-env'], 'a token'],
    [{ env: { GH_TOKEN: 'x' } }, ['doctor'], '--repo'],
  ] as const)('with %j says what it needs', async (world, args, needs) => {
    const { out, asked } = await infra([...args], world);
    expect(out).toMatch(new RegExp(`not checked[\\s\\S]*→ needs[\\s\\S]*${needs}`));
    expect(asked).not.toContain('gh');
  });

  it('does not take a repository that it may not see for a good one', async () => {
    await withGithubEmulator(async (github) => {
      const { out } = await infra(['doctor', '--json', '--repo', 'acme/other'], {
        env: { GITHUB_API_URL: github.url, GITHUB_TOKEN: github.token },
      });
      expect(out).toContain('github-not-seen');
    });
  });
});
