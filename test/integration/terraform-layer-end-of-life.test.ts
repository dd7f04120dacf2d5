import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { InfraOnGithub } from '../support/infra-on-github.js';
import {
  createStateBucket,
  place,
  readState,
  rootModule,
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
  await createStateBucket(emulator);
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
