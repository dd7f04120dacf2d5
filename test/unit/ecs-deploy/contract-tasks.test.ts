import { readFileSync } from 'node:fs';
import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { parseContractTasks } from '../../../actions/ecs-deploy/contract-tasks.js';
import { OperationError } from '../../../actions/shared/errors.js';
import { AwsError } from '../../../emulator/aws-error.js';
import {
  contractParameter,
  deployWorld,
  pushImage,
  rolloutInputs,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';
import { addContractTask, deployAround, liveImages, taskOrigin } from '../../support/ecs-tasks.js';
import { problemCodes, thrownCodes } from '../../support/problem-codes.js';

let world: DeployWorld;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
  await serviceWithContract(world);
});

const nightly = { kind: 'schedule', group: 'shop-dev', name: 'nightly' } as const;
const orders = { kind: 'rule', bus: 'shop-dev', name: 'orders' } as const;

describe('tasks that run the image of a service', () => {
  it('get it in their own families, by digest, after the verdict', async () => {
    await addContractTask(world, { name: 'nightly' });
    await addContractTask(world, { name: 'orders', kind: 'event' });
    const image = pushImage(world.fixture, 'shop/web:v1');
    const registered: string[] = [];
    let released = false;
    world.intercept((operation) => {
      if (operation !== 'RegisterTaskDefinition') return;
      released = [...world.parameters.values()].some((text) => text.includes('"succeeded"'));
      registered.push(released ? 'after' : 'before');
    });
    const report = await deployAround(world, image.tag);
    expect(report.failure).toBeUndefined();
    expect(registered).toEqual(['before', 'after', 'after']);
    expect(await liveImages(world, 'web-nightly')).toEqual([image.reference]);
    expect(await liveImages(world, 'web-orders')).toEqual([image.reference]);
    expect(JSON.parse(report.outputs['tasks'] ?? '[]')).toMatchObject([
      { kind: 'updated', name: 'nightly' },
      { kind: 'updated', name: 'orders' },
    ]);
    expect(report.summary).toContain('web-nightly:1');
  });

  it('keep their revision where the rollout fails', async () => {
    await addContractTask(world, { name: 'nightly' });
    const good = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, good.tag);
    const bad = pushImage(world.fixture, 'shop/web:bad', { EMULATOR_FATE: 'crash:1' });
    await deployAround(world, bad.tag);
    expect(await liveImages(world, 'web-nightly')).toEqual([good.reference]);
  });

  it('are left alone where they have it already', async () => {
    await addContractTask(world, { name: 'nightly' });
    const image = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, image.tag);
    world.calls.clear();
    const again = await deployAround(world, image.tag);
    expect(again.outputs).toMatchObject({ outcome: 'no-op', tasks: '' });
    expect(world.calls.get('RegisterTaskDefinition')).toBeUndefined();
  });

  it('get a template that Terraform has changed with the next deploy of the same image', async () => {
    await addContractTask(world, { name: 'nightly' });
    const image = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, image.tag);
    await world.fixture.define('placeholder.invalid/set-by-ecs-deploy:none', {
      family: 'web-nightly-template',
      container: { name: 'job' },
      environment: { DEPTH: '3' },
    });
    const again = await deployAround(world, image.tag);
    expect(again.outputs['outcome']).toBe('no-op');
    const live = await world.ports.ecs.describeTaskDefinition('web-nightly');
    expect(live?.definition).toMatchObject({
      revision: 2,
      containerDefinitions: [{ environment: [{ name: 'DEPTH', value: '3' }] }],
    });
  });

  it('that fail are named, and the others go on; the service itself has succeeded', async () => {
    await addContractTask(world, { name: 'a-nightly' });
    await addContractTask(world, { name: 'b-orders', kind: 'event' });
    let registered = 0;
    world.intercept((operation) => {
      if (operation !== 'RegisterTaskDefinition') return;
      registered += 1;
      if (registered === 2) throw new AwsError('ClientException', 'Role is not valid');
    });
    const report = await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag);
    expect(report.outputs['outcome']).toBe('succeeded');
    expect(report.failure).toEqual({ code: 'deploy-tasks-failed' });
    expect(report.message).toContain('a-nightly');
    expect(JSON.parse(report.outputs['tasks'] ?? '[]')).toMatchObject([
      { kind: 'failed', name: 'a-nightly', reason: expect.stringContaining('Role') as string },
      { kind: 'updated', name: 'b-orders' },
    ]);
    const errors = world.log.filter(({ level }) => level === 'error');
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('a-nightly')]);
    expect(await liveImages(world, 'web-a-nightly')).toBeUndefined();
  });

  it('go back with the service', async () => {
    await addContractTask(world, { name: 'nightly' });
    const first = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, first.tag);
    await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag);
    const inputs = { command: 'rollback' as const, revision: undefined, ...rolloutInputs() };
    const report = await runCommand(world.ports, inputs, taskOrigin);
    expect(report).toMatchObject({ failure: undefined, outputs: { outcome: 'rolled-back' } });
    expect((await liveImages(world, 'web-nightly'))?.at(-1)).toBe(first.reference);
    expect(JSON.parse(report.outputs['tasks'] ?? '[]')).toMatchObject([
      { kind: 'updated', name: 'nightly' },
    ]);
  });

  it('keep no service from going back, whatever is wrong with them', async () => {
    const first = pushImage(world.fixture, 'shop/web:v1');
    await deployAround(world, first.tag);
    await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag);
    await addContractTask(world, { name: 'nightly' }, { template: false });
    const inputs = { command: 'rollback' as const, revision: undefined, ...rolloutInputs() };
    const report = await runCommand(world.ports, inputs, taskOrigin);
    expect(report.outputs['outcome']).toBe('rolled-back');
    expect(world.log.filter(({ level }) => level === 'warning')).toHaveLength(1);
  });

  it('must all have their templates, or nothing is changed', async () => {
    await addContractTask(world, { name: 'nightly' }, { template: false });
    await addContractTask(world, { name: 'orders', container: 'nope' });
    expect(
      await problemCodes(deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag)),
    ).toEqual(['task-template-missing', 'container-missing']);
    expect(world.calls.get('UpdateService')).toBeUndefined();
  });

  it('are not brought along by a rollout that nobody follows', async () => {
    await addContractTask(world, { name: 'nightly' });
    await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag, {}, { wait: false });
    expect(await liveImages(world, 'web-nightly')).toBeUndefined();
  });
});

describe('a schedule or rule that Terraform made disabled', () => {
  it('is enabled once, with the first revision of its task', async () => {
    await addContractTask(world, { name: 'nightly', enableOnFirstRelease: nightly });
    await addContractTask(world, { name: 'orders', kind: 'event', enableOnFirstRelease: orders });
    await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag);
    expect(world.enabled).toEqual([nightly, orders]);
    await deployAround(world, pushImage(world.fixture, 'shop/web:v2').tag);
    await deployAround(world, pushImage(world.fixture, 'shop/web:v3').tag);
    expect(world.enabled).toHaveLength(2);
  });

  it('is left as it is without the contract’s word', async () => {
    await addContractTask(world, { name: 'nightly' });
    await deployAround(world, pushImage(world.fixture, 'shop/web:v1').tag);
    expect(world.enabled).toEqual([]);
  });

  it('is tried again by the next deploy where it could not be enabled', async () => {
    await addContractTask(world, { name: 'nightly', enableOnFirstRelease: nightly });
    const tried: unknown[] = [];
    world.whenEnabling((trigger) => {
      tried.push(trigger);
      return tried.length === 1
        ? Promise.reject(new OperationError('aws-access-denied', 'no scheduler:UpdateSchedule'))
        : Promise.resolve();
    });
    const image = pushImage(world.fixture, 'shop/web:v1');
    const first = await deployAround(world, image.tag);
    expect(first.failure).toEqual({ code: 'deploy-tasks-failed' });
    const second = await deployAround(world, image.tag);
    expect(second).toMatchObject({ failure: undefined, outputs: { outcome: 'no-op' } });
    await deployAround(world, image.tag);
    expect(tried).toEqual([nightly, nightly]);
  });
});

describe('the contract of a task', () => {
  const valid = {
    version: 1,
    name: 'nightly',
    kind: 'scheduled',
    templateFamily: 'a-template',
    liveFamily: 'a',
    container: 'job',
  };
  const path = `${contractParameter}/tasks/nightly`;

  it('is read, with what a later version adds', () => {
    const text = JSON.stringify({ ...valid, color: 'blue' });
    expect(parseContractTasks(new Map([[path, text]]))).toEqual([valid]);
  });

  it.each([
    ['no JSON', '{', 1],
    ['several wrong values', JSON.stringify({ ...valid, kind: 'cron', container: '' }), 2],
    ['the name of another', JSON.stringify({ ...valid, name: 'other' }), 1],
  ])('is refused for %s', (_, text, problems) => {
    expect(thrownCodes(() => parseContractTasks(new Map([[path, text]])))).toEqual(
      Array.from({ length: problems }, () => 'contract-task-malformed'),
    );
  });

  it('has the keys of the schema that Terraform is tested against', () => {
    const schema = JSON.parse(
      readFileSync(
        new URL('../../../terraform/modules/ssm-contract/task-schema.json', import.meta.url),
        'utf8',
      ),
    ) as { readonly properties: object; readonly required: readonly string[] };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(Object.keys(valid)) as unknown,
    );
    expect([...schema.required].sort()).toEqual(Object.keys(valid).sort());
  });
});
