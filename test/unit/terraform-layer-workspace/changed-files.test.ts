import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  changedFiles,
  filesOnTheWay,
  type ChangeOrigin,
} from '../../../actions/terraform-layer/changes/changed-files.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { problemCodes } from '../../support/problem-codes.js';

let repository: TestRepository;
let first: string;
beforeEach(async () => {
  repository = await gitRepository({ 'dev.tf': 'a\n', 'prod.tf': 'a\n' });
  first = repository.run('rev-parse', 'HEAD');
});
afterEach(() => repository.remove());

/** What the checkout action fetches with `fetch-depth: 0`. */
function fetched(): void {
  repository.run('update-ref', 'refs/remotes/origin/main', 'main');
}

/** A topic branch that changes `dev.tf`, while `prod.tf` changes on main. */
async function diverged(): Promise<{ readonly topic: string; readonly main: string }> {
  repository.run('checkout', '--quiet', '-b', 'topic');
  const topic = await repository.commit({ 'dev.tf': 'b\n' });
  repository.run('checkout', '--quiet', 'main');
  const main = await repository.commit({ 'prod.tf': 'b\n' });
  return { topic, main };
}

function merge(into: string, other: string): string {
  repository.run('checkout', '--quiet', into);
  repository.run('merge', '--quiet', '--no-ff', '--message', 'merge', other);
  return repository.run('rev-parse', 'HEAD');
}

const pull = (headSha: string): ChangeOrigin => ({
  kind: 'pull-request',
  baseRef: 'main',
  headSha,
});

describe('the files that a pull request changes', () => {
  it('are those of its test merge, also where main is not fetched', async () => {
    const { topic, main } = await diverged();
    merge('main', 'topic');
    expect(await changedFiles(repository.git, pull(topic))).toMatchObject({
      ...{ changed: ['dev.tf'], deleted: [], base: main },
    });
  });

  it('are those since its merge base where its head is checked out', async () => {
    const { topic } = await diverged();
    fetched();
    repository.run('checkout', '--quiet', topic);
    expect(await changedFiles(repository.git, pull(topic))).toMatchObject({
      ...{ changed: ['dev.tf'], base: first },
    });
  });

  it('are its own where its head is a merge of main ("Update branch")', async () => {
    const { main } = await diverged();
    fetched();
    const head = merge('topic', 'main');
    expect(await changedFiles(repository.git, pull(head))).toMatchObject({
      ...{ changed: ['dev.tf'], base: main },
    });
  });

  it('are its own where such a head was pushed after the event', async () => {
    const { topic, main } = await diverged();
    fetched();
    merge('topic', 'main');
    expect(await changedFiles(repository.git, pull(topic))).toMatchObject({
      ...{ changed: ['dev.tf'], base: main },
    });
  });

  it('are those of a test merge that is newer than the event', async () => {
    const { topic, main } = await diverged();
    fetched();
    repository.run('checkout', '--quiet', 'topic');
    await repository.commit({ 'new.tf': 'a\n' });
    merge('main', 'topic');
    expect(await changedFiles(repository.git, pull(topic))).toMatchObject({
      ...{ changed: ['dev.tf', 'new.tf'], base: main },
    });
  });

  it('are not known where its head is checked out without main', async () => {
    await diverged();
    const head = merge('topic', 'main');
    expect(await problemCodes(changedFiles(repository.git, pull(head)))).toEqual([
      'history-missing',
    ]);
  });
});

describe('the files that a merge group changes', () => {
  it('are those of all its commits where the queue rebases', async () => {
    await repository.commit({ 'one.tf': 'a\n' });
    await repository.commit({ 'two.tf': 'a\n' });
    await repository.commit({ 'three.tf': 'a\n' });
    const { changed, base } = await changedFiles(repository.git, {
      kind: 'merge-group',
      baseSha: first,
    });
    expect([...changed].sort()).toEqual(['one.tf', 'three.tf', 'two.tf']);
    expect(base).toBe(first);
  });

  it('are not known where its base is not fetched', async () => {
    await repository.commit({ 'one.tf': 'a\n' });
    await repository.commit({ 'two.tf': 'a\n' });
    const clone = await repository.shallowClone(2);
    try {
      const origin = { kind: 'merge-group', baseSha: first } as const;
      expect(await problemCodes(changedFiles(clone.git, origin))).toEqual(['history-missing']);
    } finally {
      await clone.remove();
    }
  });
});

it('a commit that nothing is known of is compared with its first parent', async () => {
  await repository.commit({ 'one.tf': 'a\n', 'dev.tf': undefined });
  expect(await changedFiles(repository.git, undefined)).toMatchObject({
    ...{ changed: ['one.tf'], deleted: ['dev.tf'], base: first },
  });
});

it('a submodule that has moved on has changed, also where git is told to ignore it', async () => {
  const bump = async (commit: string): Promise<void> => {
    // An empty folder is a submodule that is not fetched.
    await mkdir(path.join(repository.root, 'modules'), { recursive: true });
    const ignoring = '[submodule "m"]\n  path = modules\n  url = ../m\n  ignore = all\n';
    repository.run('update-index', '--add', '--cacheinfo', `160000,${commit},modules`);
    await repository.commit({ '.gitmodules': ignoring + `# ${commit}\n` });
  };
  await bump(first);
  const base = repository.run('rev-parse', 'HEAD');
  await bump(base);
  expect((await changedFiles(repository.git, undefined)).changed).toContain('modules');
  expect(await filesOnTheWay(repository.git, base, 'HEAD')).toContain('modules');
});

it('files on the way are also those that came and went, and what merges brought', async () => {
  await repository.commit({ 'gone.tf': 'a\n' });
  await repository.commit({ 'gone.tf': undefined });
  await diverged();
  const head = merge('main', 'topic');
  expect([...(await filesOnTheWay(repository.git, first, head))].sort()).toEqual([
    ...['dev.tf', 'gone.tf', 'prod.tf'],
  ]);
});
