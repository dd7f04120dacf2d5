import { infraJsonSchema } from '../../../actions/terraform-layer/config/infra-schema.js';
import { layeredTree, load, problemsOf, s3Backend, type Tree } from '../../support/stacks.js';

const stacks: Tree = {
  'environments/dev/main.tf': s3Backend('dev'),
  'environments/production/main.tf': s3Backend('production'),
};

async function configOf(text: string, tree: Tree = stacks) {
  return (await load({ ...tree, 'infra.yml': text })).config;
}

async function placesOf(text: string) {
  const problems = await problemsOf({ ...stacks, 'infra.yml': text });
  return problems.map(({ code, at, hint }) => {
    const place = at !== undefined && 'file' in at ? `${at.line ?? 0}:${at.column ?? 0}` : '';
    return [code, place, hint ?? ''];
  });
}

describe('infra.yml', () => {
  it('needs no key at all', async () => {
    expect(await configOf('')).toMatchObject({ version: 1, siblingState: 'allow', stacks: [] });
  });

  it('is judged by what it refers to in the same go as by its form', async () => {
    const problems = await placesOf(
      'environments:\n  dev: 5\n  staging: { aply: auto, after: [dev, devv] }\nsibling-state: maybe\n',
    );
    expect(problems.map(([code, place]) => [code, place]).sort()).toEqual([
      ['invalid-type', '2:8'],
      ['invalid-value', '4:16'],
      ['unknown-environment', '3:39'],
      ['unknown-key', '3:14'],
    ]);
  });

  it('takes everything the design has', async () => {
    const config = await configOf(
      `
version: 1
project: shop
environments:
  dev:
    apply: auto
    region: eu-west-1
    plan-role: arn:aws:iam::111111111111:role/shop-dev-plan
    apply-role: arn:aws:iam::111111111111:role/shop-dev-apply
  staging: { apply: auto, after: [dev] }
  production: { apply: approval, after: [staging], unreviewed: stop }
stacks:
  - path: layers/{layer}/environments/{environment}
  - path: layers/04-applications/{service}/environments/{environment}
    after: [02-platform]
state-name: aws-{stack}-{environment}
state-name-aliases: { production: [prod] }
sibling-state: allow
`,
      layeredTree(),
    );
    expect(config.environments).toMatchObject([
      {
        name: 'dev',
        apply: 'auto',
        after: [],
        unreviewed: 'allow',
        region: 'eu-west-1',
        planRole: 'arn:aws:iam::111111111111:role/shop-dev-plan',
        applyRole: 'arn:aws:iam::111111111111:role/shop-dev-apply',
        shared: false,
        stateNameAliases: [],
      },
      {
        name: 'staging',
        apply: 'auto',
        after: ['dev'],
        unreviewed: 'allow',
        shared: false,
        stateNameAliases: [],
      },
      {
        name: 'production',
        apply: 'approval',
        after: ['staging'],
        unreviewed: 'stop',
        shared: false,
        stateNameAliases: ['prod'],
      },
    ]);
    expect(config.stacks[1]?.after).toEqual([
      { name: '02-platform', at: { file: 'infra.yml', line: 15, column: 13 } },
    ]);
  });

  it('puts environments in promotion order, however they are written', async () => {
    const config = await configOf('environments: { production: { after: [dev] }, dev: }\n');
    expect(config.environments.map(({ name }) => name)).toEqual(['dev', 'production']);
  });

  it('asks for approval wherever it does not know the name', async () => {
    const config = await configOf(
      'environments: { dev: , production: , blue: { after: [dev] } }\n',
    );
    expect(
      config.environments.map(({ name, apply, unreviewed }) => [name, apply, unreviewed]),
    ).toEqual([
      ['dev', 'auto', 'allow'],
      ['production', 'approval', 'stop'],
      ['blue', 'approval', 'stop'],
    ]);
  });

  it('may have another name', async () => {
    const workspace = await load(
      { ...stacks, 'config/infra.yml': 'project: shop\n' },
      { configPath: 'config/infra.yml' },
    );
    expect(workspace.config).toMatchObject({ project: 'shop', file: 'config/infra.yml' });
    expect(await problemsOf(stacks, { configPath: 'infra.yaml' })).toMatchObject([
      { code: 'config-not-found' },
    ]);
  });
});

describe('a wrong infra.yml', () => {
  it('gets every problem at once, each with its line and column', async () => {
    const places = await placesOf(
      [
        'version: 2',
        'projct: shop',
        'environments:',
        '  dev: { aply: auto, region: Ireland }',
        '  production: { apply: atuo, plan-role: my-role }',
        'stacks:',
        '  - after: 3',
        '  - path: /layers',
        'sibling-state: no',
        '',
      ].join('\n'),
    );
    expect(places).toEqual([
      ['invalid-value', '1:10', ''],
      ['unknown-key', '2:1', 'did you mean project?'],
      ['unknown-key', '4:10', 'did you mean apply?'],
      ['invalid-value', '4:30', ''],
      ['invalid-value', '5:24', 'did you mean auto?'],
      ['invalid-value', '5:41', ''],
      ['missing-key', '7:5', ''],
      ['invalid-type', '7:12', ''],
      ['invalid-value', '8:11', ''],
      ['invalid-value', '9:16', ''],
    ]);
  });

  it('gets the places of YAML mistakes', async () => {
    expect(await placesOf('project: a\nproject: b\nenvironments: {\n')).toEqual([
      ['yaml-syntax', '2:1', ''],
      ['yaml-syntax', expect.stringMatching(/^[34]:/), ''],
    ]);
    expect(await placesOf('- a\n')).toEqual([['invalid-type', '1:1', '']]);
  });

  it('is told of environments that are not there, or wait for each other', async () => {
    const text =
      'environments:\n  dev: { after: [prodction] }\n  staging: { after: [production] }\n' +
      '  production: { after: [staging] }\nstate-name-aliases: { prod: [p], dev: [staging] }\n';
    expect(await placesOf(text)).toEqual([
      ['unknown-environment', '2:18', 'did you mean production?'],
      ['environment-cycle', '3:22', ''],
      ['unknown-environment', '5:23', 'environments: dev, staging, production'],
      ['ambiguous-alias', '5:40', ''],
    ]);
  });

  it('is told of an after that fits no stack', async () => {
    const text =
      'stacks:\n  - path: environments/{environment}\n  - path: layers/{layer}/{environment}\n    after: [01-fundation]\n';
    const problems = await problemsOf({
      ...stacks,
      'layers/01-foundation/dev/main.tf': s3Backend('foundation'),
      'infra.yml': text,
    });
    expect(problems).toMatchObject([
      {
        code: 'unknown-after',
        at: { file: 'infra.yml', line: 4, column: 13 },
        hint: 'did you mean 01-foundation?',
      },
    ]);
  });
});

describe('the JSON Schema of infra.yml', () => {
  it('describes what a user writes: every key optional, unknown ones refused', () => {
    const schema = infraJsonSchema();
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      properties: {
        environments: { additionalProperties: { anyOf: [{ additionalProperties: false }, {}] } },
        stacks: { items: { required: ['path'] } },
      },
    });
    expect(schema).not.toHaveProperty('required');
  });
});
