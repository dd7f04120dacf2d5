import { openEcsCalls } from '../../../actions/ecs-deploy/aws/ecs-calls.js';
import { openEcs } from '../../../actions/ecs-deploy/aws/ecs.js';
import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import { parseTaskDefinitionFile } from '../../../actions/ecs-deploy/definition/definition-file.js';
import { definitionChanges } from '../../../actions/ecs-deploy/definition/differences.js';
import {
  withImages,
  withoutServerFields,
} from '../../../actions/ecs-deploy/definition/task-definition.js';
import { UserError } from '../../../actions/shared/errors.js';

/** Everything that a careless client loses: unknown fields, empty values, zero and false. */
const delicate: JsonObject = {
  family: 'web',
  futureField: { nested: [1, null, { deep: '' }] },
  volumes: [],
  containerDefinitions: [
    {
      name: 'app',
      image: 'web:v1',
      cpu: 0,
      essential: false,
      command: [],
      entryPoint: [''],
      environment: [{ name: 'EMPTY', value: '' }],
      healthCheck: { command: ['CMD-SHELL', ''], futureRetries: 0 },
      readonlyRootFilesystem: false,
      futureContainerField: false,
    },
    { name: 'sidecar', image: 'sidecar:v1', command: ['--prefix', ''] },
  ],
};

const serverFields = {
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
  revision: 1,
  status: 'ACTIVE',
  requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
  compatibilities: ['EC2', 'FARGATE'],
  registeredAt: 1_767_225_600.123,
  registeredBy: 'arn:aws:iam::123456789012:role/x',
  deregisteredAt: 1_767_225_601,
};

/** ECS that answers what is registered with it, and the server's own fields, as JSON. */
function echoingEcs(): { readonly bodies: unknown[]; readonly ecs: ReturnType<typeof openEcs> } {
  const bodies: unknown[] = [];
  let registered: JsonObject = {};
  const config = {
    region: 'eu-west-1',
    retryMode: 'standard' as const,
    maxAttempts: 1,
    credentials: () =>
      Promise.resolve({
        accessKeyId: 'test',
        secretAccessKey: 'test',
        sessionToken: 'test',
        expiration: new Date(Date.now() + 3_600_000),
      }),
    requestHandler: {
      handle(request: { headers: Record<string, string>; body: unknown }) {
        const body: unknown = request.body;
        const text = typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);
        expect(request.headers['content-length']).toBe(String(Buffer.byteLength(text)));
        if (/RegisterTaskDefinition$/.test(request.headers['x-amz-target'] ?? '')) {
          const { tags, ...definition } = JSON.parse(text) as { tags: unknown } & JsonObject;
          bodies.push({ ...definition, tags });
          registered = definition;
        }
        const answer = { taskDefinition: { ...registered, ...serverFields }, tags: [] };
        return Promise.resolve({
          response: {
            statusCode: 200,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: Buffer.from(JSON.stringify(answer)),
          },
        });
      },
    },
  };
  return { bodies, ecs: openEcs(openEcsCalls(config)) };
}

describe('register, then describe', () => {
  it('keeps every field, known to the SDK or not, empty or not', async () => {
    const { bodies, ecs } = echoingEcs();
    await ecs.registerTaskDefinition(delicate, [{ key: 'commit', value: 'c0ffee' }]);
    expect(bodies).toEqual([{ ...delicate, tags: [{ key: 'commit', value: 'c0ffee' }] }]);
    const described = await ecs.describeTaskDefinition('web');
    expect(described?.arn).toBe(serverFields.taskDefinitionArn);
    expect(withoutServerFields(described?.definition ?? {})).toEqual(delicate);
  });
});

describe('images', () => {
  it('change where they are named, and nothing else does', () => {
    expect(withImages(delicate, { app: 'web:v2' })).toEqual({
      ...delicate,
      containerDefinitions: [
        { ...(delicate['containerDefinitions'] as JsonObject[])[0], image: 'web:v2' },
        (delicate['containerDefinitions'] as JsonObject[])[1],
      ],
    });
  });
});

describe('differences', () => {
  const base: JsonObject = {
    family: 'web',
    networkMode: 'awsvpc',
    containerDefinitions: [
      {
        name: 'app',
        image: 'web:v1',
        portMappings: [{ containerPort: 8080 }],
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
    ],
  };
  const [container = {}] = base['containerDefinitions'] as JsonObject[];
  const change = (fields: JsonObject): JsonObject => ({
    ...base,
    containerDefinitions: [{ ...container, ...fields }],
  });

  it('do not count what ECS fills in or reorders', () => {
    const described = {
      ...change({
        cpu: 0,
        essential: true,
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
        environment: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      }),
      ...serverFields,
      volumes: [],
      placementConstraints: [],
    };
    expect(definitionChanges(base, described)).toEqual([]);
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ['no CPU units and 0', {}, { cpu: 0 }],
    ['null and absent', {}, { user: null, mountPoints: null }],
    ['switches that are off', {}, { privileged: false, readonlyRootFilesystem: false }],
    ['consistent versions', {}, { versionConsistency: 'enabled' }],
    [
      'a health check of defaults',
      { healthCheck: { command: ['CMD', 'true'] } },
      {
        healthCheck: {
          command: ['CMD', 'true'],
          interval: 30,
          timeout: 5,
          retries: 3,
          startPeriod: 0,
        },
      },
    ],
    [
      'mounts that may be written',
      { mountPoints: [{ sourceVolume: 'a', containerPath: '/a' }] },
      { mountPoints: [{ sourceVolume: 'a', containerPath: '/a', readOnly: false }] },
    ],
    [
      'the order of named things',
      {
        secrets: [
          { name: 'A', valueFrom: 'a' },
          { name: 'B', valueFrom: 'b' },
        ],
        portMappings: [{ containerPort: 80 }, { containerPort: 53, protocol: 'udp' }],
      },
      {
        secrets: [
          { name: 'B', valueFrom: 'b' },
          { name: 'A', valueFrom: 'a' },
        ],
        portMappings: [
          { containerPort: 53, protocol: 'udp' },
          { containerPort: 80, protocol: 'tcp' },
        ],
      },
    ],
    [
      'restarts of defaults',
      { restartPolicy: { enabled: true } },
      { restartPolicy: { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 300 } },
    ],
  ])('do not count %s', (_, from, to) => {
    expect(definitionChanges(change(from), change(to))).toEqual([]);
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ['sizes with a unit', { cpu: '.5 vCPU', memory: '2 GB' }, { cpu: '512', memory: '2048' }],
    [
      'the platform that Fargate takes',
      { requiresCompatibilities: ['EC2', 'FARGATE'] },
      {
        requiresCompatibilities: ['FARGATE', 'EC2'],
        runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
      },
    ],
    ['a bridge', { networkMode: null }, { networkMode: 'bridge' }],
    ['no fault injection', {}, { enableFaultInjection: false }],
    ['tags', {}, { tags: [{ key: 'team', value: 'shop' }] }],
    [
      'an EFS volume of defaults',
      { volumes: [{ name: 'a', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] },
      {
        volumes: [
          {
            name: 'a',
            configuredAtLaunch: false,
            efsVolumeConfiguration: {
              fileSystemId: 'fs-1',
              rootDirectory: '/',
              transitEncryption: 'DISABLED',
              authorizationConfig: {},
            },
          },
        ],
      },
    ],
    ['an empty host', { volumes: [{ name: 'a' }] }, { volumes: [{ name: 'a', host: {} }] }],
  ])('do not count, of the task, %s', (_, from, to) => {
    expect(definitionChanges({ ...base, ...from }, { ...base, ...to })).toEqual([]);
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ['another platform of EC2', {}, { runtimePlatform: { cpuArchitecture: 'X86_64' } }],
    [
      'ARM',
      { requiresCompatibilities: ['FARGATE'] },
      {
        requiresCompatibilities: ['FARGATE'],
        runtimePlatform: { cpuArchitecture: 'ARM64' },
      },
    ],
    ['a size', { memory: '512' }, { memory: '1 GB' }],
    [
      'an EFS directory',
      { volumes: [{ name: 'a', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] },
      {
        volumes: [
          { name: 'a', efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/b' } },
        ],
      },
    ],
  ])('count, of the task, %s', (_, from, to) => {
    expect(definitionChanges({ ...base, ...from }, { ...base, ...to })).not.toEqual([]);
  });

  it.each<readonly [string, JsonObject]>([
    [
      'one of two variables of the same name',
      {
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
          { name: 'A', value: '3' },
        ],
      },
    ],
    [
      'a mount that may only be read',
      {
        mountPoints: [{ sourceVolume: 'a', containerPath: '/a', readOnly: true }],
      },
    ],
    ['a port of the other protocol', { portMappings: [{ containerPort: 8080, protocol: 'udp' }] }],
    ['a health check', { healthCheck: { command: ['CMD', 'true'] } }],
    ['the order of a command', { command: ['b', 'a'] }],
  ])('count %s', (_, fields) => {
    expect(
      definitionChanges(
        change({ command: ['a', 'b'] }),
        change({ command: ['a', 'b'], ...fields }),
      ),
    ).not.toEqual([]);
  });

  it.each<readonly [string, JsonObject, string]>([
    ['an image', { image: 'web:v2' }, 'containers.app.image'],
    ['an environment variable', { environment: [] }, 'containers.app.environment'],
    ['a port', { portMappings: [{ containerPort: 80 }] }, 'containers.app.portMappings.80/tcp'],
    ['an empty string', { entryPoint: [''] }, 'containers.app.entryPoint'],
    ['essential', { essential: false }, 'containers.app.essential'],
    ['a field that nobody knows', { futureField: 1 }, 'containers.app.futureField'],
  ])('count %s', (_, fields, path) => {
    const paths = definitionChanges(base, change(fields)).map((one) => one.path);
    expect(paths.some((one) => one.startsWith(path))).toBe(true);
  });

  it('name the place and never the value', () => {
    const changed = change({
      environment: [
        { name: 'A', value: 'hunter2' },
        { name: 'B', value: '2' },
      ],
    });
    expect(definitionChanges(base, changed)).toEqual([
      { path: 'containers.app.environment.A.value', kind: 'changed' },
    ]);
  });
});

describe('a task definition file', () => {
  const tags = [{ key: 'team', value: 'shop' }];

  it.each([
    ['the input of RegisterTaskDefinition', { ...delicate, tags }],
    [
      'the output of DescribeTaskDefinition',
      { taskDefinition: { ...delicate, ...serverFields }, tags },
    ],
  ])('may be %s', async (_, content) => {
    expect(await parseTaskDefinitionFile(JSON.stringify(content), 'task.json')).toEqual({
      definition: delicate,
      tags,
    });
  });

  it('may have tags that YAML takes for numbers', async () => {
    const file = await parseTaskDefinitionFile(
      'family: web\ncontainerDefinitions: [{ name: app, image: web }]\ntags: [{ key: cost, value: 42 }, { key: public, value: false }]\n',
      'task.yaml',
    );
    expect(file.tags).toEqual([
      { key: 'cost', value: '42' },
      { key: 'public', value: 'false' },
    ]);
  });

  it('may be YAML, with sizes as numbers', async () => {
    const yaml = `
family: web
cpu: 256
memory: 512
containerDefinitions:
  - name: app
    image: web:v1
    cpu: 0
    command: []
    environment:
      - { name: EMPTY, value: '' }
      - { name: PORT, value: '8080' }
`;
    expect((await parseTaskDefinitionFile(yaml, '.aws/task.yml')).definition).toEqual({
      family: 'web',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'app',
          image: 'web:v1',
          cpu: 0,
          command: [],
          environment: [
            { name: 'EMPTY', value: '' },
            { name: 'PORT', value: '8080' },
          ],
        },
      ],
    });
  });

  it.each([
    ['task.json', '{'],
    ['task.json', '[]'],
    ['task.json', '{}'],
    ['task.json', '{"containerDefinitions": []}'],
    ['task.json', '{"containerDefinitions": [{}],}'],
    ['task.yaml', 'a: [b'],
    ['task.yaml', 'containerDefinitions: [{name: a, environment: [{name: PORT, value: 80}]}]'],
  ])('%s may not be %s', async (file, text) => {
    await expect(parseTaskDefinitionFile(text, file)).rejects.toThrow(UserError);
  });

  it('names the line of a mistake and quotes nothing of it', async () => {
    const text = '{\n  "containerDefinitions": [\n    {"secret": "hunter2" "x"}\n  ]\n}';
    let thrown: unknown;
    try {
      await parseTaskDefinitionFile(text, 'task.json');
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof UserError)) throw new Error('it was not refused');
    expect(thrown.problems).toEqual([
      expect.objectContaining({
        code: 'task-definition-malformed',
        at: { file: 'task.json', line: 3 },
      }),
    ]);
    expect(thrown.message).not.toContain('hunter2');
  });
});
