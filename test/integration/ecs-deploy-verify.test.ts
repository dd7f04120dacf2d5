import { mkdtemp, mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type ContainerDefinition,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { said } from '../support/annotations.js';
import { ecsTrust } from '../support/ecs-account.js';
import {
  ecsClient,
  makeService,
  names,
  pushServiceImage,
  readService,
  runDeploy,
} from '../support/ecs-deploy.js';
import { sdkConfig, startTestEmulator, type TestEmulator } from '../support/emulator.js';
import type { RunStepResult } from '../support/runner.js';

let emulator: TestEmulator;
let image: Awaited<ReturnType<typeof pushServiceImage>>;
let account: Awaited<ReturnType<typeof makeAccount>>;

beforeAll(async () => {
  emulator = await startTestEmulator({ speed: 20 });
});
afterAll(() => emulator.stop());

/**
 * A VPC with a subnet, a security group and a target group; roles, and a secret and parameters, of
 * which the secret and `plain` are encrypted with a key of the customer's.
 */
async function makeAccount() {
  const config = sdkConfig(emulator);
  const ec2 = new EC2Client(config);
  const iam = new IAMClient(config);
  const ssm = new SSMClient(config);
  const inVpc = async (block: string) => {
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: `${block}.0.0/16` }));
    const VpcId = Vpc?.VpcId ?? '';
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: `${block}.0.0/24` }),
    );
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({ VpcId, GroupName: 'tasks', Description: 'tasks' }),
    );
    return { vpcId: VpcId, subnet: Subnet?.SubnetId ?? '', securityGroup: GroupId ?? '' };
  };
  const group = async (VpcId: string, Name: string, TargetType: 'ip' | 'instance') => {
    const answer = await new ElasticLoadBalancingV2Client(config).send(
      new CreateTargetGroupCommand({ Name, VpcId, TargetType, Protocol: 'HTTP', Port: 80 }),
    );
    return answer.TargetGroups?.[0]?.TargetGroupArn ?? '';
  };
  const role = async (RoleName: string, AssumeRolePolicyDocument: string) => {
    const answer = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    await iam.send(
      new PutRolePolicyCommand({
        ...{ RoleName, PolicyName: 'start-tasks' },
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
        }),
      }),
    );
    return answer.Role?.Arn ?? '';
  };
  const [main, other] = [await inVpc('10.1'), await inVpc('10.2')];
  const kms = new KMSClient(config);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'of the shop' }));
  const key = KeyMetadata?.Arn ?? '';
  const AliasName = 'alias/shop';
  await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: key }));
  const secret = await new SecretsManagerClient(config).send(
    new CreateSecretCommand({
      ...{ Name: 'shop/db', SecretString: '{"password":"hunter2"}' },
      KmsKeyId: key,
    }),
  );
  const parameters = { '/dev/shop/token': 'alias/aws/ssm', plain: AliasName };
  for (const [Name, KeyId] of Object.entries(parameters)) {
    const value = { Type: 'SecureString', Value: 'hunter2' } as const;
    await ssm.send(new PutParameterCommand({ Name, KeyId, ...value }));
  }
  return {
    main,
    other,
    key,
    secret: secret.ARN ?? '',
    role: await role('shop-task', ecsTrust),
    lambdaRole: await role('shop-lambda', ecsTrust.replace('ecs-tasks', 'lambda')),
    ips: await group(main.vpcId, 'ips', 'ip'),
    instances: await group(main.vpcId, 'instances', 'instance'),
  };
}

/** A revision of the service's template. */
async function registerTemplate(
  container: Partial<ContainerDefinition>,
  task: Partial<RegisterTaskDefinitionCommandInput> = {},
  family = `${names.serviceName}-template`,
): Promise<void> {
  await ecsClient(emulator).send(
    new RegisterTaskDefinitionCommand({
      family,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn: account.role,
      taskRoleArn: account.role,
      ...task,
      containerDefinitions: [
        {
          name: 'app',
          image: 'public.ecr.aws/docker/library/busybox:stable',
          portMappings: [{ containerPort: 8080 }],
          ...container,
        },
      ],
    }),
  );
}

async function makeAll(service: {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly targetGroupArn: string;
}): Promise<void> {
  const { subnets, securityGroups, targetGroupArn } = service;
  await registerTemplate({}, {}, 'placeholder');
  await makeService(emulator, {
    service: {
      taskDefinition: 'placeholder',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [...subnets], securityGroups: [...securityGroups] },
      },
      loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 8080 }],
    },
  });
  image = await pushServiceImage(emulator, 'v1');
}

/** Refuses every call of a service, with its own code for it. */
function deny(service: string, code: string): Promise<void> {
  return emulator.addFaults({ kind: 'error', service, code, status: 403 });
}

function problems(step: RunStepResult): readonly string[] {
  const found = JSON.parse(step.outputs['problems'] ?? '[]') as { readonly code: string }[];
  return found.map(({ code }) => code).sort();
}

const logConfiguration = (group: string): ContainerDefinition['logConfiguration'] => ({
  logDriver: 'awslogs',
  options: {
    'awslogs-group': group,
    'awslogs-region': emulator.region,
    'awslogs-stream-prefix': 'app',
  },
});

describe('a service with nothing wrong', () => {
  beforeAll(async () => {
    await emulator.reset();
    account = await makeAccount();
    const { main, ips } = account;
    await makeAll({
      subnets: [main.subnet],
      securityGroups: [main.securityGroup],
      targetGroupArn: ips,
    });
    await registerTemplate({
      logConfiguration: logConfiguration(names.logGroup),
      secrets: [
        { name: 'DB', valueFrom: `${account.secret}:password:AWSCURRENT:` },
        {
          name: 'TOKEN',
          valueFrom: `arn:aws:ssm:${emulator.region}:123456789012:parameter/dev/shop/token`,
        },
        { name: 'PLAIN', valueFrom: 'plain' },
      ],
    });
  });

  it('passes, changes nothing, and reads no secret', async () => {
    await emulator.control('DELETE', 'calls');
    const step = await runDeploy(emulator, {
      inputs: { command: 'verify', image: image.reference },
    });
    expect(step.annotations.filter(({ level }) => level === 'error')).toEqual([]);
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({ outcome: 'succeeded', problems: '[]' });
    const calls = await emulator.calls();
    for (const call of [
      'ecs.RegisterTaskDefinition',
      'ecs.UpdateService',
      'secretsmanager.GetSecretValue',
      'ssm.PutParameter',
    ]) {
      expect(calls).not.toHaveProperty([call]);
    }
    expect(calls).toHaveProperty(['secretsmanager.DescribeSecret'], 1);
    expect(calls).toHaveProperty(['iam.GetRole']);
    expect(step.log.join('\n') + step.summary).not.toContain('hunter2');
  });

  /** Lets the execution role do this, and what it needs for its log. */
  async function allow(...statements: readonly object[]): Promise<void> {
    const group = `arn:aws:logs:${emulator.region}:123456789012:log-group:${names.logGroup}`;
    const log = { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${group}:*` };
    const Statement = [log, ...statements].map((one) => ({ Effect: 'Allow', ...one }));
    await new IAMClient(sdkConfig(emulator)).send(
      new PutRolePolicyCommand({
        ...{ RoleName: 'shop-task', PolicyName: 'start-tasks' },
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
  }

  /** Where and what the execution role is told not to be allowed. */
  async function denials(): Promise<readonly string[]> {
    const step = await runDeploy(emulator, {
      inputs: { command: 'verify', image: image.reference },
    });
    expect(step.outputs['outcome']).toBe('failed');
    expect(new Set(problems(step))).toEqual(new Set(['execution-role-denied']));
    expect(said(step)).toContain('execution role "shop-task" may not call');
    const found = JSON.parse(step.outputs['problems'] ?? '[]') as {
      readonly place: string;
      readonly message: string;
    }[];
    return found
      .map(
        ({ place, message }) =>
          `${place.split('.').at(-1) ?? ''} ${message.split(' call ')[1] ?? ''}`,
      )
      .sort();
  }

  it('names what the execution role may not do', async () => {
    const { secret, key } = account;
    const parameter = `arn:aws:ssm:${emulator.region}:123456789012:parameter`;
    await allow(
      { Action: 'secretsmanager:GetSecretValue', Resource: `${secret}-of-another` },
      { Action: 'ssm:GetParameters', Resource: `${parameter}/dev/*` },
    );
    expect(await denials()).toEqual([
      `DB kms:Decrypt on ${key}`,
      `DB secretsmanager:GetSecretValue on ${secret}`,
      `PLAIN kms:Decrypt on ${key}`,
      `PLAIN ssm:GetParameters on ${parameter}/plain`,
    ]);
  });

  it('tells by way of which service the role may decrypt', async () => {
    const { key } = account;
    const via = { 'kms:ViaService': `ssm.${emulator.region}.amazonaws.com` };
    await allow(
      { Action: ['secretsmanager:GetSecretValue', 'ssm:GetParameters'], Resource: '*' },
      { Action: 'kms:Decrypt', Resource: key, Condition: { StringEquals: via } },
    );
    expect(await denials()).toEqual([`DB kms:Decrypt on ${key}`]);
  });

  it('tells what the role may not look at, and does not fail for it', async () => {
    await deny('iam', 'AccessDenied');
    await deny('ec2', 'UnauthorizedOperation');
    try {
      const step = await runDeploy(emulator, {
        inputs: { command: 'verify', image: image.reference },
      });
      expect(step.conclusion).toBe('success');
      expect(step.summary).toContain('not checked');
      expect(step.log.join('\n')).toMatch(
        /not checked: taskRoleArn, executionRoleArn.*iam:GetRole/,
      );
    } finally {
      await emulator.control('DELETE', 'faults');
    }
  });
});

describe('a service with six mistakes', () => {
  beforeAll(async () => {
    await emulator.reset();
    account = await makeAccount();
    const { main, other, instances } = account;
    await makeAll({
      subnets: [main.subnet],
      securityGroups: [other.securityGroup],
      targetGroupArn: instances,
    });
    await registerTemplate(
      {
        logConfiguration: logConfiguration('/ecs/nope'),
        secrets: [
          { name: 'DB', valueFrom: account.secret.replace('shop/db', 'shop/nope') },
          { name: 'TOKEN', valueFrom: '/dev/shop/nope' },
        ],
      },
      { taskRoleArn: account.lambdaRole },
    );
  });

  it('is told all of them at once, as annotations, output and table', async () => {
    const step = await runDeploy(emulator, {
      inputs: { command: 'verify', image: image.reference },
    });
    expect(step.conclusion).toBe('failure');
    expect(step.outputs['outcome']).toBe('failed');
    const codes = [
      'log-group-missing',
      'parameter-missing',
      'role-trust',
      'secret-missing',
      'target-group-type',
      'vpc-mixed',
    ];
    expect(problems(step)).toEqual(codes);
    for (const code of codes) expect(step.summary).toContain(`\`${code}\``);
    const errors = step.annotations.filter(({ level }) => level === 'error');
    expect(errors.length).toBeGreaterThanOrEqual(codes.length);
    expect(errors.map(({ message }) => message).join('\n')).toContain('/ecs/nope');
  });

  it('stops a deploy before anything is changed, by what needs no further rights', async () => {
    const before = await readService(emulator);
    const step = await runDeploy(emulator, {
      inputs: { image: image.reference, cpu: '300', 'env-vars': 'TOKEN=hunter2' },
    });
    expect(step.conclusion).toBe('failure');
    const message = said(step);
    expect(message).toContain('TOKEN is a secret and an environment variable at once');
    expect(step.log.join('\n') + step.summary).not.toContain('hunter2');

    const second = await runDeploy(emulator, { inputs: { image: image.reference, cpu: '300' } });
    const told = said(second);
    for (const part of ['300 is no size', '/ecs/nope', 'shop/nope', '/dev/shop/nope']) {
      expect(told).toContain(part);
    }
    expect((await readService(emulator)).taskDefinition).toBe(before.taskDefinition);
  });
});

describe('a deploy', () => {
  beforeAll(async () => {
    await emulator.reset();
    await makeService(emulator);
    image = await pushServiceImage(emulator, 'v1');
  });

  it('refuses an image of the wrong architecture', async () => {
    const step = await runDeploy(emulator, {
      inputs: {
        image: image.reference,
        overrides: 'runtimePlatform: { cpuArchitecture: ARM64, operatingSystemFamily: LINUX }',
      },
    });
    expect(step.conclusion).toBe('failure');
    expect(said(step)).toMatch(/is for linux\/amd64, and the task runs on linux\/arm64/);
  });

  it('changes what its inputs name, in a file that is YAML too', async () => {
    const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'yaml-'));
    await mkdir(path.join(workspace, '.aws'));
    await writeFile(
      path.join(workspace, '.aws/task-definition-v1-dev.yml'),
      [
        'family: shop-web-dev',
        'requiresCompatibilities: [FARGATE]',
        'networkMode: awsvpc',
        'cpu: 256',
        'memory: 512',
        'futureField: { keep: [0, ""] }',
        'containerDefinitions:',
        '  - name: app',
        '    image: <IMAGE1_NAME>',
        '    command: [run, ""]',
        '    futureField: false',
        '    environment: [{ name: OLD, value: "1" }, { name: LOG_LEVEL, value: info }]',
        '  - name: proxy',
        '    image: public.ecr.aws/docker/library/busybox:stable',
        '    essential: false',
      ].join('\n'),
    );
    const step = await runDeploy(emulator, {
      job: { workspace },
      inputs: {
        cluster: names.cluster,
        'service-name': names.serviceName,
        'task-definition': '.aws/task-definition-v1-dev.yml',
        image: image.reference,
        container: 'app',
        'env-vars': 'LOG_LEVEL=hunter2\nproxy:UPSTREAM=',
        'remove-env-vars': 'OLD\nNOPE',
        memory: '1 GB',
        overrides: '{"containerDefinitions": {"proxy": {"stopTimeout": 5}}}',
      },
    });
    expect(step.outputs['outcome']).toBe('succeeded');
    expect(step.log.join('\n') + step.summary).not.toContain('hunter2');
    const { taskDefinition } = await ecsClient(emulator).send(
      new DescribeTaskDefinitionCommand({ taskDefinition: step.outputs['task-definition-arn'] }),
    );
    expect(taskDefinition).toMatchObject({
      cpu: '256',
      memory: '1024',
      containerDefinitions: [
        {
          name: 'app',
          command: ['run', ''],
          environment: [{ name: 'LOG_LEVEL', value: 'hunter2' }],
        },
        { name: 'proxy', stopTimeout: 5, environment: [{ name: 'UPSTREAM', value: '' }] },
      ],
    });
    const raw = JSON.stringify(await rawDefinition(step.outputs['task-definition-arn'] ?? ''));
    expect(raw).toContain('"futureField":{"keep":[0,""]}');
    expect(raw).toContain('"futureField":false');
  });
});

/** The answer as it is, with the fields that the SDK does not know. */
async function rawDefinition(arn: string): Promise<unknown> {
  const answer = await fetch(emulator.awsUrl, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${emulator.region}/ecs/aws4_request, Signature=0`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition',
    },
    body: JSON.stringify({ taskDefinition: arn }),
  });
  return answer.json();
}

describe('keep-revisions', () => {
  const arn = (name: string) =>
    `arn:aws:ecs:${emulator.region}:123456789012:task-definition/${name}`;

  async function active(): Promise<readonly number[]> {
    const answer = await ecsClient(emulator).send(
      new ListTaskDefinitionsCommand({ familyPrefix: names.serviceName }),
    );
    return (answer.taskDefinitionArns ?? []).map((one) => Number(one.split(':').at(-1)));
  }

  it('keeps what a schedule, a rule on any bus and a task name', async () => {
    await emulator.reset();
    await makeService(emulator);
    for (const tag of ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']) {
      const { reference } = await pushServiceImage(emulator, tag);
      const step = await runDeploy(emulator, { inputs: { image: reference } });
      expect(step.outputs['outcome']).toBe('succeeded');
    }
    const cluster = `arn:aws:ecs:${emulator.region}:123456789012:cluster/${names.cluster}`;
    const RoleArn = 'arn:aws:iam::123456789012:role/scheduler';
    const config = sdkConfig(emulator);
    await new SchedulerClient(config).send(
      new CreateScheduleCommand({
        Name: 'nightly',
        ScheduleExpression: 'rate(1 day)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: cluster,
          RoleArn,
          EcsParameters: { TaskDefinitionArn: arn(`${names.serviceName}:1`) },
        },
      }),
    );
    const events = new EventBridgeClient(config);
    await events.send(new PutRuleCommand({ Name: 'hourly', ScheduleExpression: 'rate(1 hour)' }));
    await events.send(
      new PutTargetsCommand({
        Rule: 'hourly',
        Targets: [
          {
            Id: 'task',
            Arn: cluster,
            RoleArn,
            EcsParameters: { TaskDefinitionArn: arn(`${names.serviceName}:2`) },
          },
        ],
      }),
    );
    await ecsClient(emulator).send(
      new RunTaskCommand({
        cluster: names.cluster,
        taskDefinition: arn(`${names.serviceName}:3`),
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        overrides: {
          containerOverrides: [
            { name: 'app', environment: [{ name: 'EMULATOR_FATE', value: 'slow:36000' }] },
          ],
        },
      }),
    );
    const { reference } = await pushServiceImage(emulator, 'v7');

    const dry = await runDeploy(emulator, {
      inputs: { image: reference, 'keep-revisions': '1', 'dry-run': 'true' },
    });
    expect(dry.log.join('\n')).toContain('deregister-revisions shop-web-dev:4, shop-web-dev:5');
    expect(await active()).toEqual([1, 2, 3, 4, 5, 6]);

    const step = await runDeploy(emulator, {
      inputs: { image: reference, 'keep-revisions': '1' },
    });
    expect(step.outputs['outcome']).toBe('succeeded');
    expect(await active()).toEqual([1, 2, 3, 6, 7]);
  });

  it('deregisters nothing where schedules may not be listed, and says so', async () => {
    const { reference } = await pushServiceImage(emulator, 'v8');
    await deny('scheduler', 'AccessDeniedException');
    const step = await runDeploy(emulator, {
      inputs: { image: reference, 'keep-revisions': '1' },
    });
    await emulator.control('DELETE', 'faults');
    expect(step.outputs['outcome']).toBe('succeeded');
    expect(step.log.join('\n')).toMatch(/nothing is deregistered.*scheduler:ListSchedules/);
    expect(await active()).toEqual([1, 2, 3, 6, 7, 8]);
  });
});
