import { envFrom } from '../../../actions/shared/env.js';
import { readInputs } from '../../../actions/terraform-layer/inputs.js';
import { planRun } from '../../../actions/terraform-layer/plan.js';
import type { Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import { blockedStacks } from '../../../actions/terraform-layer/waves/blocked-stacks.js';
import { legsOf, matrixOf, type Leg } from '../../../actions/terraform-layer/waves/legs.js';
import { thrownCodes, thrownInputCodes } from '../../support/problem-codes.js';
import { load, s3Backend, s3RemoteState, withoutHistory, type Tree } from '../../support/stacks.js';

/** Root modules of one environment, by name, with those that each reads. */
function treeOf(reads: Readonly<Record<string, readonly string[]>>, environment = 'dev'): Tree {
  return Object.fromEntries(
    Object.entries(reads).map(([name, others]) => [
      `layers/${name}/environments/${environment}/main.tf`,
      s3Backend(`${environment}/${name}.tfstate`) +
        others.map((other) => s3RemoteState(other, `${environment}/${other}.tfstate`)).join(''),
    ]),
  );
}

const idOf = (name: string): string => `layers/${name}/environments/dev`;
const nameOf = (id: string): string => id.split('/')[1] ?? id;
const allIn = ({ stacks }: Workspace): readonly string[] => stacks.map(({ id }) => id);

const told = (leg: Leg): string =>
  `${leg.leg}: ${leg.stacks.map(nameOf).join(' ')} after ${leg.after.map(nameOf).join(' ')}`.trim();

// vpc ← (app ← edge), vpc ← db, and one that stands alone.
const small = { vpc: [], app: ['vpc'], db: ['vpc'], edge: ['app'], dns: [] };

describe('the legs of an environment', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await load({ ...treeOf(small), ...treeOf({ vpc: [] }, 'staging') });
  });

  const legs = (chosen: readonly string[], stacksPerRunner = 1) =>
    legsOf({ environment: 'dev', chosen: chosen.map(idOf), workspace, stacksPerRunner });

  it('follow one another as their stacks depend on one another', () => {
    const { waves, rest } = legs(['vpc', 'app', 'db', 'edge', 'dns']);
    expect(waves.map((wave) => wave.map(told))).toEqual([
      ['1-01: dns after', '1-02: vpc after'],
      ['2-01: app after vpc', '2-02: db after vpc'],
      ['3-01: edge after app'],
    ]);
    expect(told(rest)).toBe('rest:  after');
  });

  it('hold several stacks of a wave where a runner is to have more', () => {
    expect(
      legs(['vpc', 'app', 'db', 'edge', 'dns'], 3).waves.map((wave) => wave.map(told)),
    ).toEqual([['1-01: dns vpc after'], ['2-01: app db after vpc'], ['3-01: edge after app']]);
  });

  it('take in what reads a stack that is applied, at any depth, and nothing else', () => {
    expect(legs(['app']).waves.map((wave) => wave.map(told))).toEqual([
      ['1-01: app after'],
      ['2-01: edge after app'],
    ]);
    expect(legs(['dns']).waves.flat()).toHaveLength(1);
    expect(legs([]).waves).toEqual([]);
  });

  it('are texts for eight matrices, and the same set has the same word in any run', () => {
    const first = matrixOf(legs(['vpc', 'dns'], 2));
    const second = matrixOf(legs(['app']));
    expect(first.waves).toHaveLength(8);
    expect(first.waves[0]).toEqual([
      {
        title: `${idOf('dns')} and 1 more`,
        set: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        leg: JSON.stringify({ leg: '1-01', stacks: [idOf('dns'), idOf('vpc')], after: [] }),
      },
    ]);
    expect(first.waves[1]?.[0]?.set).toBe(matrixOf(legs(['app', 'db'], 2)).waves[0]?.[0]?.set);
    expect(second.waves[0]?.[0]?.set).not.toBe(second.waves[1]?.[0]?.set);
  });
});

it('no wave has more legs than a matrix holds', async () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`s${index}`, []]));
  const workspace = await load(treeOf(many));
  const { waves } = legsOf({
    ...{ environment: 'dev', chosen: allIn(workspace), workspace, stacksPerRunner: 2 },
  });
  expect(waves[0]).toHaveLength(200);
  expect(waves[0]?.flatMap(({ stacks }) => stacks)).toHaveLength(600);
});

it('what is deeper than the jobs of the workflow goes to one leg, in order', async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 11 }, (_, index) => [`s${index}`, index === 0 ? [] : [`s${index - 1}`]]),
  );
  const workspace = await load(treeOf(chain));
  const { waves, rest } = legsOf({
    ...{ environment: 'dev', chosen: allIn(workspace), workspace, stacksPerRunner: 1 },
  });
  expect(waves).toHaveLength(8);
  expect(told(rest)).toBe('rest: s8 s9 s10 after s7');
});

const readAll = (values: Readonly<Record<string, string>>) =>
  readInputs((name) => values[name] ?? '', envFrom({}));

describe('a run of one leg', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await load(treeOf(small));
  });

  const planOf = (values: Readonly<Record<string, string>>) =>
    planRun(readAll(values), {
      ...{ workspace, affected: undefined, history: withoutHistory(workspace) },
      ...{ declaredVariables: new Map(), missingVarFiles: [] },
    });
  const leg = (stacks: readonly string[], after: readonly string[] = []) => ({
    command: 'apply',
    environment: 'dev',
    leg: JSON.stringify({ leg: '2-01', stacks: stacks.map(idOf), after: after.map(idOf) }),
  });

  it('has exactly its stacks, whatever else is asked for', () => {
    const plan = planOf({ ...leg(['app', 'db']), layers: 'all' });
    expect([...plan.reasons.keys()].map(nameOf)).toEqual(['app', 'db']);
    expect(plan.isLeg).toBe(true);
  });

  it('may have none', () => {
    expect([...planOf(leg([])).reasons.keys()]).toEqual([]);
  });

  it('is refused where a stack is none of this commit', () => {
    expect(thrownCodes(() => planOf(leg(['vpc', 'gone'])))).toEqual(['leg-stack-unknown']);
  });

  it('keeps back what waits for a stack that another leg has not applied', () => {
    const plan = planOf(leg(['app', 'dns'], ['vpc']));
    const blocked = blockedStacks(plan, new Set([idOf('vpc')]));
    expect([...blocked]).toEqual([[idOf('app'), [idOf('vpc')]]]);
    expect(blockedStacks(plan, new Set())).toEqual(new Map());
  });

  it('is read as the plan has written it', () => {
    const read = (values: Readonly<Record<string, string>>) =>
      thrownInputCodes(() => readAll({ command: 'apply', ...values }));
    expect(read({ leg: 'vpc' })).toEqual(['leg: input-malformed']);
    expect(read({ leg: '{"leg":"1-01","stacks":[]}' })).toEqual(['leg: input-malformed']);
    expect(read({ 'last-leg': 'true' })).toEqual(['last-leg: input-without-other']);
    expect(read({ 'stacks-per-runner': '2' })).toEqual([
      'stacks-per-runner: input-not-for-command',
    ]);
    expect(thrownInputCodes(() => readAll({ ...leg(['vpc']), command: 'plan' }))).toEqual([
      'leg: input-not-for-command',
    ]);
  });
});

describe('a plan that is to be shared out', () => {
  const problems = async (tree: Tree, environment = 'dev'): Promise<readonly string[]> => {
    const workspace = await load(tree);
    const inputs = readAll({ command: 'plan', 'stacks-per-runner': '1', environment });
    return thrownCodes(() =>
      planRun(inputs, {
        ...{ workspace, affected: undefined, history: withoutHistory(workspace) },
        ...{ declaredVariables: new Map(), missingVarFiles: [] },
      }),
    );
  };

  it('is one of one environment', async () => {
    const tree = { ...treeOf(small), ...treeOf(small, 'staging') };
    expect(await problems(tree)).toEqual([]);
    expect(await problems(tree, 'dev, staging')).toEqual(['legs-of-many-environments']);
  });

  it('needs a place for notes beside each state that another stack waits for', async () => {
    const gcs = 'terraform {\n  backend "gcs" {\n    bucket = "b"\n    prefix = "vpc"\n  }\n}\n';
    const vpc = { [`${idOf('vpc')}/main.tf`]: gcs };
    const after =
      'stacks:\n  - path: layers/{layer}/environments/{environment}\n' +
      '  - path: layers/app/environments/{environment}\n    after: [vpc]\n';
    expect(await problems({ ...treeOf({ dns: [] }), ...vpc })).toEqual([]);
    expect(
      await problems({ ...treeOf({ app: [] }), ...vpc, 'infra.yml': `version: 1\n${after}` }),
    ).toEqual(['leg-not-noted']);
  });

  it('leaves the name of its legs on GitHub to them', async () => {
    expect(await problems({ ...treeOf(small), ...treeOf({ x: [] }, 'dev-waves') })).toEqual([
      'wave-environment-taken',
    ]);
  });
});
