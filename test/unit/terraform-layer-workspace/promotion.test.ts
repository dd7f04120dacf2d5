import { touchedStacks } from '../../../actions/terraform-layer/graph/affected.js';
import {
  unpromoted,
  type EarlierBaseline,
} from '../../../actions/terraform-layer/changes/promotion.js';
import type { AppliedEntry } from '../../../actions/terraform-layer/sidecar/ledger.js';
import { loadWorkspace } from '../../../actions/terraform-layer/stacks/load-workspace.js';
import { gitRepository, type TestRepository } from '../../support/git-repository.js';
import { s3Backend, type Tree } from '../../support/stacks.js';

const order =
  'environments:\n  global: { shared: true }\n  dev: { after: [global] }\n' +
  '  staging: { after: [dev] }\n  production: { after: [staging] }\n';

function stacksOf(...environments: readonly string[]): Tree {
  return Object.fromEntries(
    environments.map((name) => [
      `environments/${name}/main.tf`,
      `${s3Backend(name)}module "app" {\n  source = "../../modules/app"\n}\n`,
    ]),
  );
}

const app = 'modules/app/main.tf';
const every = ['global', 'dev', 'staging', 'production'];

let repository: TestRepository;
let first: string;
let second: string;
async function start(tree: Tree): Promise<void> {
  repository = await gitRepository({ [app]: 'locals {}\n', ...tree });
  first = repository.run('rev-parse', 'HEAD');
  second = await repository.commit({ [app]: '# changed\nlocals {}\n' });
}
afterEach(() => repository.remove());

/** Applied at these commits, by environment; those that are not named were never. */
const appliedAt =
  (shas: Readonly<Record<string, string>>): EarlierBaseline =>
  (environment, stacks) => {
    const sha = shas[environment];
    const entries = sha === undefined ? [] : stacks.map(({ id }) => [id, entry(sha)] as const);
    return Promise.resolve(new Map(entries));
  };
const entry = (sha: string) => ({ version: 1 as const, sha, at: '2026' });

/** `production<staging`: production would get what staging has not got. */
async function found(
  running: readonly string[],
  earlier: EarlierBaseline,
  file = app,
): Promise<readonly string[]> {
  const workspace = await loadWorkspace({ root: repository.root });
  const changed = touchedStacks(workspace.stacks, undefined, [file])
    .map(({ stack }) => stack)
    .filter(({ environment }) => running.includes(environment));
  const all = await unpromoted({
    ...{ git: repository.git, workspace, running: new Set(running), changed, earlier },
    head: repository.run('rev-parse', 'HEAD'),
  });
  return all.map(({ stack, before }) => `${stack.environment}<${before.environment}`);
}

describe('promotion', () => {
  it('waits for the environment before, until that has the change', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    const behind = { dev: second, staging: first };
    expect(await found(['production'], appliedAt(behind))).toEqual(['production<staging']);
    expect(await found(['production'], appliedAt({ staging: second }))).toEqual([]);
    // The nearest alone counts; it has had to wait for its own.
    expect(await found(['production'], appliedAt({ dev: first, staging: second }))).toEqual([]);
  });

  it('comes by itself where one run has both', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    const behind = appliedAt({ dev: second, staging: first });
    expect(await found(['staging', 'production'], behind)).toEqual([]);
  });

  it('does not wait for what does not concern the stack there', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    await repository.commit({
      [app]: 'locals {}\n',
      'environments/production/main.tf': s3Backend('production'),
    });
    const own = 'environments/production/main.tf';
    const applied = repository.run('rev-parse', 'HEAD');
    await repository.commit({ 'environments/production/extra.tf': 'locals {}\n' });
    expect(await found(['production'], appliedAt({ staging: applied }), own)).toEqual([]);
  });

  it('looks further back where an environment has no such stack, is shared, or never applied', async () => {
    await start({ 'infra.yml': order, ...stacksOf('global', 'dev', 'production') });
    expect(await found(['production'], appliedAt({ dev: first }))).toEqual(['production<dev']);
    expect(await found(['dev'], appliedAt({ global: first }))).toEqual([]);
    await repository.remove();
    const never = order.replace('after: [dev]', 'apply: never, after: [dev]');
    await start({ 'infra.yml': never, ...stacksOf(...every) });
    const both = appliedAt({ dev: first, staging: first });
    expect(await found(['production'], both)).toEqual(['production<dev']);
  });

  it('is no matter of usual names: only an order that is spelt out counts', async () => {
    await start(stacksOf('global', 'stokenet', 'mainnet'));
    expect(await found(['mainnet'], appliedAt({ global: first, stokenet: first }))).toEqual([]);
  });

  it('stops nothing that cannot be told', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    expect(await found(['production'], appliedAt({}))).toEqual([]);
    expect(await found(['production'], () => Promise.resolve(undefined))).toEqual([]);
    expect(await found(['production'], appliedAt({ staging: 'f'.repeat(40) }))).toEqual([]);
    expect(await found(['production'], appliedAt({ staging: '--output=x' }))).toEqual([]);
  });

  const notedAs =
    (more: Partial<AppliedEntry>): EarlierBaseline =>
    (_, stacks) =>
      Promise.resolve(new Map(stacks.map(({ id }) => [id, { ...entry(first), ...more }])));

  it('has a change that waits there only for what it reads', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    expect(await found(['production'], notedAs({ heldBackAt: second }))).toEqual([]);
    expect(await found(['production'], notedAs({ heldBackAt: first }))).toEqual([
      'production<staging',
    ]);
  });

  it('does not wait for what was destroyed there, but for an apply that ended halfway', async () => {
    await start({ 'infra.yml': order, ...stacksOf(...every) });
    expect(await found(['production'], notedAs({ stateChangedBy: 'destroy' }))).toEqual([]);
    expect(await found(['production'], notedAs({ stateChangedBy: 'apply' }))).toEqual([
      'production<staging',
    ]);
  });

  it('tells a stack that is new there from an environment that nothing is known of', async () => {
    const more = {
      'layers/01-new/environments/staging/main.tf': s3Backend('s/new'),
      'layers/01-new/environments/production/main.tf': s3Backend('p/new'),
      'layers/02-old/environments/staging/main.tf': s3Backend('s/old'),
      'layers/02-old/environments/production/main.tf': s3Backend('p/old'),
    };
    await start({
      'infra.yml': 'environments:\n  staging: {}\n  production: { after: [staging] }\n',
      ...more,
    });
    const oldOnly: EarlierBaseline = (_, stacks) =>
      Promise.resolve(
        new Map(stacks.filter(({ name }) => name === 'old').map(({ id }) => [id, entry(second)])),
      );
    const file = 'layers/01-new/environments/production/main.tf';
    expect(await found(['production'], oldOnly, file)).toEqual(['production<staging']);
  });
});
