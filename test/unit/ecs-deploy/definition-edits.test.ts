import fc from 'fast-check';
import { applyEdits, type DefinitionEdits } from '../../../actions/ecs-deploy/definition/edits.js';
import { parseOverrides } from '../../../actions/ecs-deploy/definition/overrides-text.js';
import { applyPatch } from '../../../actions/ecs-deploy/definition/overrides.js';
import { readInputs } from '../../../actions/ecs-deploy/inputs.js';
import type { Json, JsonObject } from '../../../actions/ecs-deploy/model.js';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { noEdits } from '../../support/ecs.js';

const app: JsonObject = {
  name: 'app',
  image: 'web:v1',
  environment: [
    { name: 'LOG_LEVEL', value: 'info', future: true },
    { name: 'EMPTY', value: '' },
  ],
  secrets: [{ name: 'DB', valueFrom: 'arn:db' }],
  futureField: 0,
};
const proxy: JsonObject = { name: 'proxy', image: 'proxy:v1' };
const base: JsonObject = {
  family: 'web',
  cpu: '256',
  containerDefinitions: [app, proxy],
  extra: [],
};
const tags = [{ key: 'team', value: 'shop' }];

function edit(edits: Partial<DefinitionEdits>) {
  return applyEdits({ definition: base, tags }, 'app', { ...noEdits, ...edits });
}

function inMain(name: string, value = 'x') {
  return { container: undefined, name, value };
}

function withContainers(main: JsonObject, other: JsonObject = proxy): JsonObject {
  return { ...base, containerDefinitions: [main, other] };
}

describe('edits of a definition', () => {
  it('change nothing where none is asked for', () => {
    expect(edit({})).toEqual({ definition: base, tags, problems: [], notices: [] });
  });

  it('change a variable in its place, and keep what else it has', () => {
    expect(edit({ environment: [inMain('LOG_LEVEL', 'debug')] }).definition).toEqual(
      withContainers({
        ...app,
        environment: [
          { name: 'LOG_LEVEL', value: 'debug', future: true },
          { name: 'EMPTY', value: '' },
        ],
      }),
    );
  });

  it('add a variable to another container, an empty one too', () => {
    const { definition } = edit({
      environment: [{ container: 'proxy', name: 'UPSTREAM', value: '' }],
    });
    expect(definition).toEqual(
      withContainers(app, { ...proxy, environment: [{ name: 'UPSTREAM', value: '' }] }),
    );
  });

  it('add, change and remove secrets', () => {
    const { definition, problems } = edit({
      secrets: [inMain('KEY', 'arn:key')],
      removeSecrets: [{ container: 'app', name: 'DB' }],
    });
    expect(problems).toEqual([]);
    expect(definition).toEqual(
      withContainers({ ...app, secrets: [{ name: 'KEY', valueFrom: 'arn:key' }] }),
    );
  });

  it('make a variable of a secret where the secret is removed', () => {
    const { problems, definition } = edit({
      environment: [inMain('DB', 'sqlite')],
      removeSecrets: [{ container: undefined, name: 'DB' }],
    });
    expect(problems).toEqual([]);
    expect(definition['containerDefinitions']).toMatchObject([{ secrets: [] }, {}]);
  });

  it('set the size of the task', () => {
    expect(edit({ cpu: '1 vCPU', memory: '2048' }).definition).toEqual({
      ...base,
      cpu: '1 vCPU',
      memory: '2048',
    });
  });

  it('tell a removal of what is not there, which is no mistake', () => {
    const result = edit({ removeEnvironment: [{ container: 'proxy', name: 'NOPE' }] });
    expect(result).toMatchObject({ definition: base, problems: [] });
    expect(result.notices).toHaveLength(1);
  });

  it.each<readonly [string, Partial<DefinitionEdits>, readonly string[]]>([
    [
      'a container that is not there, for each input',
      {
        environment: [{ container: 'ap', name: 'A', value: '' }],
        removeSecrets: [{ container: 'sidecar', name: 'A' }],
      },
      ['container-missing', 'container-missing'],
    ],
    ['a variable that is a secret', { environment: [inMain('DB')] }, ['environment-conflict']],
    ['a secret that is a variable', { secrets: [inMain('EMPTY')] }, ['environment-conflict']],
    [
      'what is set and removed',
      {
        environment: [inMain('EMPTY')],
        removeEnvironment: [{ container: 'app', name: 'EMPTY' }],
      },
      ['environment-conflict'],
    ],
  ])('refuse %s', (_, edits, codes) => {
    expect(edit(edits).problems.map(({ code }) => code)).toEqual(codes);
  });
});

describe('overrides', () => {
  const override = (overrides: JsonObject) => edit({ overrides });

  it('merge objects, and keep what they do not name', () => {
    const first = override({ runtimePlatform: { cpuArchitecture: 'ARM64' }, cpu: 512 });
    expect(first.definition).toEqual({
      ...base,
      runtimePlatform: { cpuArchitecture: 'ARM64' },
      cpu: '512',
    });
  });

  it('merge containers, variables and ports by name, as a list or by name', () => {
    const asList = override({
      containerDefinitions: [
        { name: 'app', environment: [{ name: 'LOG_LEVEL', value: 'debug' }], stopTimeout: 60 },
      ],
    });
    const byName = override({
      containerDefinitions: { app: { environment: { LOG_LEVEL: 'debug' }, stopTimeout: 60 } },
    });
    expect(asList.problems).toEqual([]);
    expect(byName).toEqual(asList);
    expect(asList.definition).toEqual(
      withContainers({
        ...app,
        environment: [
          { name: 'LOG_LEVEL', value: 'debug', future: true },
          { name: 'EMPTY', value: '' },
        ],
        stopTimeout: 60,
      }),
    );
  });

  it('tell ports apart by container port, then by protocol', () => {
    const definition = withContainers({
      ...app,
      portMappings: [
        { containerPort: 53 },
        { containerPort: 53, protocol: 'udp' },
        { containerPort: 80 },
      ],
    });
    const patch = (portMappings: JsonObject[string]) =>
      applyEdits({ definition, tags }, 'app', {
        ...noEdits,
        overrides: { containerDefinitions: { app: { portMappings } } },
      });
    expect(
      patch([
        { containerPort: 53, protocol: 'udp', name: 'dns' },
        { containerPort: 80, appProtocol: 'http' },
        { containerPort: 81 },
      ]).definition['containerDefinitions'],
    ).toMatchObject([
      {
        portMappings: [
          { containerPort: 53 },
          { containerPort: 53, protocol: 'udp', name: 'dns' },
          { containerPort: 80, appProtocol: 'http' },
          { containerPort: 81 },
        ],
      },
      {},
    ]);
    expect(patch({ 80: null }).definition['containerDefinitions']).toMatchObject([
      { portMappings: [{ containerPort: 53 }, { containerPort: 53 }] },
      {},
    ]);
    expect(patch([{ containerPort: 53 }]).problems).toHaveLength(1);
  });

  it('remove by null, and tell what was not there', () => {
    const { definition, notices, problems } = override({
      extra: null,
      nothing: null,
      containerDefinitions: {
        app: { environment: { EMPTY: null, NOPE: null }, secrets: null },
        proxy: null,
      },
    });
    const { extra: _extra, ...rest } = base;
    const { secrets: _secrets, ...main } = app;
    expect(problems).toEqual([]);
    expect(definition).toEqual({
      ...rest,
      containerDefinitions: [
        { ...main, environment: [{ name: 'LOG_LEVEL', value: 'info', future: true }] },
      ],
    });
    expect(notices).toEqual([
      expect.stringContaining('nothing'),
      expect.stringContaining('environment.NOPE'),
    ]);
  });

  it('replace other lists and plain values, and empty a list by []', () => {
    const { definition } = override({
      containerDefinitions: { app: { command: ['a', ''], environment: [], futureField: false } },
      extra: [{ a: 1 }],
    });
    expect(definition).toEqual({
      ...withContainers({ ...app, command: ['a', ''], environment: [], futureField: false }),
      extra: [{ a: 1 }],
    });
  });

  it('send fields that nobody knows as they are', () => {
    const futures = {
      futureTop: { deep: [0, ''] },
      containerDefinitions: { proxy: { newer: {} } },
    };
    expect(override(futures).definition).toEqual({
      ...withContainers(app, { ...proxy, newer: {} }),
      futureTop: { deep: [0, ''] },
    });
  });

  it('merge tags by key', () => {
    expect(override({ tags: { team: null, cost: 'web' } }).tags).toEqual([
      { key: 'cost', value: 'web' },
    ]);
  });

  it.each<readonly [string, JsonObject, string]>([
    [
      'a container that is not there',
      { containerDefinitions: { nope: { cpu: 1 } } },
      'containerDefinitions.nope',
    ],
    ['an item without its name', { volumes: [{ host: {} }] }, 'volumes.0'],
    ['an object where a text is', { cpu: { units: 1 } }, 'cpu'],
    ['a text where a list is', { containerDefinitions: 'app' }, 'containerDefinitions'],
    [
      'an image, which has inputs',
      { containerDefinitions: { app: { image: 'x:1' } } },
      'containerDefinitions.app.image',
    ],
    ['the family', { family: 'other' }, 'family'],
    ['what ECS sets', { revision: 7 }, 'revision'],
    [
      'a variable that is no text',
      { containerDefinitions: { app: { environment: [{ name: 'PORT', value: 8080 }] } } },
      'containerDefinitions.app.environment.PORT.value',
    ],
  ])('name the place of %s', (_, overrides, place) => {
    const { problems } = override(overrides);
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'override-not-applicable',
        message: expect.stringMatching(new RegExp(`^${place.replaceAll('.', '\\.')}: `)) as string,
      }),
    ]);
  });

  it('leave the same definition when they are applied again', () => {
    const json = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<Json>(null, '', 'text', 0, 7, false),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('environment', 'volumes', 'name', 'app', 'proxy', 'extra', 'deep'),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    })).value;
    const patches = fc.dictionary(
      fc.constantFrom('cpu', 'extra', 'volumes', 'containerDefinitions', 'future'),
      json,
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(patches, (patch) => {
        const once = applyPatch(base, patch);
        const twice = applyPatch(once.definition, patch);
        expect(twice.definition).toEqual(once.definition);
        expect(applyPatch(base, {}).definition).toEqual(base);
      }),
      { numRuns: 500 },
    );
  });

  it('never show a value', () => {
    const secret = 'hunter2';
    const { problems, notices } = override({
      cpu: { secret },
      containerDefinitions: {
        nope: { environment: { A: secret } },
        app: { environment: { DB: secret } },
      },
    });
    expect(problems.length).toBeGreaterThan(2);
    expect(JSON.stringify([problems, notices])).not.toContain(secret);
  });
});

describe('the inputs', () => {
  const names = { project: 'shop', environment: 'dev', service: 'web', image: 'a:b' };
  const read = (inputs: Readonly<Record<string, string>>) =>
    readInputs(
      (name) => ({ ...names, ...inputs })[name] ?? '',
      envFrom({ AWS_REGION: 'eu-west-1' }),
    );

  it('name variables and secrets of the main container or of another', () => {
    expect(
      read({
        'env-vars': 'A=1=2\nproxy:B=\napp:C:D=x',
        'remove-env-vars': 'X, proxy:Y\nZ',
        secrets: 'S=arn:aws:ssm:eu-west-1:1:parameter/s',
        cpu: '.5 vCPU',
        memory: '1024',
        overrides: '{"ephemeralStorage": {"sizeInGiB": 40}}',
      }),
    ).toMatchObject({
      edits: {
        environment: [
          { container: undefined, name: 'A', value: '1=2' },
          { container: 'proxy', name: 'B', value: '' },
          { container: 'app', name: 'C:D', value: 'x' },
        ],
        removeEnvironment: [
          { container: undefined, name: 'X' },
          { container: 'proxy', name: 'Y' },
          { container: undefined, name: 'Z' },
        ],
        secrets: [
          { container: undefined, name: 'S', value: 'arn:aws:ssm:eu-west-1:1:parameter/s' },
        ],
        cpu: '.5 vCPU',
        memory: '1024',
        overrides: '{"ephemeralStorage": {"sizeInGiB": 40}}',
      },
    });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a line without a name', { 'env-vars': 'hunter2' }, 'input-not-key-value'],
    ['a name given twice', { secrets: 'hunter2=a\nhunter2=b' }, 'input-duplicate-key'],
    ['a value where a name is to be removed', { 'remove-secrets': 'A=hunter2' }, 'input-malformed'],
    ['a size that is none', { memory: '1 TB' }, 'input-malformed'],
    ['a number of revisions below 1', { 'keep-revisions': '0' }, 'input-out-of-range'],
  ])('refuse %s', (_, inputs, code) => {
    let thrown: unknown;
    try {
      read(inputs);
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof UserError)) throw new Error('it was not refused');
    expect(thrown.problems.map((problem) => problem.code)).toEqual([code]);
    if (code !== 'input-duplicate-key') expect(thrown.message).not.toContain('hunter2');
  });

  it.each(['env-vars', 'overrides', 'keep-revisions'])('are not for status: %s', (name) => {
    expect(() => read({ command: 'status', image: '', [name]: 'A=1' })).toThrow(UserError);
  });
});

describe('the text of overrides', () => {
  it.each([
    ['YAML', 'containerDefinitions:\n  app:\n    healthCheck: null\n    ulimits: []\n'],
    ['JSON', '{"containerDefinitions": {"app": {"healthCheck": null, "ulimits": []}}}'],
  ])('may be %s', async (_, text) => {
    expect(await parseOverrides(text)).toEqual({
      patch: { containerDefinitions: { app: { healthCheck: null, ulimits: [] } } },
      problems: [],
    });
  });

  it.each(['a: [hunter2', '- hunter2', 'hunter2', 'a: hunter2\na: hunter2'])(
    'may not be %j, and is not quoted',
    async (text) => {
      const { problems } = await parseOverrides(text);
      expect(problems.map(({ code }) => code)).toEqual(['override-malformed']);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    },
  );
});
