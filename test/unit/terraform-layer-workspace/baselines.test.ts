import {
  appliedChanges,
  type AppliedChanges,
} from '../../../actions/terraform-layer/changes/baselines.js';
import type { TakenUpAgain } from '../../../actions/terraform-layer/changes/apply-again.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { problemCodes } from '../../support/problem-codes.js';
import { s3Backend, s3RemoteState, type Tree } from '../../support/stacks.js';

const network = 'layers/network/environments/dev';
const app = 'layers/app/environments/dev';
const tree: Tree = {
  [`${network}/main.tf`]: s3Backend('network'),
  [`${app}/main.tf`]: `${s3Backend('app')}module "m" { source = "../../../../modules/m" }\n`,
  'layers/web/environments/dev/main.tf': s3Backend('web') + s3RemoteState('app', 'app'),
  'modules/m/main.tf': 'locals {}\n',
};

let repository: TestRepository;
beforeEach(async () => {
  repository = await gitRepository(tree);
});
afterEach(() => repository.remove());

/** `shas` by a stack's name; one that is not named was never applied. */
async function changesSince(
  shas: Readonly<Record<string, string>>,
  rest: {
    readonly again?: TakenUpAgain;
    readonly in?: TestRepository;
    readonly environment?: string;
    /** What changed a state since it was applied, by a stack's name. */
    readonly changedBy?: Readonly<Record<string, string>>;
  } = {},
): Promise<AppliedChanges> {
  const { git, root } = rest.in ?? repository;
  const workspace = await loadWorkspace({ root });
  const baselines = new Map(
    workspace.stacks.flatMap(({ id, name }) => {
      const sha = shas[name];
      const entry = { version: 1 as const, at: '2026-01-01T00:00:00Z', runUrl: 'https://run/1' };
      const by = rest.changedBy?.[name];
      const marked = by === undefined ? entry : { ...entry, stateChangedBy: by };
      return sha === undefined ? [] : [[id, { ...marked, sha }] as const];
    }),
  );
  const { again, environment } = rest;
  const stacks = workspace.stacks.filter(
    (stack) => environment === undefined || stack.environment === environment,
  );
  return appliedChanges({ git, workspace, stacks, baselines, again });
}

const reasonsOf = ({ affected }: AppliedChanges) =>
  Object.fromEntries(
    affected.changed.map(({ stack, reasons }) => [stack.name, reasons.map(({ kind }) => kind)]),
  );

const dependentsOf = ({ affected }: AppliedChanges) => affected.dependents.map(({ name }) => name);

describe('what an apply covers', () => {
  it('is everything since each stack was applied, not the last push alone (T-G1)', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    const a = await repository.commit({ [`${network}/main.tf`]: `${s3Backend('network')}# a\n` });
    const b = await repository.commit({ 'modules/m/main.tf': 'locals { b = 1 }\n' });
    // A waits for its approval and is never applied; B's run takes up both.
    const changes = await changesSince({ network: first, app: first, web: first });
    expect(reasonsOf(changes)).toEqual({ network: ['own-file'], app: ['module'] });
    expect(changes.affected.dependents.map(({ name }) => name)).toEqual(['web']);
    expect(changes.commits).toEqual([b, a]);
    expect(changes.bases).toEqual([first]);
  });

  it('has a base for each stack', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    const a = await repository.commit({ [`${network}/main.tf`]: `${s3Backend('network')}# a\n` });
    const b = await repository.commit({ 'modules/m/main.tf': 'locals { b = 1 }\n' });
    const changes = await changesSince({ network: a, app: a, web: first });
    expect(reasonsOf(changes)).toEqual({ app: ['module'] });
    expect(changes.bases).toEqual([first, a]);
    expect(changes.oldestBases).toEqual(new Map([['dev', first]]));
    expect([...changes.commits].sort()).toEqual([a, b].sort());
  });

  it('is nothing where all is applied', async () => {
    const head = repository.run('rev-parse', 'HEAD');
    const changes = await changesSince({ network: head, app: head, web: head });
    expect(changes.affected).toEqual({ changed: [], dependents: [] });
    expect(changes.commits).toEqual([head]);
  });

  it('sees a revert: what was applied in between counts, not what differs from before', async () => {
    const a = await repository.commit({ [`${network}/main.tf`]: `${s3Backend('network')}# a\n` });
    await repository.commit({ [`${network}/main.tf`]: s3Backend('network') });
    expect(reasonsOf(await changesSince({ network: a, app: a, web: a }))).toEqual({
      network: ['own-file'],
    });
  });

  it('is a stack that was never applied, with the commits that made it', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    const added = await repository.commit({
      'layers/new/environments/dev/main.tf': s3Backend('new'),
    });
    const head = await repository.commit({ 'README.md': 'x' });
    const changes = await changesSince({ network: head, app: head, web: head });
    expect(reasonsOf(changes)).toEqual({ new: ['never-applied'] });
    expect([...changes.commits].sort()).toEqual([added, head].sort());
    expect(changes.commits).not.toContain(first);
  });

  it('is a stack that was destroyed since, with the commits that made it', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    const head = await repository.commit({ 'README.md': 'x' });
    const changes = await changesSince(
      { network: head, app: head, web: head },
      { changedBy: { network: 'destroy' } },
    );
    expect(reasonsOf(changes)).toEqual({ network: ['state-changed'] });
    expect(changes.affected.dependents).toEqual([]);
    expect([...changes.commits].sort()).toEqual([first, head].sort());
    // The gates are still those of what was applied.
    expect([...changes.oldestBases]).toEqual([['dev', head]]);
  });

  it('is a stack whose apply ended halfway, also where a revert made its files what they were', async () => {
    const base = repository.run('rev-parse', 'HEAD');
    const half = await repository.commit({ 'layers/network/environments/dev/x.tf': 'locals {}\n' });
    repository.run('rm', '--quiet', 'layers/network/environments/dev/x.tf');
    const head = await repository.commit({ 'README.md': 'reverted' });
    const changes = await changesSince(
      { network: base, app: head, web: head },
      { changedBy: { network: 'apply' } },
    );
    expect(reasonsOf(changes)).toEqual({ network: ['state-changed'] });
    // No older ones: what was done halfway came since its base.
    expect([...changes.commits].sort()).toEqual([half, head].sort());
  });

  it('is a stack whose base is unknown or on another branch', async () => {
    const head = repository.run('rev-parse', 'HEAD');
    repository.run('checkout', '--quiet', '-b', 'other');
    const other = await repository.commit({ 'README.md': 'other' });
    repository.run('checkout', '--quiet', 'main');
    await repository.commit({ 'README.md': 'main' });
    const changes = await changesSince({
      network: 'a'.repeat(40),
      app: other,
      web: '--output=/tmp/x',
    });
    expect(
      changes.affected.changed.map(({ stack, reasons: [reason] }) => [
        stack.name,
        reason?.kind === 'baseline-unknown' ? reason.why : reason?.kind,
      ]),
    ).toEqual([
      ['app', 'not-an-ancestor'],
      ['network', 'missing'],
      ['web', 'missing'],
    ]);
    expect(changes.bases).toEqual([]);
    expect(changes.commits).toContain(head);
  });

  it('is what a commit changed that is taken up once more, and what reads that', async () => {
    const again = await repository.commit({ 'modules/m/main.tf': 'locals { b = 1 }\n' });
    const head = await repository.commit({ 'README.md': 'x' });
    const at = { network: head, app: head, web: head };
    const changes = await changesSince(at, { again: { sha: again } });
    expect(reasonsOf(changes)).toEqual({ app: ['applied-again'] });
    expect(dependentsOf(changes)).toEqual(['web']);
    expect(changes.commits).toContain(again);
  });

  it('is all commits that a pull request brought when it was rebased, not its last alone', async () => {
    const other = await repository.commit({
      [`${network}/main.tf`]: `${s3Backend('network')}# 0\n`,
    });
    const one = await repository.commit({ 'layers/web/environments/dev/x.tf': 'locals {}\n' });
    const two = await repository.commit({ 'modules/m/main.tf': 'locals { b = 1 }\n' });
    const head = await repository.commit({ 'README.md': 'x' });
    const at = { network: head, app: head, web: head };
    const asked: string[] = [];
    const brought = (sha: string) => {
      asked.push(sha);
      return Promise.resolve(sha === one);
    };
    const changes = await changesSince(at, { again: { sha: two, brought } });
    expect(reasonsOf(changes)).toEqual({ app: ['applied-again'], web: ['applied-again'] });
    expect(asked).toEqual([one, other]);
    expect([...changes.commits].sort()).toEqual([head, one, two].sort());
  });

  it('is all that a merge commit merged', async () => {
    repository.run('checkout', '--quiet', '-b', 'topic');
    await repository.commit({ 'layers/web/environments/dev/x.tf': 'locals {}\n' });
    await repository.commit({ 'modules/m/main.tf': 'locals { b = 1 }\n' });
    repository.run('checkout', '--quiet', 'main');
    await repository.commit({ [`${network}/main.tf`]: `${s3Backend('network')}# 0\n` });
    repository.run('merge', '--quiet', '--no-ff', '--message', 'merge', 'topic');
    const head = repository.run('rev-parse', 'HEAD');
    const brought = () => Promise.resolve(false);
    const at = { network: head, app: head, web: head };
    expect(reasonsOf(await changesSince(at, { again: { sha: head, brought } }))).toEqual({
      app: ['applied-again'],
      web: ['applied-again'],
    });
  });
});

describe('what reads a stack that changed', () => {
  const change = { 'modules/m/main.tf': 'locals { b = 1 }\n' };

  it('is pending until it is applied itself, though what it reads is (T-G1)', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    const head = await repository.commit(change);
    // app was applied at this very commit; web, which reads it, failed or was cancelled.
    const rerun = await changesSince({ network: head, app: head, web: first });
    expect(reasonsOf(rerun)).toEqual({});
    expect(dependentsOf(rerun)).toEqual(['web']);
    expect(rerun.oldestBases).toEqual(new Map([['dev', first]]));
    const done = await changesSince({ network: head, app: head, web: head });
    expect(done.affected).toEqual({ changed: [], dependents: [] });
  });

  it('is pending at any depth, each stack by its own base', async () => {
    await repository.commit({
      'layers/top/environments/dev/main.tf': s3Backend('top') + s3RemoteState('web', 'web'),
    });
    const first = repository.run('rev-parse', 'HEAD');
    const head = await repository.commit(change);
    const changes = await changesSince({ network: head, app: head, web: head, top: first });
    expect(dependentsOf(changes)).toEqual(['top']);
  });

  it('is pending where the change was applied and then taken back', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    await repository.commit(change);
    const head = await repository.commit({ 'modules/m/main.tf': 'locals {}\n' });
    // What came and went upstream may have other outputs now; its own files are what they were.
    const changes = await changesSince({ network: first, app: head, web: first });
    expect(reasonsOf(changes)).toEqual({});
    expect(dependentsOf(changes)).toEqual(['web']);
  });

  it('is pending though its own files, too, were changed and changed back', async () => {
    const web = 'layers/web/environments/dev/x.tf';
    const first = repository.run('rev-parse', 'HEAD');
    await repository.commit({ ...change, [web]: 'locals {}\n' });
    const head = await repository.commit({ 'modules/m/main.tf': 'locals {}\n', [web]: undefined });
    const changes = await changesSince({ network: first, app: head, web: first });
    expect(dependentsOf(changes)).toEqual(['web']);
  });

  it('is found from the other environment, in which nothing changed', async () => {
    await repository.commit({
      'layers/shared/environments/global/main.tf': s3Backend('shared'),
      'layers/edge/environments/dev/main.tf': s3Backend('edge') + s3RemoteState('s', 'shared'),
    });
    const first = repository.run('rev-parse', 'HEAD');
    const head = await repository.commit({
      'layers/shared/environments/global/x.tf': 'locals {}\n',
    });
    const all = { network: first, app: first, web: first, edge: first, shared: head };
    const changes = await changesSince(all, { environment: 'dev' });
    expect(reasonsOf(changes)).toEqual({});
    expect(dependentsOf(changes)).toEqual(['edge']);
    expect(changes.commits).toEqual([head]);
  });
});

describe('an apply is refused', () => {
  it('from a commit that is older than what is applied', async () => {
    const old = repository.run('rev-parse', 'HEAD');
    const newer = await repository.commit({ 'README.md': 'x' });
    repository.run('checkout', '--quiet', old);
    const refused = changesSince({ network: newer, app: old });
    expect(await problemCodes(refused)).toEqual(['apply-older-than-baseline']);
    await expect(refused).rejects.toThrow(new RegExp(`${old}.*${newer}.*https://run/1`));
  });

  it('where a shallow clone hides what was applied', async () => {
    const first = repository.run('rev-parse', 'HEAD');
    await repository.commit({ 'README.md': 'x' });
    const clone = await repository.shallowClone(1);
    try {
      const refused = changesSince({ network: first }, { in: clone });
      expect(await problemCodes(refused)).toEqual(['history-missing']);
      await expect(refused).rejects.toThrow('fetch-depth: 0');
      expect(reasonsOf(await changesSince({}, { in: clone }))).toEqual({
        app: ['never-applied'],
        network: ['never-applied'],
        web: ['never-applied'],
      });
    } finally {
      await clone.remove();
    }
  });

  it('of a commit that is not in what is checked out', async () => {
    const head = repository.run('rev-parse', 'HEAD');
    expect(
      await problemCodes(changesSince({ app: head }, { again: { sha: 'b'.repeat(40) } })),
    ).toEqual(['apply-again-unknown']);
  });
});
