import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Wire } from '../../../emulator/ecs/wire.js';
import { codeOf, type EcsFixture, ecsFixture } from '../../support/ecs-emulator.js';

const container = { name: 'app', image: 'shop/web:1', memory: 128 };

const fargate = {
  family: 'web',
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  containerDefinitions: [container],
};

async function register(fixture: EcsFixture, input: object): Promise<Wire<TaskDefinition>> {
  const output = await fixture.call('RegisterTaskDefinition', input);
  return output['taskDefinition'] as Wire<TaskDefinition>;
}

async function describeIt(fixture: EcsFixture, name: string): Promise<Wire<TaskDefinition>> {
  const output = await fixture.call('DescribeTaskDefinition', { taskDefinition: name });
  return output['taskDefinition'] as Wire<TaskDefinition>;
}

describe('RegisterTaskDefinition', () => {
  it('numbers the revisions of a family and never uses a number twice', async () => {
    const fixture = await ecsFixture();
    const input = { family: 'web', containerDefinitions: [container] };
    expect((await register(fixture, input)).revision).toBe(1);
    const second = await register(fixture, input);
    expect(second).toMatchObject({
      taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:2',
      status: 'ACTIVE',
      registeredAt: fixture.clock.now() / 1000,
    });
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'web:2' });
    await fixture.call('DeleteTaskDefinitions', { taskDefinitions: ['web:2'] });
    expect((await register(fixture, input)).revision).toBe(3);
  });

  it('refuses a secret that is an environment variable too', async () => {
    const fixture = await ecsFixture();
    const both = {
      environment: [{ name: 'DB', value: '' }],
      secrets: [{ name: 'DB', valueFrom: '/db' }],
    };
    const input = { family: 'web', containerDefinitions: [{ ...container, ...both }] };
    expect(await codeOf(register(fixture, input))).toBe('ClientException');
  });

  it('fills in what ECS fills in: sizes in units, the network mode, the volumes of a kind', async () => {
    const fixture = await ecsFixture();
    const input = {
      family: 'web',
      cpu: '.5 vCPU',
      memory: '1 GB',
      containerDefinitions: [container],
      volumes: [
        { name: 'scratch' },
        { name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
        { name: 'ebs', configuredAtLaunch: true },
      ],
    };
    expect(await register(fixture, input)).toMatchObject({
      cpu: '512',
      memory: '1024',
      networkMode: 'bridge',
      volumes: [
        { name: 'scratch', host: {} },
        { name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/' } },
        { name: 'ebs', configuredAtLaunch: true },
      ],
    });
  });

  it('keeps every field: empty texts and lists, 0, false, and what it has never heard of', async () => {
    const fixture = await ecsFixture();
    const full = {
      ...fargate,
      taskRoleArn: 'arn:role',
      executionRoleArn: 'arn:execution',
      pidMode: 'task',
      ipcMode: 'none',
      enableFaultInjection: false,
      ephemeralStorage: { sizeInGiB: 30 },
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
      proxyConfiguration: { type: 'APPMESH', containerName: 'app', properties: [] },
      placementConstraints: [],
      volumes: [
        {
          name: 'data',
          efsVolumeConfiguration: {
            fileSystemId: 'fs-1',
            authorizationConfig: { iam: 'ENABLED' },
          },
        },
      ],
      containerDefinitions: [
        {
          name: 'app',
          image: 'shop/web:1',
          repositoryCredentials: { credentialsParameter: 'arn:secret' },
          cpu: 0,
          memory: 128,
          memoryReservation: 64,
          essential: true,
          restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 },
          links: [],
          portMappings: [
            {
              containerPort: 8080,
              hostPort: 8080,
              protocol: 'tcp',
              name: 'http',
              appProtocol: 'grpc',
            },
          ],
          entryPoint: [''],
          command: [],
          environment: [{ name: 'EMPTY', value: '' }],
          environmentFiles: [{ value: 'arn:file', type: 's3' }],
          secrets: [{ name: 'S', valueFrom: '/dev/s' }],
          mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: false }],
          volumesFrom: [],
          linuxParameters: { initProcessEnabled: false, capabilities: { drop: ['ALL'], add: [] } },
          dependsOn: [{ containerName: 'sidecar', condition: 'START' }],
          startTimeout: 120,
          stopTimeout: 0,
          versionConsistency: 'disabled',
          user: '0',
          workingDirectory: '',
          readonlyRootFilesystem: false,
          interactive: false,
          dockerLabels: { a: '' },
          ulimits: [{ name: 'nofile', softLimit: 0, hardLimit: 1 }],
          healthCheck: {
            command: ['CMD-SHELL', ''],
            interval: 5,
            timeout: 2,
            retries: 1,
            startPeriod: 0,
          },
          systemControls: [],
          resourceRequirements: [],
          firelensConfiguration: { type: 'fluentbit', options: {} },
          credentialSpecs: [],
          fieldOfTheFuture: { a: [0, false, ''] },
        },
        { ...container, name: 'sidecar', essential: false },
      ],
      memberOfTheFuture: '',
    };
    await register(fixture, full);
    const described = await describeIt(fixture, 'web');
    const [first, sidecar] = full.containerDefinitions;
    const { containerDefinitions, ...rest } = full;
    expect(described).toMatchObject(rest);
    expect(described.containerDefinitions?.[0]).toEqual(first);
    expect(described.containerDefinitions?.[1]).toMatchObject({ ...sidecar });
    expect(containerDefinitions).toHaveLength(described.containerDefinitions?.length ?? 0);
  });

  it('fills in what ECS fills in', async () => {
    const fixture = await ecsFixture();
    await register(fixture, {
      ...fargate,
      containerDefinitions: [
        {
          ...container,
          portMappings: [{ containerPort: 80 }],
          healthCheck: { command: ['CMD', 'x'] },
        },
      ],
    });
    expect(await describeIt(fixture, 'web:1')).toMatchObject({
      volumes: [],
      placementConstraints: [],
      compatibilities: ['EC2', 'FARGATE'],
      containerDefinitions: [
        {
          cpu: 0,
          essential: true,
          environment: [],
          mountPoints: [],
          volumesFrom: [],
          systemControls: [],
          portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
          healthCheck: { command: ['CMD', 'x'], interval: 30, timeout: 5, retries: 3 },
        },
      ],
    });
  });

  it.each([
    ['no family', { ...fargate, family: '' }],
    ['a family with a dot', { ...fargate, family: 'a.b' }],
    ['no container', { ...fargate, containerDefinitions: [] }],
    ['a container without a name', { ...fargate, containerDefinitions: [{ image: 'x' }] }],
    ['a container without an image', { ...fargate, containerDefinitions: [{ name: 'x' }] }],
    ['an image with a blank', { ...fargate, containerDefinitions: [{ name: 'x', image: 'a b' }] }],
    ['two containers of one name', { ...fargate, containerDefinitions: [container, container] }],
    [
      'no essential container',
      { ...fargate, containerDefinitions: [{ ...container, essential: false }] },
    ],
    [
      'a dependency on nobody',
      { ...fargate, containerDefinitions: [{ ...container, dependsOn: [{ containerName: 'y' }] }] },
    ],
    ['no memory anywhere', { family: 'web', containerDefinitions: [{ name: 'x', image: 'y' }] }],
    ['Fargate without cpu', { ...fargate, cpu: undefined }],
    ['Fargate without memory', { ...fargate, memory: undefined }],
    ['a pair that Fargate does not have', { ...fargate, memory: '4096' }],
    ['Fargate without awsvpc', { ...fargate, networkMode: 'bridge' }],
    [
      'containers that need more than the task has',
      { ...fargate, containerDefinitions: [{ ...container, memory: 1024 }] },
    ],
    [
      'another host port under awsvpc',
      {
        ...fargate,
        containerDefinitions: [
          { ...container, portMappings: [{ containerPort: 80, hostPort: 81 }] },
        ],
      },
    ],
    [
      'a health check without a command',
      { ...fargate, containerDefinitions: [{ ...container, healthCheck: { command: [] } }] },
    ],
  ])('refuses %s', async (_, input) => {
    const fixture = await ecsFixture();
    expect(await codeOf(fixture.call('RegisterTaskDefinition', input))).toBe('ClientException');
    expect(await fixture.call('ListTaskDefinitions')).toEqual({ taskDefinitionArns: [] });
  });

  it.each([
    ['256', '2048'],
    ['1 vCPU', '2 GB'],
    ['.5 vCPU', '1024'],
    ['16384', '122880'],
  ])('accepts %s and %s on Fargate', async (cpu, memory) => {
    const fixture = await ecsFixture();
    expect((await register(fixture, { ...fargate, cpu, memory })).revision).toBe(1);
  });

  it('refuses a member of the wrong type', async () => {
    const fixture = await ecsFixture();
    expect(await codeOf(fixture.call('RegisterTaskDefinition', { ...fargate, cpu: 256 }))).toBe(
      'SerializationException',
    );
  });
});

describe('DescribeTaskDefinition', () => {
  it('of a family gives its latest active revision', async () => {
    const fixture = await ecsFixture();
    for (let count = 0; count < 3; count += 1) await register(fixture, fargate);
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'web:3' });
    expect((await describeIt(fixture, 'web')).revision).toBe(2);
    expect(await describeIt(fixture, 'web:3')).toMatchObject({
      status: 'INACTIVE',
      deregisteredAt: fixture.clock.now() / 1000,
    });
  });

  it('gives the tags when asked', async () => {
    const fixture = await ecsFixture();
    const tags = [{ key: 'commit', value: 'abc' }];
    await register(fixture, { ...fargate, tags });
    const plain = await fixture.call('DescribeTaskDefinition', { taskDefinition: 'web' });
    expect(plain).not.toHaveProperty('tags');
    const input = { taskDefinition: 'web', include: ['TAGS'] };
    expect((await fixture.call('DescribeTaskDefinition', input))['tags']).toEqual(tags);
  });

  it('of nothing is a ClientException', async () => {
    const fixture = await ecsFixture();
    expect(await codeOf(describeIt(fixture, 'none'))).toBe('ClientException');
    expect(await codeOf(describeIt(fixture, 'none:1'))).toBe('ClientException');
  });
});

describe('lists of task definitions', () => {
  it('filter by family and status, in both orders', async () => {
    const fixture = await ecsFixture();
    for (const family of ['web', 'web', 'web-job']) await register(fixture, { ...fargate, family });
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'web:1' });
    const names = async (input: object) =>
      ((await fixture.call('ListTaskDefinitions', input))['taskDefinitionArns'] as string[]).map(
        (arn) => arn.split('/')[1],
      );
    expect(await names({})).toEqual(['web:2', 'web-job:1']);
    expect(await names({ sort: 'DESC' })).toEqual(['web-job:1', 'web:2']);
    expect(await names({ familyPrefix: 'web' })).toEqual(['web:2']);
    expect(await names({ status: 'INACTIVE' })).toEqual(['web:1']);
    expect(await fixture.call('ListTaskDefinitionFamilies', { familyPrefix: 'web' })).toEqual({
      families: ['web', 'web-job'],
    });
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'web-job:1' });
    expect(await fixture.call('ListTaskDefinitionFamilies', { status: 'INACTIVE' })).toEqual({
      families: ['web-job'],
    });
  });
});

describe('DeleteTaskDefinitions', () => {
  it('deletes only what was deregistered', async () => {
    const fixture = await ecsFixture();
    await register(fixture, fargate);
    const { taskDefinitionArn } = await register(fixture, fargate);
    await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'web:1' });
    const input = { taskDefinitions: ['web:1', 'web:2', 'none:1'] };
    expect(await fixture.call('DeleteTaskDefinitions', input)).toMatchObject({
      taskDefinitions: [{ revision: 1, status: 'DELETE_IN_PROGRESS' }],
      failures: [{ arn: taskDefinitionArn }, { arn: 'none:1' }],
    });
  });
});
