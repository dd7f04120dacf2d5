import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandOutput,
} from '@aws-sdk/client-iam';
import type { TestEmulator } from '../support/emulator.js';
import { sdkConfig, startTestEmulator } from '../support/emulator.js';

/**
 * Each gap of a backend that the front fills, from both sides: the front answers as AWS does, and
 * the backend alone does not. The day that the second half fails, the gap can go.
 */

let emulator: TestEmulator;
let moto: string;

beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 100 });
  const status = (await emulator.control('GET', 'status')) as {
    backends: { name: string; port: number }[];
  };
  const port = status.backends.find(({ name }) => name === 'moto')?.port ?? 0;
  moto = `http://127.0.0.1:${port}`;
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

function signature(service: string, region = 'eu-west-1'): string {
  return `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, Signature=0`;
}

describe('conditions in bucket policies', () => {
  function policy(condition: unknown): string {
    const statement = {
      ...{ Effect: 'Deny', Principal: '*', Action: 's3:*' },
      Resource: ['arn:aws:s3:::shop', 'arn:aws:s3:::shop/*'],
      Condition: condition,
    };
    return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  }
  const tlsOnly = policy({ Bool: { 'aws:SecureTransport': 'false' } });

  async function put(base: string, target: string, body: string): Promise<number> {
    const answer = await fetch(`${base}/${target}`, {
      method: 'PUT',
      // Node's fetch names a type for text, which moto would take for a form.
      headers: { authorization: signature('s3', 'us-east-1'), 'content-type': 'text/xml' },
      body,
    });
    return answer.status;
  }

  async function write(base: string, document: string): Promise<number[]> {
    return [
      await put(base, 'shop', ''),
      await put(base, 'shop?policy', document),
      await put(base, 'shop/a', 'hello'),
    ];
  }

  it('are judged: TLS-only lets every call through', async () => {
    expect(await write(emulator.awsUrl, tlsOnly)).toEqual([200, 204, 200]);
  });

  it('are judged: what a condition meets is denied', async () => {
    const all = policy({ Bool: { 'aws:SecureTransport': 'true' } });
    expect(await write(emulator.awsUrl, all)).toEqual([200, 204, 403]);
  });

  it('come back as they were written', async () => {
    await write(emulator.awsUrl, tlsOnly);
    const read = await fetch(`${emulator.awsUrl}/shop?policy`, {
      headers: { authorization: signature('s3', 'us-east-1') },
    });
    expect(await read.text()).toBe(tlsOnly);
  });

  it('are not judged by the backend', async () => {
    expect(await write(moto, tlsOnly)).toEqual([200, 200, 403]);
  });
});

describe('the simulation of what a role may do', () => {
  const roleArn = 'arn:aws:iam::123456789012:role/shop-execution';
  const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf';
  const other = secret.replace('db', 'other');
  const simulation = (endpoint: string): Promise<SimulatePrincipalPolicyCommandOutput> =>
    new IAMClient({ ...sdkConfig(emulator), endpoint, maxAttempts: 1 }).send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: ['secretsmanager:GetSecretValue'],
        ResourceArns: [secret, other],
      }),
    );

  it('goes by its inline and attached policies, for each resource', async () => {
    const iam = new IAMClient(sdkConfig(emulator));
    const RoleName = 'shop-execution';
    const policy = (Effect: string, Resource: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect, Action: 'secretsmanager:*', Resource }],
      });
    await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policy('Allow', '*') }),
    );
    const decisions = async (): Promise<readonly unknown[]> =>
      ((await simulation(emulator.awsUrl)).EvaluationResults ?? []).flatMap(
        ({ ResourceSpecificResults = [] }) =>
          ResourceSpecificResults.map(({ EvalResourceDecision }) => EvalResourceDecision),
      );
    expect(await decisions()).toEqual(['implicitDeny', 'implicitDeny']);
    await iam.send(
      new PutRolePolicyCommand({
        ...{ RoleName, PolicyName: 'read' },
        PolicyDocument: policy('Allow', secret),
      }),
    );
    expect(await decisions()).toEqual(['allowed', 'implicitDeny']);
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: 'never', PolicyDocument: policy('Deny', other) }),
    );
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }));
    expect(await decisions()).toEqual(['allowed', 'explicitDeny']);
  });

  it('knows no role that is not there', async () => {
    await expect(simulation(emulator.awsUrl)).rejects.toMatchObject({
      name: 'NoSuchEntityException',
    });
  });

  it('is not what the backend has', async () => {
    await expect(simulation(moto)).rejects.toThrow();
  });
});

describe('application autoscaling of ECS services', () => {
  async function call(base: string, operation: string, input: object): Promise<number> {
    const answer = await fetch(base, {
      method: 'POST',
      headers: {
        authorization: signature('application-autoscaling'),
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AnyScaleFrontendService.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return answer.status;
  }
  const target = {
    ...{ ServiceNamespace: 'ecs', ResourceId: 'service/shop/app', MinCapacity: 1, MaxCapacity: 2 },
    ScalableDimension: 'ecs:service:DesiredCount',
  };

  it('finds the services of the emulator, and only those', async () => {
    expect(await call(emulator.awsUrl, 'RegisterScalableTarget', target)).toBe(400);
    await runService('127.0.0.1:1/none');
    expect(await call(emulator.awsUrl, 'RegisterScalableTarget', target)).toBe(200);
  });

  it('is not what the backend has', async () => {
    await runService('127.0.0.1:1/none');
    expect(await call(moto, 'RegisterScalableTarget', target)).toBe(400);
    expect(await call(moto, 'ListTagsForResource', { ResourceARN: 'arn:x' })).toBe(500);
  });
});

describe('events for a target of Amazon ECS', () => {
  async function call(base: string, operation: string, input: object): Promise<number> {
    const answer = await fetch(base, {
      method: 'POST',
      headers: {
        authorization: signature('events'),
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSEvents.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return answer.status;
  }

  /** The tasks that an event has started, and the status of PutEvents. */
  async function send(base: string, state: string): Promise<readonly [number, number]> {
    await runService('127.0.0.1:1/none');
    await call(base, 'PutRule', {
      ...{ Name: 'orders', State: state },
      EventPattern: JSON.stringify({ source: ['shop.orders'] }),
    });
    const EcsParameters = {
      TaskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/app',
      LaunchType: 'FARGATE',
      NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-1'] } },
    };
    const Arn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop';
    const Targets = [
      { Id: 'task', Arn, RoleArn: 'arn:aws:iam::123456789012:role/x', EcsParameters },
    ];
    await call(base, 'PutTargets', { Rule: 'orders', Targets });
    const event = { Source: 'shop.orders', DetailType: 'Order Created', Detail: '{}' };
    const status = await call(base, 'PutEvents', { Entries: [event] });
    const { taskArns = [] } = await new ECSClient(sdkConfig(emulator)).send(
      new ListTasksCommand({ cluster: 'shop', startedBy: 'events-rule/orders' }),
    );
    return [status, taskArns.length];
  }

  it('start a task of the latest revision, where the rule is enabled', async () => {
    expect(await send(emulator.awsUrl, 'ENABLED')).toEqual([200, 1]);
  });

  it('start none where it is disabled', async () => {
    expect(await send(emulator.awsUrl, 'DISABLED')).toEqual([200, 0]);
  });

  it('are what the backend breaks on', async () => {
    expect(await send(moto, 'ENABLED')).toEqual([500, 0]);
  });
});

async function runService(image: string): Promise<void> {
  const ecs = new ECSClient(sdkConfig(emulator));
  await ecs.send(new CreateClusterCommand({ clusterName: 'shop' }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: 'app', networkMode: 'awsvpc', cpu: '256', memory: '512' },
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'app', image, essential: true }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      ...{ cluster: 'shop', serviceName: 'app', taskDefinition: 'app', desiredCount: 1 },
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    }),
  );
}

describe('ECS and the registry', () => {
  it('stops tasks whose image the registry does not have', async () => {
    await runService(`${emulator.registryHost}/shop/app:none`);
    await emulator.advance(120);
    const ecs = new ECSClient(sdkConfig(emulator));
    const { taskArns = [] } = await ecs.send(
      new ListTasksCommand({ cluster: 'shop', desiredStatus: 'STOPPED' }),
    );
    const { tasks = [] } = await ecs.send(
      new DescribeTasksCommand({ cluster: 'shop', tasks: taskArns }),
    );
    expect(tasks.length).toBeGreaterThan(0);
    expect(tasks[0]?.stoppedReason).toMatch(/CannotPullContainerError/);
  });
});
