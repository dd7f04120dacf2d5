import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import type { DeployInputs } from '../../../actions/ecs-deploy/inputs.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { UserError } from '../../../actions/shared/errors.js';
import {
  contract,
  contractParameter,
  deployInputs,
  deployWorld,
  noEdits,
  pushImage,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

let world: DeployWorld;
let image: NonNullable<DeployInputs['image']>;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
  await serviceWithContract(world);
  const reference = parseImageReference(pushImage(world.fixture, 'shop/web:v1').tag);
  if (reference === undefined) throw new Error('no reference');
  image = { kind: 'reference', reference };
});

afterEach(() => {
  expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  expect(world.calls.get('UpdateService')).toBeUndefined();
});

/** The codes of the problems, with their hints. */
async function refused(changes: Partial<DeployInputs>): Promise<readonly (readonly string[])[]> {
  const inputs = deployInputs({ image, ...changes });
  try {
    await runCommand(world.ports, inputs, { commit: undefined, run: undefined });
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code, hint }) => [code, hint ?? '']);
  }
  throw new Error('it was not refused');
}

const plain = {
  kind: 'plain',
  cluster: 'main',
  serviceName: 'web',
  taskDefinition: undefined,
} as const;

it('a contract that is not there', async () => {
  world.parameters.clear();
  expect(await refused({})).toEqual([
    ['contract-missing', expect.stringContaining('terraform/modules/ssm-contract')],
  ]);
});

it('a cluster that is not there, with those that are', async () => {
  expect(await refused({ target: { ...plain, cluster: 'man' } })).toEqual([
    ['cluster-missing', 'did you mean "main"? there: main'],
  ]);
});

it('a service that is not there, with those that are', async () => {
  expect(await refused({ target: { ...plain, serviceName: 'wob' } })).toEqual([
    ['service-missing', 'did you mean "web"? there: web'],
  ]);
});

it('a template that is not there', async () => {
  const text = JSON.stringify(contract({ templateFamily: 'nope' }));
  world.parameters.set(contractParameter, text);
  expect(await refused({})).toEqual([['task-definition-missing', expect.any(String)]]);
});

it('a task definition file that is not there', async () => {
  const taskDefinition = { kind: 'file', path: 'task.json' } as const;
  expect(await refused({ target: { ...plain, taskDefinition } })).toEqual([
    ['task-definition-missing', expect.stringContaining('workspace')],
  ]);
});

it('containers that are not in the definition, all of them, with those that are', async () => {
  const reference = parseImageReference('busybox:1');
  if (reference === undefined) throw new Error('no reference');
  expect(await refused({ container: 'ap', images: { proxy: reference } })).toEqual(
    expect.arrayContaining([
      ['container-missing', 'did you mean "app"? containers: app'],
      ['container-missing', 'containers: app'],
    ]),
  );
});

it('several containers, and none named for the image', async () => {
  await world.fixture.define('busybox:1', {
    family: 'two',
    sidecars: [{ name: 'proxy', image: 'busybox:1' }],
  });
  const taskDefinition = { kind: 'registered', reference: 'two' } as const;
  expect(await refused({ target: { ...plain, taskDefinition } })).toEqual([
    ['container-required', 'one of app, proxy'],
  ]);
});

it('several containers, and none named for a variable', async () => {
  await world.fixture.define('busybox:1', {
    family: 'two',
    sidecars: [{ name: 'proxy', image: 'busybox:1' }],
  });
  const taskDefinition = { kind: 'registered', reference: 'two' } as const;
  const environment = [{ container: undefined, name: 'A', value: '' }];
  const changes = { image: undefined, target: { ...plain, taskDefinition } };
  expect(await refused({ ...changes, edits: { ...noEdits, environment } })).toEqual([
    ['container-required', 'one of app, proxy'],
  ]);
});

it('a digest where nothing names the repository', async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const wanted = { kind: 'digest', digest, repository: undefined } as const;
  expect(await refused({ target: plain, image: wanted })).toEqual([['input-required', '']]);
});

it.each(['blue-green', 'code-deploy'] as const)(
  'a strategy of the contract that the service does not have: %s',
  async (strategy) => {
    world.parameters.set(contractParameter, JSON.stringify(contract({ strategy })));
    expect(await refused({})).toEqual([
      ['strategy-mismatch', expect.stringContaining('service "web"')],
    ]);
  },
);
