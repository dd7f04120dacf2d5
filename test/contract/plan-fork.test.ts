import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { gitRepository } from '../support/git-repository.js';

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly needs?: readonly string[];
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

const file = join(import.meta.dirname, '../../.github/workflows/terraform-plan-fork.yml');
const text = readFileSync(file, 'utf8');
const { jobs } = parse(text) as { readonly jobs: Readonly<Record<'proof' | 'plan', Job>> };
const sha = 'a'.repeat(40);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plan-fork-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the script of a step as a runner does; whether it passed, and what it printed. */
function passes(
  script: string | undefined,
  env: Readonly<Record<string, string>>,
  cwd = directory,
): string {
  const { status, stdout } = spawnSync('bash', ['-eo', 'pipefail', '-c', script ?? 'exit 9'], {
    ...{ cwd, encoding: 'utf8' },
    env: { PATH: [directory, process.env['PATH']].join(delimiter), HOME: directory, ...env },
  });
  return status === 0 ? 'passed' : stdout;
}

describe('the proof before a fork is planned', () => {
  const right = {
    EVENT: 'workflow_dispatch',
    REF: 'refs/heads/main',
    DEFAULT_BRANCH: 'main',
    REPOSITORY: 'acme/infra',
    PULL_REQUEST: '7',
    HEAD_SHA: sha,
  };
  const reviewed = { protection_rules: [{ type: 'required_reviewers', reviewers: [{ id: 1 }] }] };
  const answers: Readonly<Record<string, unknown>> = {
    'repos/acme/infra/pulls/7': { state: 'open', head: { sha } },
    'repos/acme/infra/environments/plan-fork': reviewed,
  };

  /** `gh api` with these answers; it fails where there is none. */
  function proof(env: Readonly<Record<string, string>>, given = answers): string {
    const gh = join(directory, 'gh');
    const cases = Object.entries(given).map(([path, answer], index) => {
      writeFileSync(join(directory, `${index}.json`), JSON.stringify(answer));
      return `  ${path}) exec jq -r "$4" "${join(directory, `${index}.json`)}" ;;`;
    });
    writeFileSync(gh, `#!/bin/sh\ncase "$2" in\n${cases.join('\n')}\n  *) exit 1 ;;\nesac\n`);
    chmodSync(gh, 0o755);
    return passes(jobs.proof.steps[0]?.run, { ...right, ...env });
  }

  it('passes for the head of an open pull request, where somebody must approve', () => {
    expect(proof({})).toBe('passed');
    expect(Object.keys(jobs.proof.steps[0]?.env ?? {}).sort()).toEqual(
      ['GH_TOKEN', ...Object.keys(right)].sort(),
    );
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['by a pull request', { EVENT: 'pull_request_target' }],
    ['from another branch', { REF: 'refs/heads/main2' }],
    ['for no number', { PULL_REQUEST: '7/../8' }],
    ['for a short SHA', { HEAD_SHA: 'aaaaaaa' }],
    ['for another commit', { HEAD_SHA: 'b'.repeat(40) }],
  ])('refuses what is asked for %s', (_, env) => {
    expect(proof(env)).toMatch(/^::error::/);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['closed', { 'repos/acme/infra/pulls/7': { state: 'closed', head: { sha } } }],
    ['unprotected', { 'repos/acme/infra/environments/plan-fork': { protection_rules: [] } }],
  ])('refuses what is %s', (_, change) => {
    expect(proof({}, { ...answers, ...change })).toMatch(/^::error::/);
  });

  it('refuses where there is no such environment', () => {
    const [pull = ''] = Object.keys(answers);
    expect(proof({}, { [pull]: answers[pull] })).toMatch(/^::error::/);
  });
});

describe('the plan of a fork', () => {
  it('is of the test merge of the commit that was typed, and of no other', async () => {
    const { root, run, commit, remove } = await gitRepository({});
    try {
      run('checkout', '--quiet', '-b', 'fork');
      const head = await commit({});
      run('checkout', '--quiet', 'main');
      run('merge', '--quiet', '--no-ff', '-m', 'Test merge', 'fork');
      const script = jobs.plan.steps[1]?.run;
      expect(passes(script, { HEAD_SHA: head }, root)).toBe('passed');
      expect(passes(script, { HEAD_SHA: sha }, root)).toMatch(/^::error::/);
      run('checkout', '--quiet', 'fork');
      expect(passes(script, { HEAD_SHA: head }, root)).toMatch(/^::error::/);
    } finally {
      await remove();
    }
  });

  it('has neither a secret nor a right to write, and waits for an approval', () => {
    expect(text).not.toContain('secrets');
    expect(jobs.plan.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(jobs.plan).toMatchObject({ environment: 'plan-fork', needs: ['proof'] });
    const passed = jobs.plan.steps.at(-1)?.with ?? {};
    expect(passed).toMatchObject({ command: 'plan', 'review-records': 'none', comment: false });
    expect(passed['role-to-assume']).toBe('${{ inputs.role-to-assume }}');
    expect(passed).not.toHaveProperty('github-token');
    const [checkout] = jobs.plan.steps;
    expect(checkout?.with?.['persist-credentials']).toBe(false);
  });
});
