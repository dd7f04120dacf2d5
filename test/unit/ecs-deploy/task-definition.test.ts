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
  return { bodies, ecs: openEcs(config) };
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
  ])('may be %s', (_, content) => {
    expect(parseTaskDefinitionFile(JSON.stringify(content), 'task.json')).toEqual({
      definition: delicate,
      tags,
    });
  });

  it.each(['{', '[]', '{}', '{"containerDefinitions": []}'])('may not be %s', (text) => {
    expect(() => parseTaskDefinitionFile(text, 'task.json')).toThrow(UserError);
  });
});
