import { UserError } from '../../../actions/shared/errors.js';
import { envFrom } from '../../../actions/shared/env.js';
import type { ChangeOrigin } from '../../../actions/terraform-layer/changes/changed-files.js';
import {
  observeHistory,
  type AppliedHistory,
  type HistoryOptions,
} from '../../../actions/terraform-layer/changes/history.js';
import { readInputs } from '../../../actions/terraform-layer/inputs.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { silentLogger } from '../../support/silent-logger.js';
import { s3Backend, type Tree } from '../../support/stacks.js';

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
            ...{ pullRequest: undefined, eventName: 'push', log: silentLogger },
            applied: former(first),
          }),
        ).rejects.toMatchObject({ problems: [{ code: 'history-missing' }] });
      }
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
