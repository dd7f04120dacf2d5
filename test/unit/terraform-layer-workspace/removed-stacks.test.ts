import { gitFiles } from '../../../actions/terraform-layer/changes/git-files.js';
import { stateFindings } from '../../../actions/terraform-layer/changes/base-stacks.js';
import type { HasState } from '../../../actions/terraform-layer/changes/removed-stacks.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { s3Backend, type Tree } from '../../support/stacks.js';

const body = Array.from({ length: 20 }, (_, n) => `resource "terraform_data" "r${n}" {}\n`).join(
  '',
);
const place = (name: string): string => `layers/${name}/environments/dev/main.tf`;
const tree: Tree = {
  [place('01-a')]: s3Backend('a') + body,
  [place('02-b')]: s3Backend('b') + body.replaceAll('terraform_data', 'null_resource'),
};

/** An `infra.yml` by which the layers' stacks may have stood in another layer before. */
const layersMovedFrom = (former: string): string =>
  'stacks:\n  - path: layers/{layer}/environments/{environment}\n' +
  `    moved-from: ["layers/${former}/environments/{environment}"]\n`;

let repository: TestRepository;
beforeEach(async () => {
  repository = await gitRepository(tree);
});
afterEach(() => repository.remove());

/** Keys of states that exist; the others do not, unless `unknown`. */
async function findings(
  states: readonly string[],
  options: {
    readonly unknown?: boolean;
    readonly unreadable?: string[];
    readonly compared?: 'same' | 'ahead' | 'other';
  } = {},
) {
  const { git, root } = repository;
  const hasState: HasState = ({ stateKey }) =>
    Promise.resolve(options.unknown === true ? undefined : states.includes(stateKey));
  const found = await stateFindings({
    git,
    head: await loadWorkspace({ root }),
    bases: [repository.run('rev-parse', 'HEAD^')],
    variables: {},
    varFiles: [],
    states: { hasState, compareStates: () => Promise.resolve(options.compared) },
    onUnreadable: (_, { problems }) => options.unreadable?.push(...problems.map((p) => p.code)),
  });
  return found.map(
    ({ severity, problem, fate }) => [severity, problem.code, fate.from.id] as const,
  );
}

describe('a deleted stack', () => {
  beforeEach(() => repository.commit({ [place('02-b')]: undefined }));

  it('that has a state is an error that names the command to destroy it first', async () => {
    expect(await findings(['s3://states/b'])).toEqual([
      ['error', 'deleted-stack-has-state', 'layers/02-b/environments/dev'],
    ]);
  });

  it('without a state is nothing', async () => {
    expect(await findings(['s3://states/a'])).toEqual([]);
  });

  it('whose state cannot be looked at is a warning', async () => {
    expect(await findings([], { unknown: true })).toMatchObject([
      ['warning', 'deleted-stack-has-state', 'layers/02-b/environments/dev'],
    ]);
  });
});

describe('a stack that is moved', () => {
  const moved = { [place('02-b')]: undefined, [place('02-platform')]: tree[place('02-b')] };

  it('with its state is renamed, and no error', async () => {
    await repository.commit(moved);
    expect(await findings(['s3://states/b'])).toEqual([
      ['notice', 'stack-renamed', 'layers/02-b/environments/dev'],
    ]);
  });

  const rekeyed = {
    [place('02-b')]: undefined,
    [place('02-platform')]: tree[place('02-b')]?.replace('"b"', '"platform"'),
  };

  it('to another state leaves the old one behind: git tells where it went', async () => {
    await repository.commit(rekeyed);
    expect(await findings(['s3://states/b'])).toEqual([
      ['error', 'state-left-behind', 'layers/02-b/environments/dev'],
    ]);
  });

  it('and whose state was moved before is fine', async () => {
    await repository.commit(rekeyed);
    expect(await findings(['s3://states/b', 's3://states/platform'])).toEqual([]);
  });

  it('and rewritten is known again by moved-from', async () => {
    const infra = (rest: string): string =>
      `stacks:\n  - path: layers/{layer}/environments/{environment}\n${rest}`;
    await repository.commit({
      [place('02-b')]: undefined,
      'layers/platform/environments/dev/main.tf': s3Backend('platform'),
      'infra.yml': infra(''),
    });
    expect(await findings(['s3://states/b'])).toEqual([
      ['error', 'deleted-stack-has-state', 'layers/02-b/environments/dev'],
    ]);
    repository.run('reset', '--quiet', '--hard', 'HEAD^');
    await repository.commit({
      [place('02-b')]: undefined,
      'layers/platform/environments/dev/main.tf': s3Backend('platform'),
      'infra.yml':
        infra('') +
        '  - path: layers/platform/environments/{environment}\n' +
        '    moved-from: ["layers/02-b/environments/{environment}"]\n',
    });
    expect(await findings(['s3://states/b'])).toEqual([
      ['notice', 'state-moves', 'layers/02-b/environments/dev'],
    ]);
    expect(await findings(['s3://states/b', 's3://states/platform'])).toEqual([]);
    const both = ['s3://states/b', 's3://states/platform'];
    expect(await findings(both, { compared: 'ahead' })).toEqual([]);
    const id = 'layers/02-b/environments/dev';
    expect(await findings(both, { compared: 'same' })).toEqual([['notice', 'state-moves', id]]);
    expect(await findings(both, { compared: 'other' })).toEqual([
      ['error', 'state-place-taken', id],
    ]);
    expect(await findings([])).toEqual([]);
    expect(await findings([], { unknown: true })).toEqual([
      ['warning', 'state-left-behind', 'layers/02-b/environments/dev'],
    ]);
  });

  it('to another kind of backend is not moved by an apply', async () => {
    await repository.commit({
      [place('02-b')]: undefined,
      'layers/platform/environments/dev/main.tf':
        'terraform {\n  backend "gcs" {\n    bucket = "b"\n  }\n}\n',
      'infra.yml': layersMovedFrom('02-b'),
    });
    expect(await findings(['s3://states/b'])).toEqual([
      ['error', 'state-left-behind', 'layers/02-b/environments/dev'],
    ]);
  });
});

it('is told of a stack whose key is changed in place', async () => {
  await repository.commit({ [place('01-a')]: s3Backend('new') + body });
  expect(await findings(['s3://states/a'])).toEqual([
    ['error', 'state-left-behind', 'layers/01-a/environments/dev'],
  ]);
});

it('is not told which of two stacks a state belongs to by a name that fits both', async () => {
  await repository.commit({
    [place('02-b')]: undefined,
    [place('03-c')]: s3Backend('c'),
    [place('04-d')]: s3Backend('d'),
    'infra.yml': layersMovedFrom('02-b'),
  });
  expect(await findings(['s3://states/b'])).toEqual([
    ['error', 'deleted-stack-has-state', 'layers/02-b/environments/dev'],
  ]);
});

it('may let the state follow a key that is changed in place', async () => {
  await repository.commit({
    [place('01-a')]: s3Backend('new') + body,
    'infra.yml': layersMovedFrom('01-a'),
  });
  expect(await findings(['s3://states/a'])).toEqual([
    ['notice', 'state-moves', 'layers/01-a/environments/dev'],
  ]);
});

it('does not compare where no file tells of stacks, nor with a base that is broken', async () => {
  const unreadable: string[] = [];
  await repository.commit({ 'README.md': 'x' });
  expect(await findings([], { unreadable })).toEqual([]);
  await repository.commit({ [place('01-a')]: 'terraform {' });
  await repository.commit({ [place('01-a')]: tree[place('01-a')] });
  expect(await findings([], { unreadable })).toEqual([]);
  expect(unreadable).toEqual(['hcl-syntax']);
});

it('tells of nothing, and warns of nothing, where there was no stack before', async () => {
  const unreadable: string[] = [];
  const infra =
    'environments: { dev: {} }\nstacks:\n' +
    '  - { path: "layers/{layer}/environments/{environment}", after: [01-a] }\n';
  await repository.commit({
    [place('01-a')]: undefined,
    [place('02-b')]: undefined,
    'infra.yml': infra,
  });
  await repository.commit({ [place('02-b')]: tree[place('02-b')], 'infra.yml': '' });
  expect(await findings([], { unreadable })).toEqual([]);
  expect(unreadable).toEqual([]);
});

describe("the files of a commit, read from git's objects", () => {
  it('are those of the commit, whatever is checked out', async () => {
    const commit = await repository.commit({
      'with space/ümläut.tf': 'locals {}\n',
      'empty.tf': '',
      'no-newline.yml': 'a: 1',
      'accents.tf': '# é\n',
      'image.png': 'x',
      'a/.terraform/modules/x.tf': 'x',
    });
    await repository.commit({ 'empty.tf': 'changed', [place('01-a')]: undefined });
    const files = await gitFiles(repository.git, commit);
    expect([...files.list('.')].sort()).toEqual(
      [
        'with space/ümläut.tf',
        'empty.tf',
        'no-newline.yml',
        'accents.tf',
        'image.png',
        ...Object.keys(tree),
      ].sort(),
    );
    expect(files.list('layers/01-a')).toEqual([place('01-a')]);
    expect(files.read('with space/ümläut.tf')).toBe('locals {}\n');
    expect(files.read('empty.tf')).toBe('');
    expect(files.read('no-newline.yml')).toBe('a: 1');
    expect(files.read(place('01-a'))).toBe(tree[place('01-a')]);
    expect(files.read('image.png')).toBeUndefined();
    expect(files.read('none.tf')).toBeUndefined();
  });

  it('are seen from our root where the checkout lies below it', async () => {
    const git = { ...repository.git, root: `${repository.root}/..`, directory: '' };
    const name = repository.root.split('/').at(-1) ?? '';
    const files = await gitFiles({ ...git, directory: name }, 'HEAD');
    expect(files.read(`${name}/${place('01-a')}`)).toBe(tree[place('01-a')]);
  });
});
