import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import {
  place,
  readState,
  rootModule,
  writeObject,
  type LayerStep,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
let infra: InfraOnGithub;

beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  infra = await InfraOnGithub.start(emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
    [place('01-network', 'dev')]: stack('network'),
    [place('02-app', 'dev')]: stack('app'),
  });
  expect((await infra.apply()).statuses).toEqual({
    '01-network/dev': 'applied',
    '02-app/dev': 'applied',
  });
});

function stack(name: string, value = 'one'): string {
  return rootModule('dev', name, [], `resource "terraform_data" "it" {\n  input = "${value}"\n}`);
}

async function resources(name: string): Promise<number> {
  const state = (await readState(emulator, `dev/${name}.tfstate`)) as {
    readonly resources: readonly unknown[];
  };
  return state.resources.length;
}

function problems({ step }: LayerStep): readonly string[] {
  return step.annotations.flatMap(({ level, message }) => (level === 'notice' ? [] : message));
}

const destroy = { command: 'destroy', confirm: 'dev' };

it('a stack that was destroyed can leave the code, in plan and apply', async () => {
  const gone = { [place('02-app', 'dev')]: undefined };
  const tooEarly = await infra.open(gone);
  const refused = await infra.plan(tooEarly);
  expect(refused.step.conclusion).toBe('failure');
  expect(problems(refused).join()).toContain('layers/02-app/environments/dev is no stack any more');

  infra.git('checkout', '--quiet', 'main');
  const destroyed = await infra.apply({ ...destroy, layers: '02-app/dev' });
  expect(destroyed.statuses).toEqual({ '02-app/dev': 'applied' });
  expect(await resources('app')).toBe(0);

  const pull = await infra.open({ ...gone, [place('01-network', 'dev')]: stack('network', 'two') });
  const plan = await infra.plan(pull);
  expect(plan.step.conclusion).toBe('success');
  expect(problems(plan)).toEqual([]);
  await infra.merge(pull);
  const apply = await infra.apply();
  expect(problems(apply)).toEqual([]);
  expect(apply.statuses).toEqual({ '01-network/dev': 'applied' });
});

it('what was destroyed is made again by the next apply of what changed', async () => {
  expect((await infra.apply()).statuses).toEqual({});
  const destroyed = await infra.apply({ ...destroy, layers: 'all' });
  expect(destroyed.step.conclusion).toBe('success');
  const apply = await infra.apply();
  expect(apply.statuses).toEqual({ '01-network/dev': 'applied', '02-app/dev': 'applied' });
  expect(await resources('network')).toBe(1);
  expect(await resources('app')).toBe(1);
  expect((await infra.apply()).statuses).toEqual({});
});

it('what operations on a state took out of it is made again too', async () => {
  const forgotten = await infra.apply({
    ...{ command: 'state', layers: '02-app/dev' },
    'state-operations': 'rm terraform_data.it',
  });
  expect(forgotten.step.conclusion).toBe('success');
  expect((await infra.apply()).statuses).toEqual({ '02-app/dev': 'applied' });
  expect(await resources('app')).toBe(1);
});

describe('a stack that is moved, with a key of its own', () => {
  const movedInfra = (...former: readonly string[]): string =>
    `version: 1\nenvironments:\n  dev: { apply: auto }\nstacks:\n` +
    `  - path: stacks/{layer}/{environment}\n    moved-from: ${JSON.stringify(former)}\n`;
  const reader = rootModule(
    'dev',
    'moved/app',
    ['moved/network'],
    `resource "terraform_data" "it" {
  input = "one"
}
resource "terraform_data" "reads" {
  input = data.terraform_remote_state.moved_network.outputs
}`,
  ).replaceAll('"moved/network" {', '"moved_network" {');
  const moved = {
    'infra.yml': movedInfra('layers/{layer}/environments/{environment}'),
    [place('01-network', 'dev')]: undefined,
    [place('02-app', 'dev')]: undefined,
    'stacks/01-network/dev/main.tf': stack('moved/network'),
    'stacks/02-app/dev/main.tf': reader,
  };
  const idOf = async (key: string): Promise<string> => {
    const { resources: all } = (await readState(emulator, `dev/${key}.tfstate`)) as {
      readonly resources: readonly {
        readonly name: string;
        readonly instances: readonly { readonly attributes: { readonly id: string } }[];
      }[];
    };
    const found = all.find(({ name }) => name === 'it');
    return found?.instances[0]?.attributes.id ?? 'none';
  };

  it('takes its state along: the plan shows no new resources, and the apply makes none', async () => {
    const [network, app] = [await idOf('network'), await idOf('app')];
    const pull = await infra.open(moved);
    const plan = await infra.plan(pull);
    expect(plan.step.conclusion).toBe('success');
    expect(problems(plan)).toEqual([]);
    expect(plan.log).toContain('an apply moves it from s3://states/dev/network.tfstate');
    expect(plan.statuses).toMatchObject({ '01-network/dev': 'unchanged' });
    // Nothing is moved for a look.
    expect(await idOf('network')).toBe(network);

    await infra.merge(pull);
    const apply = await infra.apply();
    expect(problems(apply)).toEqual([]);
    expect(apply.statuses).toEqual({ '01-network/dev': 'unchanged', '02-app/dev': 'applied' });
    expect([await idOf('moved/network'), await idOf('moved/app')]).toEqual([network, app]);
    expect([await resources('network'), await resources('app')]).toEqual([0, 0]);
    expect(await readState(emulator, 'dev/network.tfstate.infra/copy')).toMatchObject({
      resources: [{ name: 'it' }],
    });
    expect(await readState(emulator, 'dev/network.tfstate.infra/applied')).toMatchObject({
      sha: infra.git('rev-parse', 'HEAD'),
      stateChangedBy: 'move',
    });
    expect(apply.leftBehind).toEqual([]);

    expect((await infra.apply()).statuses).toEqual({});
    infra.git('checkout', '--quiet', 'HEAD^1');
    const former = await infra.apply();
    expect(former.step.conclusion).toBe('failure');
    expect(problems(former).join()).toContain('superseded');
  });

  it('is finished where a run was killed between the copy and the emptying', async () => {
    const network = await idOf('network');
    const text = JSON.stringify(await readState(emulator, 'dev/network.tfstate'));
    await writeObject(emulator, 'dev/moved/network.tfstate', text);
    await infra.push(moved);
    const apply = await infra.apply();
    expect(apply.statuses).toEqual({ '01-network/dev': 'unchanged', '02-app/dev': 'applied' });
    expect(await idOf('moved/network')).toBe(network);
    expect(await resources('network')).toBe(0);
  });

  it('is not moved over the resources of another state', async () => {
    const other = JSON.stringify(await readState(emulator, 'dev/app.tfstate'));
    await writeObject(emulator, 'dev/moved/network.tfstate', other);
    await infra.push(moved);
    const apply = await infra.apply();
    expect(apply.step.conclusion).toBe('failure');
    expect(problems(apply).join()).toContain('both hold resources');
    expect(apply.statuses).toEqual({});
    expect(await resources('network')).toBe(1);
  });
});
