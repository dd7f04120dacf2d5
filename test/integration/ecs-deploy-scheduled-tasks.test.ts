import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { errors } from '../support/annotations.js';
import {
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  runDeploy,
} from '../support/ecs-deploy.js';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 30 });
});
afterAll(() => emulator.stop());

describe('scheduled tasks and event processors', () => {
  const target = {
    Arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop-dev',
    RoleArn: 'arn:aws:iam::123456789012:role/shop-dev-schedules',
    EcsParameters: {
      TaskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-web-nightly-dev',
      LaunchType: 'FARGATE' as const,
    },
    RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
  };

  async function makeTask(name: string, more: object): Promise<void> {
    const config = sdkConfig(emulator);
    const family = `shop-web-${name}-dev`;
    await ecsClient(emulator).send(
      new RegisterTaskDefinitionCommand({
        family: `${family}-template`,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          { name: 'job', image: 'placeholder.invalid/set-by-ecs-deploy:none', command: [name] },
        ],
      }),
    );
    await new SSMClient(config).send(
      new PutParameterCommand({
        Name: `/dev/shop/web/deploy/tasks/${name}`,
        Type: 'String',
        Value: JSON.stringify({
          version: 1,
          name,
          templateFamily: `${family}-template`,
          liveFamily: family,
          container: 'job',
          ...more,
        }),
      }),
    );
  }

  async function liveImage(name: string): Promise<string | undefined> {
    const answer = await ecsClient(emulator).send(
      new DescribeTaskDefinitionCommand({ taskDefinition: `shop-web-${name}-dev` }),
    );
    return answer.taskDefinition?.containerDefinitions?.[0]?.image;
  }

  beforeAll(async () => {
    await emulator.reset();
    await makeService(emulator);
    const config = sdkConfig(emulator);
    await new SchedulerClient(config).send(
      new CreateScheduleCommand({
        Name: 'nightly',
        GroupName: 'default',
        State: 'DISABLED',
        Description: 'cleans up',
        ScheduleExpression: 'cron(0 3 * * ? *)',
        ScheduleExpressionTimezone: 'Europe/Berlin',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
        Target: target,
      }),
    );
    const events = new EventBridgeClient(config);
    await events.send(
      new PutRuleCommand({
        Name: 'orders',
        State: 'DISABLED',
        EventPattern: JSON.stringify({ source: ['shop.orders'] }),
      }),
    );
    await events.send(
      new PutTargetsCommand({
        Rule: 'orders',
        Targets: [
          {
            Id: 'task',
            Arn: `arn:aws:ecs:${emulator.region}:123456789012:cluster/${names.cluster}`,
            RoleArn: 'arn:aws:iam::123456789012:role/shop-dev-events',
            EcsParameters: {
              // Without a revision: the latest one.
              TaskDefinitionArn: `arn:aws:ecs:${emulator.region}:123456789012:task-definition/shop-web-orders-dev`,
              LaunchType: 'FARGATE',
              NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-1'] } },
            },
            InputTransformer: {
              InputPathsMap: { detail: '$.detail' },
              InputTemplate:
                '{"containerOverrides":[{"name":"job","environment":[{"name":"EVENT","value":"<detail>"}]}]}',
            },
          },
        ],
      }),
    );
    await makeTask('nightly', {
      kind: 'scheduled',
      enableOnFirstRelease: { kind: 'schedule', group: 'default', name: 'nightly' },
    });
    await makeTask('orders', {
      kind: 'event',
      enableOnFirstRelease: { kind: 'rule', bus: 'default', name: 'orders' },
    });
  });

  it('get the image after the verdict, and what starts them is enabled as it was', async () => {
    const image = await pushServiceImage(emulator, 'v1');
    const step = await runDeploy(emulator, { inputs: { image: image.reference } });
    expect(errors(step)).toBe('');
    expect(step.outputs['outcome']).toBe('succeeded');
    const reference = `${emulator.registryHost}/${names.repository}@${image.digest}`;
    expect(await liveImage('nightly')).toBe(reference);
    expect(await liveImage('orders')).toBe(reference);
    const config = sdkConfig(emulator);
    const schedule = await new SchedulerClient(config).send(
      new GetScheduleCommand({ Name: 'nightly', GroupName: 'default' }),
    );
    expect(schedule).toMatchObject({
      State: 'ENABLED',
      Description: 'cleans up',
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      Target: target,
    });
    const rule = await new EventBridgeClient(config).send(
      new DescribeRuleCommand({ Name: 'orders' }),
    );
    expect(rule).toMatchObject({ State: 'ENABLED' });
  });

  it('are started for an event with the image that the last deploy has brought', async () => {
    const image = await pushServiceImage(emulator, 'v1b');
    const step = await runDeploy(emulator, { inputs: { image: image.reference } });
    expect(errors(step)).toBe('');
    await new EventBridgeClient(sdkConfig(emulator)).send(
      new PutEventsCommand({
        Entries: [
          { Source: 'shop.orders', DetailType: 'Order Created', Detail: '{"id": "o\\"1"}' },
          { Source: 'shop.other', DetailType: 'Order Created', Detail: '{}' },
        ],
      }),
    );
    const ecs = ecsClient(emulator);
    const { taskArns = [] } = await ecs.send(
      new ListTasksCommand({ cluster: names.cluster, family: 'shop-web-orders-dev' }),
    );
    expect(taskArns).toHaveLength(1);
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ cluster: names.cluster, tasks: taskArns }),
    );
    expect(tasks?.[0]).toMatchObject({
      startedBy: 'events-rule/orders',
      containers: [{ image: `${emulator.registryHost}/${names.repository}@${image.digest}` }],
      overrides: {
        containerOverrides: [{ environment: [{ name: 'EVENT', value: '{"id":"o\\"1"}' }] }],
      },
    });
  });

  it('run once by name, in their own family', async () => {
    const step = await runDeploy(emulator, { inputs: { command: 'run-task', task: 'nightly' } });
    expect(errors(step)).toBe('');
    expect(step.outputs['task-definition-arn']).toContain('/shop-web-nightly-dev:');
  });

  it('must have their templates before anything is touched', async () => {
    await emulator.control('DELETE', 'calls');
    await new SSMClient(sdkConfig(emulator)).send(
      new PutParameterCommand({
        Name: '/dev/shop/web/deploy/tasks/weekly',
        Type: 'String',
        Value: JSON.stringify({
          version: 1,
          name: 'weekly',
          kind: 'scheduled',
          templateFamily: 'none-template',
          liveFamily: 'none',
          container: 'job',
        }),
      }),
    );
    const image = await pushServiceImage(emulator, 'v2');
    const step = await runDeploy(emulator, { inputs: { image: image.reference } });
    expect(errors(step)).toContain('task weekly: there is no active task definition');
    expect(await emulator.calls()).not.toHaveProperty('ecs.UpdateService');
  });
});
