import { rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../actions/shared/errors.js';
import { envFrom } from '../../../actions/shared/env.js';
import type { ChangeOrigin } from '../../../actions/terraform-layer/changes/changed-files.js';
import type { GatedCheckout } from '../../../actions/terraform-layer/changes/gate-base.js';
import { observeHistory } from '../../../actions/terraform-layer/changes/history.js';
import type {
  AppliedHistory,
  HistoryOptions,
} from '../../../actions/terraform-layer/changes/observed-history.js';
import { readInputs } from '../../../actions/terraform-layer/inputs.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { silentLogger } from '../../support/silent-logger.js';
import { s3Backend, s3RemoteState, type Tree } from '../../support/stacks.js';

const infra = (production: string): string =>
  `environments:\n  dev: { apply: auto }\n  production: { apply: ${production}, after: [dev] }\n`;
const tree: Tree = {
  'infra.yml': infra('approval'),
  'environments/dev/main.tf': s3Backend('dev'),
  'environments/production/main.tf': s3Backend('production'),
};

let repository: TestRepository;
let first: string;
beforeEach(async () => {
  repository = await gitRepository(tree);
  first = repository.run('rev-parse', 'HEAD');
});
afterEach(() => repository.remove());

async function observed(
  values: Readonly<Record<string, string>>,
  options: Partial<Omit<HistoryOptions, 'inputs' | 'git' | 'workspace'>> = {},
) {
  return observeHistory({
    inputs: readInputs((name) => values[name] ?? '', envFrom({})),
    git: repository.git,
    workspace: await loadWorkspace({ root: repository.root }),
    origin: undefined,
    run: undefined,
    applied: undefined,
    log: silentLogger,
    ...options,
  });
}

/** All stacks were applied at one commit. */
function appliedAt(sha: string, rest: Partial<AppliedHistory> = {}): AppliedHistory {
  return {
    appliedBaseline: (stacks) =>
      Promise.resolve(new Map(stacks.map(({ id }) => [id, { version: 1, sha, at: '2026' }]))),
    hasState: () => Promise.resolve(true),
    compareStates: () => Promise.resolve(undefined),
    mergeCommitOf: () => Promise.resolve(undefined),
    brought: () => Promise.resolve(false),
    appliedElsewhere: () => Promise.resolve(new Map()),
    ...rest,
  };
}

const applyOf = (history: Awaited<ReturnType<typeof observed>>, name: string): string | undefined =>
  history.policy.config.environments.find((environment) => environment.name === name)?.apply;

const changedIn = ({ affected }: Awaited<ReturnType<typeof observed>>) =>
  affected?.changed.map(({ stack }) => stack.environment);

/** A pull request whose head is not what is checked out. */
const pull: ChangeOrigin = { kind: 'pull-request', baseRef: 'main', headSha: 'c'.repeat(40) };

describe('a pull request', () => {
  it('is compared with its base: stacks, gates, and stacks that are gone', async () => {
    await repository.commit({
      'infra.yml': infra('auto'),
      'environments/dev/main.tf': s3Backend('other'),
    });
    // What a pull request's run checks out: a merge commit whose first parent is the base.
    repository.run('checkout', '--quiet', '-b', 'topic', first);
    repository.run('merge', '--quiet', '--no-ff', '--message', 'merge', 'main');
    const merged = await observed(
      { command: 'plan', layers: 'changed' },
      {
        origin: pull,
        applied: appliedAt('x', {
          hasState: ({ stateKey }) => Promise.resolve(stateKey === 's3://states/dev'),
        }),
      },
    );
    expect(changedIn(merged)).toEqual(['dev', 'production']);
    expect(applyOf(merged, 'production')).toBe('approval');
    expect(merged.policy.differences.map(({ setting }) => setting)).toEqual([
      'apply',
      'unreviewed',
    ]);
    expect(merged.findings.map(({ severity, problem }) => [severity, problem.code])).toEqual([
      ['error', 'state-left-behind'],
    ]);
    expect(merged.commits).toEqual([merged.head]);
  });

  it('of all layers needs no history', async () => {
    const history = await observed({ command: 'plan', layers: 'all' }, { origin: pull });
    expect(history).toMatchObject({ affected: undefined, findings: [], commits: [] });
  });

  it('of changed layers needs it', async () => {
    await expect(
      observed({ command: 'plan', layers: 'changed' }, { origin: pull }),
    ).rejects.toMatchObject({ problems: [{ code: 'history-missing' }] });
  });
});

describe('an apply', () => {
  it('goes by the gates of what was last applied', async () => {
    await repository.commit({ 'infra.yml': infra('auto') });
    const history = await observed(
      { command: 'apply', environment: 'production', layers: 'changed' },
      { applied: appliedAt(first) },
    );
    expect(applyOf(history, 'production')).toBe('approval');
    expect(changedIn(history)).toEqual(['production']);
  });

  it('without an environment asks for those alone that need no approval', async () => {
    const asked: string[] = [];
    await observed(
      { command: 'apply', layers: 'changed' },
      {
        applied: appliedAt(first, {
          appliedBaseline: (stacks) => {
            asked.push(...stacks.map(({ environment }) => environment));
            return Promise.resolve(new Map());
          },
        }),
      },
    );
    expect(asked).toEqual(['dev']);
  });

  it('goes by its own gates, and takes every stack, where nothing was ever applied', async () => {
    const nothing = appliedAt(first, { appliedBaseline: () => Promise.resolve(new Map()) });
    const history = await observed({ command: 'apply', layers: 'changed' }, { applied: nothing });
    expect(changedIn(history)).toEqual(['dev']);
    expect(history.policy.differences).toEqual([]);
  });

  it('of all layers is refused where a newer commit is applied, too', async () => {
    const newer = await repository.commit({ 'README.md': 'x' });
    repository.run('checkout', '--quiet', first);
    await expect(
      observed({ command: 'apply', layers: 'all' }, { applied: appliedAt(newer) }),
    ).rejects.toMatchObject({ problems: [{ code: 'apply-older-than-baseline' }] });
  });

  it('takes up a merged pull request once more', async () => {
    const merge = await repository.commit({ 'environments/dev/x.tf': 'locals {}\n' });
    const again = { command: 'apply', layers: 'changed', 'apply-again': '7' };
    const history = await observed(again, {
      applied: appliedAt(merge, { mergeCommitOf: () => Promise.resolve(merge) }),
    });
    expect(history.affected?.changed.map(({ reasons }) => reasons)).toEqual([
      [{ kind: 'applied-again', sha: merge }],
    ]);
    await expect(observed(again, { applied: appliedAt(merge) })).rejects.toThrow(UserError);
  });
});

it('an apply takes up every commit of a pull request that was rebased', async () => {
  const one = await repository.commit({ 'environments/dev/x.tf': 'locals {}\n' });
  const two = await repository.commit({ 'environments/dev/y.tf': 'locals {}\n' });
  const last = await repository.commit({ 'README.md': 'x' });
  const history = await observed(
    { command: 'apply', layers: 'changed', 'apply-again': '7' },
    {
      applied: appliedAt(last, {
        mergeCommitOf: () => Promise.resolve(last),
        brought: (number, sha) => Promise.resolve(number === 7 && (sha === one || sha === two)),
      }),
    },
  );
  expect(changedIn(history)).toEqual(['dev']);
  expect([...history.commits].sort()).toEqual([one, two, last].sort());
});

describe('where nothing says what was applied', () => {
  const nothing = appliedAt('', { appliedBaseline: () => Promise.resolve(new Map()) });
  const production = { command: 'apply', environment: 'production' };

  /** As GitHub tells of a run on what is checked out. */
  const run = (values: Partial<GatedCheckout> = {}): GatedCheckout => ({
    ref: 'refs/heads/main',
    sha: repository.run('rev-parse', 'HEAD'),
    eventName: 'push',
    defaultBranch: 'main',
    pullRequest: undefined,
    ...values,
  });
  const gateOf = async (
    values: Readonly<Record<string, string>>,
    options: Parameters<typeof observed>[1] = {},
  ) => {
    const started = 'run' in options ? options.run : run();
    const { policy } = await observed(values, { applied: nothing, ...options, run: started });
    return policy.config.environments.find(({ name }) => name === 'production');
  };

  it('a change cannot open its own gate: the first parent decides', async () => {
    await repository.commit({ 'infra.yml': infra('auto') });
    for (const layers of ['all', 'changed']) {
      expect(await gateOf({ ...production, layers })).toMatchObject({ apply: 'approval' });
    }
    // In a terminal as well.
    expect(await gateOf(production, { run: undefined })).toMatchObject({ apply: 'approval' });
    await repository.commit({ 'README.md': 'merged, and another change' });
    expect(await gateOf(production)).toMatchObject({ apply: 'auto' });
  });

  it('nor can a change of several commits: what the branch was before the push decides', async () => {
    await repository.commit({ 'infra.yml': infra('auto') });
    await repository.commit({ 'README.md': 'x' });
    const pushed = run({ pushedFrom: first });
    expect(await gateOf(production, { run: pushed })).toMatchObject({ apply: 'approval' });
    const gone = run({ pushedFrom: 'f'.repeat(40) });
    expect(await gateOf(production, { run: gone })).toMatchObject({ apply: 'approval' });
  });

  it('on another branch the default branch decides, and approval where it is not there', async () => {
    const main = repository.run('rev-parse', 'HEAD');
    repository.run('checkout', '--quiet', '-b', 'topic');
    await repository.commit({ 'infra.yml': infra('auto') });
    await repository.commit({ 'README.md': 'x' });
    const branch = run({ ref: 'refs/heads/topic', eventName: 'workflow_dispatch' });
    const unseen = await gateOf(production, { run: branch });
    expect(unseen).toMatchObject({ apply: 'approval', unreviewed: 'stop' });
    repository.run('update-ref', 'refs/remotes/origin/main', main);
    expect(await gateOf(production, { run: branch })).toMatchObject({ apply: 'approval' });
    repository.run('update-ref', 'refs/remotes/origin/main', 'HEAD');
    expect(await gateOf(production, { run: branch })).toMatchObject({ apply: 'auto' });
  });

  it('nor does a commit decide that is not the one of the branch that was started', async () => {
    await repository.commit({ 'infra.yml': infra('auto') });
    await repository.commit({ 'README.md': 'x' });
    const other = run({ sha: first, eventName: 'workflow_dispatch' });
    expect(await gateOf(production, { run: other })).toMatchObject({ apply: 'approval' });
  });

  it('a checkout without that commit gets approval and the default guards', async () => {
    await repository.commit({
      'infra.yml': `${infra('auto')}guards: { prevent-destroy: [], max-destroys: 1000 }\n`,
    });
    const full = repository;
    repository = await full.shallowClone(1);
    try {
      const gate = await gateOf({ ...production, layers: 'all' });
      expect(gate).toMatchObject({ apply: 'approval', unreviewed: 'stop' });
      expect(gate?.guards.maxDestroys).toBe(20);
      expect(gate?.guards.preventDestroy).toContain('aws_db_instance');
    } finally {
      await repository.remove();
      repository = full;
    }
  });

  it('so does one without git, on GitHub', async () => {
    await repository.commit({ 'infra.yml': infra('auto') });
    const started = run();
    await rm(path.join(repository.root, '.git'), { recursive: true });
    expect(await gateOf({ ...production, layers: 'all' }, { run: started })).toMatchObject({
      apply: 'approval',
    });
    const byHand = await gateOf({ ...production, layers: 'all' }, { run: undefined });
    expect(byHand).toMatchObject({ apply: 'auto' });
  });

  it('the first commit of a repository has its own gates', async () => {
    const values = { command: 'apply', environment: 'dev', layers: 'all' };
    const history = await observed(values, { applied: nothing, run: run() });
    expect(applyOf(history, 'dev')).toBe('auto');
    expect(history.policy.differences).toEqual([]);
  });
});

describe('what changes a state', () => {
  const state = { command: 'state', environment: 'production', layers: 'production' };
  const unlocking = { ...state, command: 'unlock', 'lock-id': 'x' };

  it.each([
    ['state', state],
    ['unlock', unlocking],
    ['destroy', { ...state, command: 'destroy' }],
  ])('goes by the gates of what was last applied: %s', async (_, values) => {
    await repository.commit({ 'infra.yml': infra('auto') });
    await repository.commit({ 'README.md': 'x' });
    const history = await observed(values, { applied: appliedAt(first) });
    expect(applyOf(history, 'production')).toBe('approval');
    expect(history.findings).toEqual([]);
  });

  it.each([
    ['a dry run', { ...state, 'dry-run': 'true' }],
    ['a look at locks', { ...state, command: 'unlock' }],
  ])('asks nobody where it only looks: %s', async (_, values) => {
    const asked = appliedAt(first, {
      appliedBaseline: () => Promise.reject(new Error('asked')),
    });
    expect(await observed(values, { applied: asked })).toMatchObject({ commits: [] });
  });
});

describe('a plan on a branch', () => {
  it('shows what an apply would do', async () => {
    await repository.commit({ 'environments/dev/x.tf': 'locals {}\n' });
    await repository.commit({ 'README.md': 'x' });
    const plan = { command: 'plan', layers: 'changed' };
    expect(changedIn(await observed(plan, { applied: appliedAt(first) }))).toEqual(['dev']);
    // In the merge queue it is the change that counts.
    const origin = { kind: 'merge-group', baseSha: repository.run('rev-parse', 'HEAD^') } as const;
    expect(changedIn(await observed(plan, { applied: appliedAt(first), origin }))).toEqual([]);
  });

  it('of all layers is compared with nothing', async () => {
    const history = await observed({ command: 'plan' }, { applied: appliedAt('x') });
    expect(history).toMatchObject({ affected: undefined, commits: [], head: undefined });
  });

  it('of all layers is compared with what was applied where an apply follows', async () => {
    await repository.commit({ 'infra.yml': `# changed\n${infra('approval')}` });
    const applied = appliedAt(first, {
      earlierBaseline: (_, stacks) =>
        Promise.resolve(
          new Map(stacks.map(({ id }) => [id, { version: 1, sha: first, at: '2026' }])),
        ),
    });
    const plan = { command: 'plan', 'prove-gates': 'true', environment: 'production' };
    const history = await observed(plan, { applied });
    expect(history.affected).toBeUndefined();
    expect(history.unpromoted.map(({ before }) => before.environment)).toEqual(['dev']);
  });
});

describe('an environment that a plan of this commit has found up to date', () => {
  const values = { command: 'apply', layers: 'changed' };

  it('stops no promotion of what its note does not have', async () => {
    await repository.commit({ 'infra.yml': `# changed\n${infra('approval')}` });
    const applied = appliedAt(first, {
      earlierBaseline: (_, stacks) =>
        Promise.resolve(
          new Map(stacks.map(({ id }) => [id, { version: 1, sha: first, at: '2026' }])),
        ),
    });
    const production = { ...values, environment: 'production' };
    const refused = await observed(production, { applied });
    expect(refused.unpromoted.map(({ before }) => before.environment)).toEqual(['dev']);
    const promoted = await observed({ ...production, 'up-to-date': 'dev' }, { applied });
    expect(promoted.unpromoted).toEqual([]);
  });

  it('holds none of its readers back', async () => {
    const global = 'environments/global/main.tf';
    await repository.commit({
      'infra.yml':
        'environments:\n  global: { apply: approval }\n  dev: { apply: auto, after: [global] }\n',
      [global]: s3Backend('global'),
      'environments/dev/main.tf': s3Backend('dev') + s3RemoteState('global', 'global'),
      'environments/production/main.tf': undefined,
    });
    const base = repository.run('rev-parse', 'HEAD');
    await repository.commit({ [global]: `# only a comment\n${s3Backend('global')}` });
    const applied = appliedAt(base, {
      appliedElsewhere: (read) =>
        Promise.resolve(
          new Map(read.map(({ stack }) => [stack.id, { version: 1, sha: base, at: '2026' }])),
        ),
    });
    const dev = { ...values, environment: 'dev' };
    expect([...(await observed(dev, { applied })).pending]).toContain('environments/global');
    const upToDate = await observed({ ...dev, 'up-to-date': 'global' }, { applied });
    expect([...upToDate.pending]).not.toContain('environments/global');
  });
});

describe('an apply after everything was moved', () => {
  const moved = {
    'infra.yml': `${infra('auto')}stacks:\n  - path: stacks/{environment}\n    moved-from: ['environments/{environment}']\n`,
    'environments/dev/main.tf': undefined,
    'environments/production/main.tf': undefined,
    'stacks/dev/main.tf': s3Backend('stacks/dev'),
    'stacks/production/main.tf': s3Backend('stacks/production'),
  };
  /** Only the former places have a state, and what was applied is noted beside those. */
  const former = (sha?: string): AppliedHistory =>
    appliedAt('x', {
      appliedBaseline: (stacks) =>
        Promise.resolve(
          new Map(
            stacks.flatMap(({ id }) =>
              sha === undefined || id.startsWith('stacks/')
                ? []
                : [[id, { version: 1, sha, at: '2026' }] as const],
            ),
          ),
        ),
      hasState: ({ id }) => Promise.resolve(id.startsWith('environments/')),
    });
  const apply = { command: 'apply', environment: 'production', layers: 'changed' };
  const codes = ({ findings }: Awaited<ReturnType<typeof observed>>) =>
    findings.map(({ severity, problem, fate }) => [severity, problem.code, fate.from.id]);

  it('knows since when to look, by which gates, and which states to move', async () => {
    await repository.commit({ 'README.md': 'x' });
    await repository.commit(moved);
    await repository.commit({ 'README.md': 'y' });
    const history = await observed(apply, { applied: former(first) });
    expect(codes(history)).toEqual([
      ['notice', 'state-moves', 'environments/dev'],
      ['notice', 'state-moves', 'environments/production'],
    ]);
    // Of what was applied before, not of the change that moves everything.
    expect(applyOf(history, 'production')).toBe('approval');
    expect(history.commits).toHaveLength(3);
    expect(changedIn(history)).toEqual(['production']);
  });

  it('finds the states also where nothing was ever noted', async () => {
    await repository.commit(moved);
    await repository.commit({ 'README.md': 'y' });
    expect(codes(await observed(apply, { applied: former() }))).toHaveLength(2);
  });

  it('is told of the moves by a plan on the branch too', async () => {
    await repository.commit(moved);
    const history = await observed(
      { command: 'plan', layers: 'changed' },
      { applied: former(first) },
    );
    expect(codes(history)).toHaveLength(2);
  });

  it('is refused where the clone is too shallow to tell, whatever layers it takes', async () => {
    await repository.commit(moved);
    const clone = await repository.shallowClone(1);
    try {
      for (const layers of ['changed', 'all']) {
        await expect(
          observeHistory({
            inputs: readInputs(
              (name) => new Map(Object.entries({ ...apply, layers })).get(name) ?? '',
              envFrom({}),
            ),
            git: clone.git,
            workspace: await loadWorkspace({ root: clone.root }),
            ...{ origin: undefined, run: undefined, log: silentLogger },
            applied: former(first),
          }),
        ).rejects.toMatchObject({ problems: [{ code: 'history-missing' }] });
      }
    } finally {
      await clone.remove();
    }
  });

  it('is not refused there where the backend is one whose states no apply moves', async () => {
    const gcs = 'terraform {\n  backend "gcs" {\n    bucket = "states"\n  }\n}\n';
    await repository.commit({
      ...moved,
      'stacks/dev/main.tf': gcs.replace('}', '  prefix = "dev"\n  }'),
      'stacks/production/main.tf': gcs.replace('}', '  prefix = "production"\n  }'),
    });
    const clone = await repository.shallowClone(1);
    try {
      const inputs = readInputs(
        (name) => new Map(Object.entries(apply)).get(name) ?? '',
        envFrom({}),
      );
      const history = await observeHistory({
        ...{ inputs, git: clone.git, workspace: await loadWorkspace({ root: clone.root }) },
        ...{ origin: undefined, run: undefined, log: silentLogger },
        applied: appliedAt('x', {
          appliedBaseline: () => Promise.resolve(new Map()),
          hasState: () => Promise.resolve(undefined),
        }),
      });
      expect(codes(history)).toEqual([]);
    } finally {
      await clone.remove();
    }
  });

  it('asks for no history once the new places have a state', async () => {
    await repository.commit(moved);
    const applied = appliedAt('x', {
      appliedBaseline: () => Promise.resolve(new Map()),
      hasState: ({ id }) => Promise.resolve(id.startsWith('stacks/')),
    });
    expect(codes(await observed(apply, { applied }))).toEqual([]);
  });
});

describe('a leg', () => {
  const dev = 'environments/dev';
  const values = {
    command: 'apply',
    environment: 'dev',
    leg: JSON.stringify({ leg: '2-01', stacks: [], after: [dev] }),
  };
  const noted = (entry: object | undefined) =>
    appliedAt('', {
      appliedBaseline: () =>
        Promise.resolve(
          new Map(
            entry === undefined ? [] : [[dev, { version: 1, sha: first, at: '2026', ...entry }]],
          ),
        ),
    });
  const undone = async (entry: object | undefined): Promise<readonly string[]> => [
    ...((await observed(values, { applied: noted(entry) })).undone ?? []),
  ];

  it('sees from the notes beside states what others have applied at this commit', async () => {
    const head = await repository.commit({ 'environments/dev/more.tf': '# more\n' });
    expect(await undone({ sha: head })).toEqual([]);
    expect(await undone({ heldBackAt: head })).toEqual([]);
    expect(await undone({})).toEqual([dev]);
    expect(await undone({ sha: head, stateChangedBy: 'apply' })).toEqual([dev]);
    expect(await undone(undefined)).toEqual([dev]);
  });
});
