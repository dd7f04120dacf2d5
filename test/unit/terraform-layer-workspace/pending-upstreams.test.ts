import {
  heldBack,
  pendingStacks,
  readElsewhere,
} from '../../../actions/terraform-layer/changes/pending-upstreams.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import type { Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { s3Backend, s3RemoteState } from '../../support/stacks.js';

// app (dev) reads hub and hub reads base, both of the shared environment.
const shared = (name: string): string => `layers/${name}/environments/global`;
const app = 'layers/app/environments/dev';
const web = 'layers/web/environments/dev';
const infra = (global: string): string =>
  `environments:\n  global: { apply: ${global} }\n  dev: { apply: auto, after: [global] }\n`;

let repository: TestRepository;
let first: string;
beforeEach(async () => {
  repository = await gitRepository({
    'infra.yml': infra('approval'),
    [`${shared('base')}/main.tf`]: s3Backend('base'),
    [`${shared('hub')}/main.tf`]: s3Backend('hub') + s3RemoteState('base', 'base'),
    [`${app}/main.tf`]: s3Backend('app') + s3RemoteState('hub', 'hub'),
    [`${web}/main.tf`]: s3Backend('web') + s3RemoteState('app', 'app'),
    'layers/lone/environments/dev/main.tf': s3Backend('lone'),
  });
  first = repository.run('rev-parse', 'HEAD');
});
afterEach(() => repository.remove());

const open = (): Promise<Workspace> => loadWorkspace({ root: repository.root });

/** Names of the shared stacks that are pending, all of which were last applied at `sha`. */
async function pendingSince(shas: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const workspace = await open();
  const stacks = workspace.stacks.filter(({ environment }) => environment === 'global');
  const pending = await pendingStacks({
    ...{ git: repository.git, workspace, stacks, head: repository.run('rev-parse', 'HEAD') },
    baselines: new Map(
      stacks.flatMap(({ id, name }) => {
        const sha = shas[name];
        return sha === undefined ? [] : [[id, { version: 1, sha, at: '2026' }] as const];
      }),
    ),
  });
  return stacks.flatMap(({ id, name }) => (pending.has(id) ? [name] : []));
}

it('stacks read at any depth those of other environments, under the access of their reader', async () => {
  const workspace = await open();
  const dev = workspace.stacks.filter(({ environment }) => environment === 'dev');
  expect(readElsewhere(dev, workspace).map(({ stack, reader }) => [stack.name, reader])).toEqual([
    ['hub', 'dev'],
    ['base', 'dev'],
  ]);
  expect(readElsewhere(workspace.stacks, workspace)).toEqual([]);
});

describe('a stack that others read is pending', () => {
  it('where it, or what it reads, has changed since it was applied', async () => {
    const changed = await repository.commit({ [`${shared('base')}/x.tf`]: 'locals {}\n' });
    expect(await pendingSince({ base: first, hub: first })).toEqual(['base', 'hub']);
    expect(await pendingSince({ base: changed, hub: first })).toEqual(['hub']);
    expect(await pendingSince({ base: changed, hub: changed })).toEqual([]);
  });

  it('not where the commit changes other stacks alone', async () => {
    await repository.commit({ [`${app}/x.tf`]: 'locals {}\n' });
    expect(await pendingSince({ base: first, hub: first })).toEqual([]);
  });

  it('not where nothing is known of it, or what is known leads nowhere', async () => {
    await repository.commit({ [`${shared('base')}/x.tf`]: 'locals {}\n' });
    expect(await pendingSince({})).toEqual([]);
    expect(await pendingSince({ base: 'a'.repeat(40), hub: '--output=x' })).toEqual([]);
  });

  it('not where a newer commit is applied in it', async () => {
    const newer = await repository.commit({ [`${shared('base')}/x.tf`]: 'locals {}\n' });
    repository.run('checkout', '--quiet', first);
    expect(await pendingSince({ base: newer, hub: newer })).toEqual([]);
  });

  it('not where its environment is never applied from here', async () => {
    await repository.commit({
      'infra.yml': infra('never'),
      [`${shared('base')}/x.tf`]: 'locals {}\n',
    });
    expect(await pendingSince({ base: first, hub: first })).toEqual([]);
  });
});

describe('a stack is held back', () => {
  it('where it reads a pending one, at any depth, that takes no part in the run', async () => {
    const { edges } = await open();
    const pending = new Set([shared('hub')]);
    expect([...heldBack(pending, new Set([app, web]), edges)].sort()).toEqual([app, web]);
    expect([...heldBack(pending, new Set([shared('hub'), app, web]), edges)]).toEqual([]);
  });

  it('not for the order of environments or stacks alone', async () => {
    const { edges } = await open();
    const ordered = edges.map((edge) => ({
      ...edge,
      origins: [{ kind: 'after' as const, name: 'hub', at: { file: 'infra.yml' } }],
    }));
    expect([...heldBack(new Set([shared('hub')]), new Set([app]), ordered)]).toEqual([]);
  });
});
