import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { UserError, type Problem } from '../../../actions/shared/errors.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import type { Stack, Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import {
  readValues,
  type ReadValue,
  type ValueStore,
} from '../../../actions/terraform-layer/variables/read-values.js';
import { hiddenVariables } from '../../../actions/terraform-layer/variables/root-variables.js';
import { variableSource } from '../../../actions/terraform-layer/variables/source.js';
import { stackVariables } from '../../../actions/terraform-layer/variables/stack-variables.js';
import { silentLogger } from '../../support/silent-logger.js';
import { load, s3Backend } from '../../support/stacks.js';

describe('a source', () => {
  const values = { environment: 'dev', stack: 'service-a' };

  it.each([
    ['ssm:/{environment}/{stack}/name', { kind: 'ssm', name: '/dev/service-a/name' }],
    [
      'secretsmanager:{environment}/db#password',
      { kind: 'secretsmanager', secret: 'dev/db', jsonKey: 'password' },
    ],
    [
      'secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf',
      {
        kind: 'secretsmanager',
        secret: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf',
        jsonKey: undefined,
      },
    ],
  ])('%s is read', (text, source) => {
    expect(variableSource(text, values)).toEqual({ ok: true, source });
  });

  it('names the placeholder that nothing fills', () => {
    expect(variableSource('ssm:/{project}/{environment}', values)).toEqual({
      ok: false,
      placeholder: 'project',
    });
  });
});

/** A store that holds what it is told, and notes each call. */
function fakeStore(
  held: Readonly<Record<string, ReadValue>>,
): ValueStore & { readonly calls: string[][] } {
  const calls: string[][] = [];
  return {
    calls,
    parameters(names) {
      calls.push([...names]);
      const denied = names.map((name) => held[name]).find((value) => value?.kind === 'denied');
      return Promise.resolve(
        new Map(
          names.flatMap((name) => {
            const value = denied ?? held[name];
            return value === undefined ? [] : [[name, value] as const];
          }),
        ),
      );
    },
    secret(id) {
      calls.push([`secret ${id}`]);
      return Promise.resolve(held[id] ?? { kind: 'missing' });
    },
  };
}

const plain = (text: string): ReadValue => ({ kind: 'value', text, secret: false });
const hidden = (text: string): ReadValue => ({ kind: 'value', text, secret: true });

describe('values', () => {
  it('are asked for ten at a time, each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40 })), async (numbers) => {
        const names = numbers.map((number) => `/p/${number}`);
        const store = fakeStore(Object.fromEntries(names.map((name) => [name, plain(name)])));
        const read = await readValues(
          names.map((name) => ({ kind: 'ssm', name })),
          store,
        );
        expect(store.calls.every((call) => call.length <= 10)).toBe(true);
        expect(store.calls.flat().sort()).toEqual([...new Set(names)].sort());
        for (const name of names) expect(read.get(`ssm:${name}`)).toEqual(plain(name));
      }),
    );
  });

  it('are asked for one by one where a call is denied, so that only those are named', async () => {
    const denied: ReadValue = { kind: 'denied', message: 'not authorized' };
    const store = fakeStore({ '/a': plain('1'), '/b': denied });
    const read = await readValues(
      ['/a', '/b', '/c'].map((name) => ({ kind: 'ssm', name })),
      store,
    );
    expect([...read]).toEqual([
      ['ssm:/a', plain('1')],
      ['ssm:/b', denied],
      ['ssm:/c', { kind: 'missing' }],
    ]);
  });

  it('of one secret come from one call, by key', async () => {
    const store = fakeStore({ db: hidden('{"user":"u","port":5432,"hosts":["a"],"no":null}') });
    const read = await readValues(
      ['user', 'port', 'hosts', 'no', 'other', undefined].map((jsonKey) => ({
        kind: 'secretsmanager',
        secret: 'db',
        jsonKey,
      })),
      store,
    );
    expect(store.calls).toEqual([['secret db']]);
    expect(read.get('secretsmanager:db#user')).toEqual(hidden('u'));
    expect(read.get('secretsmanager:db#port')).toEqual(hidden('5432'));
    expect(read.get('secretsmanager:db#hosts')).toEqual(hidden('["a"]'));
    expect(read.get('secretsmanager:db#no')).toMatchObject({ kind: 'unusable' });
    expect(read.get('secretsmanager:db#other')).toMatchObject({ kind: 'unusable' });
    expect(read.get('secretsmanager:db')).toMatchObject({ kind: 'value' });
  });

  it('with a key, of a secret that is no JSON object, cannot be used', async () => {
    for (const text of ['plain', '["a"]', '"a"']) {
      const read = await readValues(
        [{ kind: 'secretsmanager', secret: 'x', jsonKey: 'a' }],
        fakeStore({ x: hidden(text) }),
      );
      expect(read.get('secretsmanager:x#a')).toMatchObject({ kind: 'unusable' });
    }
  });
});

describe('declarations', () => {
  it('are sensitive where they say so', () => {
    expect(
      hiddenVariables(`
variable "a" {
  type      = string
  sensitive = true
}
variable "b" { ephemeral = true }
variable "c" {
  type = object({ sensitive = bool })
}
variable "d" { type = string }
output "e" {
  sensitive = true
}
`),
    ).toEqual(['a', 'b']);
    expect(
      hiddenVariables('{"variable":{"a":{"sensitive":true},"b":[{"ephemeral":true}],"c":{}}}'),
    ).toEqual(['a', 'b']);
  });
});

describe('variables of stacks', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'variables-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const declared = (...names: string[]): string =>
    names.map((name) => `variable "${name}" {\n  type = string\n}\n`).join('');

  async function repository(tree: Readonly<Record<string, string>>): Promise<Workspace> {
    for (const [file, text] of Object.entries(tree)) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), text);
    }
    return load(tree);
  }

  const at = (layer: string, environment: string, file = 'main.tf'): string =>
    `layers/${layer}/environments/${environment}/${file}`;

  async function read(
    workspace: Workspace,
    held: Readonly<Record<string, ReadValue>>,
    rest: {
      readonly variables?: Readonly<Record<string, string>>;
      readonly environment?: Readonly<Record<string, string>>;
      readonly stores?: Record<string, ReturnType<typeof fakeStore>>;
    } = {},
  ): Promise<{
    readonly values: Readonly<Record<string, unknown>>;
    readonly masked: readonly string[];
  }> {
    const masked: string[] = [];
    const names = new Map(workspace.stacks.map((stack: Stack) => [stack.id, stack.displayId]));
    const variables = await stackVariables(
      workspace.stacks,
      workspace.config.environments,
      { variables: rest.variables ?? {}, varFiles: [] },
      {
        root,
        storeOf: (environment) => rest.stores?.[environment] ?? fakeStore(held),
        environment: rest.environment ?? {},
        secrets: createSecrets((value) => masked.push(value)),
        log: silentLogger,
      },
    );
    return {
      values: Object.fromEntries([...variables].map(([id, own]) => [names.get(id) ?? id, own])),
      masked,
    };
  }

  async function problemsOf(reading: Promise<unknown>): Promise<readonly Problem[]> {
    try {
      await reading;
    } catch (error) {
      if (error instanceof UserError) return error.problems;
      throw error;
    }
    throw new Error('the variables were read');
  }

  const two = {
    'infra.yml': `version: 1
project: shop
environments:
  dev:
    variables:
      name: ssm:/{environment}/{project}/{stack}/name
  production: {}
variables:
  name: ssm:/{environment}/name
  password: secretsmanager:{environment}/db#password
`,
    [at('01-base', 'dev')]: s3Backend('dev/base') + declared('name', 'password'),
    [at('02-app', 'dev')]: s3Backend('dev/app') + declared('other'),
    [at('01-base', 'production')]: s3Backend('production/base') + declared('name'),
  };

  it('go to those that declare them, from the environment they are of', async () => {
    const stores = {
      dev: fakeStore({
        '/dev/shop/base/name': plain('d'),
        'dev/db': hidden('{"password":"pw-1"}'),
      }),
      production: fakeStore({ '/production/name': plain('p') }),
    };
    const { values, masked } = await read(await repository(two), {}, { stores });
    expect(values).toEqual({
      '01-base/dev': { TF_VAR_name: 'd', TF_VAR_password: 'pw-1' },
      '01-base/production': { TF_VAR_name: 'p' },
    });
    expect(masked).toEqual(['pw-1']);
    expect(stores.production.calls).toEqual([['/production/name']]);
  });

  it('are masked where the store or the declaration calls them secret', async () => {
    const workspace = await repository({
      'infra.yml': 'variables:\n  a: ssm:/a\n  b: ssm:/b\n  c: ssm:/c\n  d: secretsmanager:d\n',
      [at('01-base', 'dev')]:
        s3Backend('dev/base') + declared('a', 'c', 'd') + 'variable "b" {\n  sensitive = true\n}\n',
    });
    const { masked } = await read(workspace, {
      '/a': plain('plain-value'),
      '/b': plain('declared-secret'),
      '/c': hidden('line one\nline two'),
      d: hidden('{"deep":{"token":"in-the-json"}}'),
    });
    expect(masked).toEqual(
      expect.arrayContaining(['declared-secret', 'line one', 'line two', 'in-the-json']),
    );
    expect(masked).not.toContain('plain-value');
  });

  it('are all told at once where something is wrong, with the place in infra.yml', async () => {
    const workspace = await repository({
      'infra.yml': `variables:
  missing: ssm:/missing
  denied: ssm:/denied
  unusable: secretsmanager:s#k
  unfilled: ssm:/{project}/x
  twice: ssm:/twice
  given: ssm:/given
  unused: ssm:/unused
`,
      [at('01-base', 'dev')]:
        s3Backend('dev/base') +
        declared('missing', 'denied', 'unusable', 'unfilled', 'twice', 'given'),
      [at('01-base', 'dev', 'terraform.tfvars')]: '# values\ntwice = "x"\n',
    });
    const problems = await problemsOf(
      read(
        workspace,
        {
          '/denied': { kind: 'denied', message: 'User x is not authorized' },
          s: hidden('{}'),
          '/twice': plain('1'),
        },
        { variables: { given: 'y' } },
      ),
    );
    expect(problems.map(({ code, at: place }) => [code, place])).toEqual([
      ['variable-source-unfilled', { file: 'infra.yml', line: 5, column: 13 }],
      ['variable-set-twice', { file: 'infra.yml', line: 6, column: 10 }],
      ['variable-set-twice', { file: 'infra.yml', line: 7, column: 10 }],
      ['variable-value-missing', { file: 'infra.yml', line: 2, column: 12 }],
      ['variable-value-denied', { file: 'infra.yml', line: 3, column: 11 }],
      ['variable-value-unusable', { file: 'infra.yml', line: 4, column: 13 }],
    ]);
    expect(problems[1]?.message).toContain('terraform.tfvars:2');
    expect(problems[4]?.message).toContain('User x is not authorized');
  });

  it('ask nothing where no stack declares one', async () => {
    const store = fakeStore({});
    const workspace = await repository({
      'infra.yml': 'variables:\n  a: ssm:/a\n',
      [at('01-base', 'dev')]: s3Backend('dev/base') + declared('other'),
    });
    expect((await read(workspace, {}, { stores: { dev: store } })).values).toEqual({});
    expect(store.calls).toEqual([]);
  });
});
