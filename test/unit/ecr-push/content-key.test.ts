import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gitIn } from '../../../actions/ecr-push/git.js';
import type { BuildSource } from '../../../actions/ecr-push/inputs/source.js';
import { findContentKey, type ContentKey } from '../../../actions/ecr-push/key/content-key.js';
import { isExcluded, parseIgnoreFile } from '../../../actions/ecr-push/key/ignore-files.js';
import { keyTagPattern } from '../../../actions/ecr-push/tags.js';
import { runProcess } from '../../../actions/shared/process.js';
import { buildSource } from '../../support/ecr-push-inputs.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';

const files = {
  'app/Dockerfile': 'FROM scratch\nCOPY . /\n',
  'app/main.txt': 'hello',
  'README.md': 'outside of the context',
};

let repository: TestRepository;
beforeEach(async () => {
  repository = await gitRepository(files);
});
afterEach(() => repository.remove());

async function key(
  changes: Partial<BuildSource> = {},
  options: { readonly directory?: string; readonly platform?: string } = {},
): Promise<ContentKey> {
  const directory = path.join(repository.root, options.directory ?? 'app');
  const git = gitIn({ run: runProcess, signal: new AbortController().signal }, directory);
  const context = { directory, dockerfile: path.join(repository.root, 'app/Dockerfile') };
  return findContentKey(git, context, buildSource(changes), options.platform ?? 'linux/amd64');
}

const write = (file: string, text: string): Promise<void> =>
  writeFile(path.join(repository.root, file), text);

it('is a tag, the same in any branch and commit with the same files', async () => {
  const first = await key();
  expect(first).toMatchObject({ kind: 'key', tag: expect.stringMatching(keyTagPattern) as string });
  repository.run('switch', '--quiet', '--create', 'other');
  await repository.commit({ 'README.md': 'changed' });
  expect(await key()).toEqual(first);
  await repository.commit({ 'app/main.txt': 'changed' });
  expect(await key()).not.toEqual(first);
  await repository.commit({ 'app/main.txt': 'hello' });
  expect(await key()).toEqual(first);
});

it.each([
  ['target', { target: 'run' }],
  ['build argument', { buildArgs: { A: '1' } }],
  ['label', { labels: { a: '1' } }],
  ['platform', { platforms: ['linux/arm64'] }],
  ['id of a secret', { secrets: [{ id: 'npm', from: 'value', value: 'x' }] }],
  ['ssh id', { ssh: ['default'] }],
  ['provenance', { provenance: true }],
  ['SBOM', { sbom: true }],
] as const)('another %s is another key', async (_what, changes) => {
  expect(await key(changes)).not.toEqual(await key());
});

it('does not depend on values of secrets, on order, or on caches', async () => {
  const secret = (value: string) => ({ id: 'npm', from: 'value', value }) as const;
  expect(await key({ secrets: [secret('a')] })).toEqual(await key({ secrets: [secret('b')] }));
  expect(await key({ platforms: ['linux/amd64', 'linux/arm64'] })).toEqual(
    await key({ platforms: ['linux/arm64', 'linux/amd64'] }),
  );
  expect(await key({ cacheFrom: ['type=gha'], engine: 'docker' })).toEqual(await key());
});

it('is that of the machine’s platform where none is asked for', async () => {
  expect(await key({}, { platform: 'linux/arm64' })).not.toEqual(await key());
  expect(await key({ platforms: ['linux/amd64'] })).toEqual(await key());
});

describe('there is none', () => {
  it.each([
    ['changed', 'app/main.txt'],
    ['new', 'app/new.txt'],
  ])('with a %s file', async (_what, file) => {
    await write(file, 'other');
    expect(await key()).toMatchObject({ kind: 'none' });
  });

  it('with an ignored file, unless .dockerignore leaves it out', async () => {
    await repository.commit({ '.gitignore': 'build/\n' });
    await mkdir(path.join(repository.root, 'app/build'));
    await write('app/build/out', 'x');
    expect(JSON.stringify(await key())).toContain('build/ is ignored');
    expect(await key()).toMatchObject({ kind: 'none' });
    await repository.commit({ 'app/.dockerignore': 'build\n' });
    expect(await key()).toMatchObject({ kind: 'key' });
    await repository.commit({ 'app/.dockerignore': 'build\n!build/out\n' });
    expect(await key()).toMatchObject({ kind: 'none' });
  });

  it('where .git is in the context', async () => {
    expect(await key({}, { directory: '.' })).toMatchObject({ kind: 'none' });
    await repository.commit({ '.dockerignore': '.git\n' });
    expect(await key({}, { directory: '.' })).toMatchObject({ kind: 'key' });
  });

  it('where git was told not to look', async () => {
    repository.run('update-index', '--assume-unchanged', 'app/main.txt');
    await write('app/main.txt', 'other');
    expect(await key()).toMatchObject({ kind: 'none' });
  });

  it('with files of Git LFS', async () => {
    await repository.commit({ 'app/.gitattributes': 'main.txt filter=lfs\n' });
    expect(await key()).toMatchObject({ kind: 'none' });
  });

  it('outside of git', async () => {
    await write('.git/HEAD', 'broken');
    expect(await key()).toMatchObject({ kind: 'none' });
  });
});

it('changes outside of the context do not matter, a Dockerfile there does', async () => {
  const first = await key({}, { directory: 'app' });
  await write('README.md', 'changed');
  expect(await key({}, { directory: 'app' })).toEqual(first);
});

describe('ignore files', () => {
  it.each([
    ['node_modules', 'node_modules/', true],
    ['node_modules', 'node_modules/a/b', true],
    ['node_modules', 'app/node_modules/', false],
    ['**/node_modules', 'app/node_modules/', true],
    ['**/node_modules', 'node_modules/', true],
    ['*.log', 'a.log', true],
    ['*.log', 'a/b.log', false],
    ['/dist/', 'dist/', true],
    ['*\n!keep', 'other', true],
    ['*\n!keep', 'keep', false],
    ['*\n!keep', 'other/', false],
    ['# node', 'node', false],
    ['.*', '.env', true],
    ['a{b,c}', 'ab', false],
    ['te?t', 'test', true],
  ])('%j and %s: %s', (text, file, expected) => {
    expect(isExcluded(parseIgnoreFile(text), file)).toBe(expected);
  });
});
