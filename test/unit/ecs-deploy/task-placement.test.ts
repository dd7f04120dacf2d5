import { openEcsCalls } from '../../../actions/ecs-deploy/aws/ecs-calls.js';
import { openTasks } from '../../../actions/ecs-deploy/aws/tasks.js';
import type { TaskPlacement } from '../../../actions/ecs-deploy/tasks/ports.js';
import {
  overridesOf,
  placeTask,
  startedByOf,
} from '../../../actions/ecs-deploy/tasks/placement.js';
import { deployWorld, inProcessConfig, type DeployWorld } from '../../support/ecs.js';
import { ecsFixture, only } from '../../support/ecs-emulator.js';
import { releasedService, runTaskOnce } from '../../support/ecs-tasks.js';

const service: TaskPlacement = {
  launchType: 'FARGATE',
  capacityProviders: [],
  platformVersion: '1.4.0',
  network: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: true },
};
const awsvpc = { networkMode: 'awsvpc' };

describe('where a one-off task runs', () => {
  it('is where the service runs, whatever the contract says', () => {
    expect(placeTask(service, { subnets: ['subnet-9'] }, awsvpc)).toEqual(service);
  });

  it('is the contract’s network where the service has none', () => {
    const placed = placeTask(
      { ...service, network: undefined },
      { subnets: ['subnet-9'], securityGroups: ['sg-9'], assignPublicIp: true },
      awsvpc,
    );
    expect(placed).toMatchObject({
      network: { subnets: ['subnet-9'], securityGroups: ['sg-9'], assignPublicIp: true },
    });
  });

  it('is a problem where nobody names a network', () => {
    expect(placeTask({ ...service, network: undefined }, undefined, awsvpc)).toMatchObject({
      code: 'network-missing',
    });
  });

  it('has no network of its own in other network modes', () => {
    expect(placeTask(service, undefined, { networkMode: 'bridge' })).toMatchObject({
      network: undefined,
    });
  });
});

describe('what differs from the definition', () => {
  const definition = (containers: readonly object[]) =>
    ({ containerDefinitions: containers }) as Parameters<typeof overridesOf>[0];
  const larger = { container: 'app', command: undefined, memoryMib: 4096 };

  it('lifts the only container’s own limit with the task’s', () => {
    expect(overridesOf(definition([{ name: 'app', memory: 512 }]), larger)).toMatchObject({
      memoryMib: 4096,
      containerMemoryMib: 4096,
    });
  });

  it('leaves the containers’ limits where there are none, or several', () => {
    const several = [{ name: 'app', memory: 512 }, { name: 'proxy' }];
    for (const containers of [[{ name: 'app' }], several]) {
      expect(overridesOf(definition(containers), larger)).toMatchObject({
        memoryMib: 4096,
        containerMemoryMib: undefined,
      });
    }
  });
});

it.each([
  [
    { commit: 'c0ffee1234567890', run: 'https://github.com/acme/shop/actions/runs/7' },
    'infra-actions/pre-deploy/7/c0ffee123456',
  ],
  [{ commit: undefined, run: undefined }, 'infra-actions/pre-deploy'],
])('is started by %j', (origin, expected) => {
  expect(startedByOf('pre-deploy', origin)).toBe(expected);
});

it('says who started it in 128 of the letters that ECS takes', () => {
  const long = startedByOf(`run-task/${'ä'.repeat(200)}`, { commit: 'c', run: undefined });
  expect(long).toMatch(/^[A-Za-z0-9_/-]{128}$/);
});

describe('a service', () => {
  let world: DeployWorld;

  beforeEach(async () => {
    world = deployWorld(await ecsFixture());
  });

  it('by capacity providers has its tasks run by them too', async () => {
    const strategy = [
      { capacityProvider: 'FARGATE', base: 1, weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 3 },
    ];
    await releasedService(world, {
      service: { launchType: undefined, capacityProviderStrategy: strategy },
    });
    expect(await world.ports.tasks.placementOf('main', 'web')).toMatchObject({
      launchType: undefined,
      capacityProviders: [
        { name: 'FARGATE', base: 1, weight: 1 },
        { name: 'FARGATE_SPOT', base: undefined, weight: 3 },
      ],
    });
    const report = await runTaskOnce(world);
    expect(report.outputs['outcome']).toBe('succeeded');
    const task = only(
      (await world.fixture.tasks('STOPPED')).filter(
        ({ taskArn }) => taskArn === report.outputs['task-arn'],
      ),
    );
    expect(task).toMatchObject({ capacityProviderName: 'FARGATE' });
  });

  it('of the controller CODE_DEPLOY has its settings in its primary task set', async () => {
    const config = inProcessConfig(world.fixture);
    const body = {
      services: [
        {
          serviceName: 'web',
          taskSets: [
            { status: 'ACTIVE', launchType: 'EC2' },
            {
              status: 'PRIMARY',
              launchType: 'FARGATE',
              platformVersion: 'LATEST',
              networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-3'] } },
            },
          ],
        },
      ],
    };
    const handle = () =>
      Promise.resolve({
        response: {
          statusCode: 200,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          body: Buffer.from(JSON.stringify(body)),
        },
      });
    const tasks = openTasks(
      openEcsCalls({ ...config, requestHandler: { handle } } as typeof config),
    );
    expect(await tasks.placementOf('main', 'web')).toEqual({
      launchType: 'FARGATE',
      capacityProviders: [],
      platformVersion: 'LATEST',
      network: { subnets: ['subnet-3'], securityGroups: [], assignPublicIp: false },
    });
  });
});
