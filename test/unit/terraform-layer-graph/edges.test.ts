import { envFrom } from '../../../actions/shared/env.js';
import {
  arrows,
  layeredTree,
  load,
  problemsOf,
  s3Backend,
  s3RemoteState,
  type Tree,
} from '../../support/stacks.js';

const infra = 'stacks: [{ path: "{stack}/{environment}" }]\n';

/** Two stacks of dev: `reader` with the given files, and `network`, whose key is dev/network. */
function pair(reader: string, more: Tree = {}): Tree {
  return {
    'infra.yml': infra,
    'network/dev/main.tf': s3Backend('dev/network'),
    'reader/dev/main.tf': s3Backend('dev/reader') + reader,
    ...more,
  };
}

async function originsOf(tree: Tree) {
  const { edges } = await load(tree);
  return edges.map(({ from, to, origins }) => ({ from, to, origins }));
}

describe('an edge from terraform_remote_state', () => {
  it('says where it is read and which outputs are used', async () => {
    const edges = await originsOf(
      pair(
        s3RemoteState('net', 'dev/network') +
          'locals {\n  a = data.terraform_remote_state.net.outputs.vpc_id\n' +
          '  b = data.terraform_remote_state.net.outputs["subnets"][0]\n}\n',
      ),
    );
    expect(edges).toEqual([
      {
        from: 'reader/dev',
        to: 'network/dev',
        origins: [
          {
            kind: 'remote-state',
            name: 'net',
            at: { file: 'reader/dev/main.tf', line: 7, column: 1 },
            outputs: ['subnets', 'vpc_id'],
          },
        ],
      },
    ]);
  });

  it('leaves outputs open where they are used as a whole', async () => {
    const [edge] = await originsOf(
      pair(
        s3RemoteState('net', 'dev/network') +
          'locals { all = data.terraform_remote_state.net.outputs }\n',
      ),
    );
    expect(edge?.origins[0]).not.toHaveProperty('outputs');
  });

  const expressions: readonly (readonly [string, string, Tree])[] = [
    [
      'a default',
      '${var.env}/network',
      { 'reader/dev/v.tf': 'variable "env" { default = "dev" }\n' },
    ],
    [
      'terraform.tfvars over a default',
      '${var.env}/network',
      {
        'reader/dev/v.tf': 'variable "env" { default = "wrong" }\n',
        'reader/dev/terraform.tfvars': 'env = "dev"\n',
      },
    ],
    [
      'auto.tfvars over terraform.tfvars, the last name first',
      '${var.env}/network',
      {
        'reader/dev/v.tf': 'variable "env" {}\n',
        'reader/dev/terraform.tfvars': 'env = "wrong"\n',
        'reader/dev/a.auto.tfvars': 'env = "wrong"\n',
        'reader/dev/b.auto.tfvars.json': '{ "env": "dev" }\n',
      },
    ],
    [
      'locals over locals',
      '${local.prefix}/network',
      { 'reader/dev/l.tf': 'locals {\n  env = "dev"\n  prefix = lower(local.env)\n}\n' },
    ],
    [
      'a conditional on the workspace',
      '${terraform.workspace == "default" ? "dev" : terraform.workspace}/network',
      {},
    ],
    [
      'a YAML file of the repository',
      '${yamldecode(file("${path.module}/../../settings.yaml")).dev.key}',
      { 'settings.yaml': 'dev: { key: dev/network }\n' },
    ],
    [
      'an optional attribute of an object',
      '${var.state.prefix}/network',
      {
        'reader/dev/v.tf':
          'variable "state" {\n  type = object({ prefix = optional(string, "dev") })\n  default = {}\n}\n',
      },
    ],
    [
      'an output of a local module',
      '${module.label.prefix}/network',
      {
        'reader/dev/l.tf': 'module "label" {\n  source = "../../label"\n  env = "dev"\n}\n',
        'label/main.tf': 'variable "env" {}\noutput "prefix" { value = var.env }\n',
      },
    ],
    ['the name of the directory', '${basename(path.cwd)}/network', {}],
    ['the name of the directory, by path.root', '${basename(abspath(path.root))}/network', {}],
    [
      'a template file',
      '${trimspace(templatefile("../key.tftpl", { environment = "dev" }))}',
      { 'reader/key.tftpl': '%{ if environment != "" }${environment}%{ endif }/network\n' },
    ],
    [
      'an override file',
      'wrong',
      { 'reader/dev/main_override.tf': s3RemoteState('net', 'dev/network') },
    ],
  ];
  it.each(expressions)('evaluates %s', async (_, key, more) => {
    const workspace = await load(pair(s3RemoteState('net', key), more));
    expect(arrows(workspace)).toEqual(['reader/dev -> network/dev']);
  });

  it('takes -var over every file', async () => {
    const tree = pair(s3RemoteState('net', '${var.env}/network') + 'variable "env" {}\n', {
      'reader/dev/terraform.tfvars': 'env = "wrong"\n',
    });
    expect(arrows(await load(tree, { variables: { env: 'dev' } }))).toHaveLength(1);
  });

  it('counts for the stack that calls the module it stands in, at any depth', async () => {
    const edges = await originsOf({
      ...pair('module "app" {\n  source = "../../lib/modules/app"\n  env    = "dev"\n}\n'),
      'lib/modules/app/main.tf':
        'variable "env" {}\nmodule "net" {\n  source = "../net"\n  key = "${var.env}/network"\n}\n',
      'lib/modules/net/main.tf':
        'variable "key" { type = string }\n' + s3RemoteState('this', '${var.key}'),
    });
    expect(edges).toMatchObject([
      {
        from: 'reader/dev',
        to: 'network/dev',
        origins: [{ at: { file: 'lib/modules/net/main.tf', line: 2 } }],
      },
    ]);
  });

  it('is one for each item of for_each, and none for a count of 0', async () => {
    const each =
      'data "terraform_remote_state" "all" {\n  for_each = toset(["network", "dns"])\n' +
      '  backend = "s3"\n  config = { bucket = "states", key = "dev/${each.key}" }\n}\n' +
      'data "terraform_remote_state" "never" {\n  count = 0\n  backend = "s3"\n' +
      '  config = { bucket = "states", key = "nobody" }\n}\n';
    const workspace = await load(pair(each, { 'dns/dev/main.tf': s3Backend('dev/dns') }));
    expect(arrows(workspace)).toEqual(['reader/dev -> dns/dev', 'reader/dev -> network/dev']);
  });

  it('follows for_each of a module call', async () => {
    const workspace = await load(
      pair(
        'module "m" {\n  for_each = { a = "network" }\n  source = "../../m"\n  name = each.value\n}\n',
        {
          'm/main.tf': 'variable "name" {}\n' + s3RemoteState('x', 'dev/${var.name}'),
        },
      ),
    );
    expect(arrows(workspace)).toEqual(['reader/dev -> network/dev']);
  });

  it('follows an output of the instance that a key chooses', async () => {
    const main =
      'module "m" {\n  for_each = { a = "network" }\n  source = "../../m"\n  name = each.value\n}\n' +
      s3RemoteState('x', 'dev/${module.m["a"].name}');
    const m = 'variable "name" {}\noutput "name" {\n  value = var.name\n}\n';
    expect(arrows(await load(pair(main, { 'm/main.tf': m })))).toEqual([
      'reader/dev -> network/dev',
    ]);
  });

  it.each([
    ['null', 'default = "wrong"', 'var.name == null ? "network" : var.name'],
    ['null', 'default = "network"\n  nullable = false', 'var.name'],
    ['"network"', 'default = "wrong"\n  nullable = false', 'var.name'],
  ])('takes %s that a module is given as Terraform does (%s)', async (given, variable, name) => {
    const main = `module "m" {\n  source = "../../m"\n  name = ${given}\n}\n`;
    const m = `variable "name" {\n  ${variable}\n}\nlocals {\n  name = ${name}\n}\n`;
    const tree = pair(main, { 'm/main.tf': m + s3RemoteState('x', 'dev/${local.name}') });
    expect(arrows(await load(tree))).toEqual(['reader/dev -> network/dev']);
  });

  it('does not care for settings that do not name the state', async () => {
    const block =
      'data "terraform_remote_state" "net" {\n  backend = "s3"\n  config = merge(\n' +
      '    { bucket = "states", region = data.aws_region.current.name },\n' +
      '    { key = "dev/network" },\n  )\n}\n';
    expect(arrows(await load(pair(block)))).toHaveLength(1);
  });
});

describe('other backends', () => {
  const stack = (backend: string, more = '') => `terraform {\n${backend}\n}\n${more}`;
  const read = (body: string) => `data "terraform_remote_state" "up" {\n${body}\n}\n`;

  const cases: readonly (readonly [string, string, string])[] = [
    [
      'local, by path',
      stack('backend "local" { path = "state/up.tfstate" }'),
      read('backend = "local"\nconfig = { path = "${path.module}/../../up/dev/state/up.tfstate" }'),
    ],
    [
      'no block at all',
      '',
      read('backend = "local"\nconfig = { path = "../../up/dev/terraform.tfstate" }'),
    ],
    [
      'cloud, by name',
      stack('cloud {\n organization = "org"\n workspaces { name = "aws-up-dev" }\n}'),
      read(
        'backend = "remote"\nconfig = { organization = "org", workspaces = { name = "aws-up-dev" } }',
      ),
    ],
    [
      'cloud with tags, named by state-name',
      stack('cloud {\n organization = "org"\n workspaces { tags = ["app"] }\n}'),
      read(
        'backend = "remote"\nconfig = { organization = "org", workspaces = { name = "aws-up-dev" } }',
      ),
    ],
    [
      'remote, by prefix and workspace',
      stack('backend "remote" {\n organization = "org"\n workspaces { name = "aws-up-dev" }\n}'),
      read(
        'backend = "remote"\nworkspace = "dev"\n' +
          'config = { organization = "org", workspaces = { prefix = "aws-up-" } }',
      ),
    ],
    [
      'tfe_outputs',
      stack('cloud {\n organization = "org"\n workspaces { name = "aws-up-dev" }\n}'),
      'data "tfe_outputs" "up" {\n organization = "org"\n workspace = "aws-up-dev"\n}\n',
    ],
    [
      'gcs',
      stack('backend "gcs" {\n bucket = "b"\n prefix = "up"\n}'),
      read('backend = "gcs"\nconfig = { bucket = "b", prefix = "up" }'),
    ],
    [
      'any other, by all its settings',
      stack('backend "pg" {\n conn_str = "postgres://u:p@host/up"\n}'),
      read('backend = "pg"\nconfig = { conn_str = "postgres://u:p@host/up" }'),
    ],
  ];
  it.each(cases)('%s', async (_, upstream, reader) => {
    const workspace = await load({
      'infra.yml': infra,
      'up/dev/main.tf': upstream,
      'reader/dev/main.tf': s3Backend('dev/reader') + reader,
      'up/dev/locals.tf': 'locals {}\n',
    });
    expect(arrows(workspace)).toEqual(['reader/dev -> up/dev']);
    expect(JSON.stringify(workspace.stacks.map(({ stateKey }) => stateKey))).not.toContain('u:p');
  });

  const outputs = 'data "tfe_outputs" "up" {\n workspace = "aws-up-dev"\n';
  const provider = (settings: string) => `provider "tfe" {\n${settings}\n}\n`;
  const places: readonly (readonly [string, Tree, Parameters<typeof envFrom>[0]])[] = [
    [
      'the provider block',
      {
        'reader/dev/main.tf': s3Backend('r') + outputs + '}\n',
        'reader/dev/providers.tf': provider(
          'hostname = "tfe.acme.org"\norganization = local.organization',
        ),
        'reader/dev/l.tf': 'locals { organization = "org" }\n',
      },
      {},
    ],
    [
      'the provider with the alias that the block names',
      {
        'reader/dev/main.tf': s3Backend('r') + outputs + 'provider = tfe.own\n}\n',
        'reader/dev/providers.tf':
          provider('organization = "other"') +
          provider('alias = "own"\nhostname = "tfe.acme.org"\norganization = "org"'),
      },
      {},
    ],
    [
      'the provider that a module is given',
      {
        'reader/dev/main.tf':
          s3Backend('r') +
          'module "m" {\n source = "../../m"\n providers = { tfe = tfe.own }\n}\n' +
          provider('alias = "own"\nhostname = "tfe.acme.org"\norganization = "org"'),
        'm/main.tf': outputs + '}\n',
      },
      {},
    ],
    [
      'the environment',
      { 'reader/dev/main.tf': s3Backend('r') + outputs + '}\n' },
      { TFE_ORGANIZATION: 'org', TFE_HOSTNAME: 'tfe.acme.org' },
    ],
    [
      'the environment, for the upstream too',
      {
        'up/dev/main.tf': stack('cloud {\n workspaces { name = "aws-up-dev" }\n}'),
        'reader/dev/main.tf':
          s3Backend('r') +
          read('backend = "cloud"\nconfig = { workspaces = { name = "aws-up-dev" } }'),
      },
      { TF_CLOUD_ORGANIZATION: 'org', TF_CLOUD_HOSTNAME: 'tfe.acme.org' },
    ],
  ];
  it.each(places)('takes organization and host from %s', async (_, tree, values) => {
    const upstream =
      'cloud {\n hostname = "tfe.acme.org"\n organization = "org"\n' +
      ' workspaces { name = "aws-up-dev" }\n}';
    const workspace = await load(
      { 'infra.yml': infra, 'up/dev/main.tf': stack(upstream), ...tree },
      { env: envFrom(values) },
    );
    expect(arrows(workspace)).toEqual(['reader/dev -> up/dev']);
    expect(workspace.stacks.find(({ id }) => id === 'up/dev')?.stateKey).toBe(
      'cloud://tfe.acme.org/org/aws-up-dev',
    );
  });

  it('is refused where nothing names the organization', async () => {
    const tree = { 'infra.yml': infra, 'reader/dev/main.tf': s3Backend('r') + outputs + '}\n' };
    expect(await problemsOf(tree, { env: envFrom({}) })).toMatchObject([
      { code: 'remote-state-incomplete', at: { file: 'reader/dev/main.tf', line: 7 } },
    ]);
  });

  it('selects the HCP Terraform workspace that no block names', async () => {
    const { stacks } = await load({
      'infra.yml': infra,
      'up/dev/main.tf': stack('cloud {\n organization = "org"\n workspaces { tags = ["a"] }\n}'),
    });
    expect(stacks[0]).toMatchObject({
      workspace: 'aws-up-dev',
      stateKey: 'cloud://app.terraform.io/org/aws-up-dev',
    });
  });

  it('knows an environment by its aliases in state names', async () => {
    const cloud = (name: string) =>
      stack(`cloud {\n organization = "org"\n workspaces { name = "${name}" }\n}`);
    const reader = read(
      'backend = "remote"\nconfig = { organization = "org", workspaces = { name = "aws-up-production" } }',
    );
    const workspace = await load({
      'infra.yml': infra + 'state-name-aliases: { production: [prod] }\n',
      'up/production/main.tf': cloud('aws-up-prod'),
      'reader/production/main.tf': cloud('aws-reader-production') + reader,
    });
    expect(arrows(workspace)).toEqual(['reader/production -> up/production']);
    expect(workspace.edges[0]?.origins).toMatchObject([
      { stateKey: 'cloud://app.terraform.io/org/aws-up-production' },
    ]);
  });
});

describe('an edge from after', () => {
  it('joins stacks of one environment, and says which entry made it', async () => {
    const tree = layeredTree(['dev', 'staging']);
    const { edges } = await load({
      ...tree,
      'infra.yml':
        'stacks:\n  - path: layers/{layer}/environments/{environment}\n' +
        '  - path: layers/04-applications/{service}/environments/{environment}\n    after: ["01-*"]\n',
    });
    const added = edges.filter(({ origins }) => origins.some(({ kind }) => kind === 'after'));
    expect(added.map(({ from, to }) => [from, to])).toEqual([
      [
        'layers/04-applications/service-a/environments/dev',
        'layers/01-foundation/environments/dev',
      ],
      [
        'layers/04-applications/service-a/environments/staging',
        'layers/01-foundation/environments/staging',
      ],
      [
        'layers/04-applications/service-b/environments/dev',
        'layers/01-foundation/environments/dev',
      ],
      [
        'layers/04-applications/service-b/environments/staging',
        'layers/01-foundation/environments/staging',
      ],
    ]);
    expect(added[0]?.origins).toEqual([
      { kind: 'after', name: '01-*', at: { file: 'infra.yml', line: 4, column: 13 } },
    ]);
  });
});

describe('refused', () => {
  it('is a cycle, with every edge of it and its place', async () => {
    const problems = await problemsOf({
      'infra.yml':
        'stacks:\n  - path: "{stack}/{environment}"\n  - path: "c/{environment}"\n    after: [a]\n',
      'a/dev/main.tf': s3Backend('a') + s3RemoteState('b', 'b'),
      'b/dev/main.tf': s3Backend('b') + s3RemoteState('c', 'c'),
      'c/dev/main.tf': s3Backend('c'),
    });
    expect(problems).toMatchObject([
      { code: 'stack-cycle', at: { file: 'a/dev/main.tf', line: 7 } },
    ]);
    for (const part of [
      'a/dev → b/dev (remote-state "b", a/dev/main.tf:7:1)',
      'b/dev → c/dev (remote-state "c", b/dev/main.tf:7:1)',
      'c/dev → a/dev (after "a", infra.yml:4:13)',
    ]) {
      expect(problems[0]?.message).toContain(part);
    }
  });

  it('is a stack that reads itself', async () => {
    const problems = await problemsOf(pair(s3RemoteState('own', 'dev/reader')));
    expect(problems).toMatchObject([{ code: 'stack-cycle' }]);
  });

  it('is a state that no stack owns, with the nearest that there is', async () => {
    const problems = await problemsOf(pair(s3RemoteState('net', 'dev/netwrok')));
    expect(problems).toMatchObject([
      {
        code: 'state-not-owned',
        at: { file: 'reader/dev/main.tf', line: 7 },
        hint: 'did you mean s3://states/dev/network of network/dev?',
      },
    ]);
    expect(problems[0]?.message).toContain('s3://states/dev/netwrok');
    const [far] = await problemsOf(pair(s3RemoteState('net', 'x', 'elsewhere')));
    expect(far?.hint).toContain('s3://states/dev/network, s3://states/dev/reader');
  });

  it('is not a state that infra.yml says another repository owns', async () => {
    const tree = pair(s3RemoteState('net', 'org/network', 'landing-zone'), {
      'infra.yml': infra + 'external-states: ["s3://landing-zone/**"]\n',
    });
    expect((await load(tree)).edges).toEqual([]);
  });

  it('are two stacks with one state, both named', async () => {
    const problems = await problemsOf(pair('', { 'other/dev/state.tf': s3Backend('dev/network') }));
    expect(problems).toMatchObject([
      { code: 'same-state', at: { file: 'other/dev/state.tf', line: 2 } },
    ]);
    expect(problems[0]?.message).toContain('network/dev/main.tf:2');
  });

  it('is an environment that reads another, unless that is shared', async () => {
    const tree = {
      'infra.yml': infra,
      'network/prod/main.tf': s3Backend('prod/network'),
      'reader/dev/main.tf': s3Backend('dev/reader') + s3RemoteState('net', 'prod/network'),
    };
    const problems = await problemsOf(tree);
    expect(problems).toMatchObject([
      { code: 'other-environment', at: { file: 'reader/dev/main.tf', line: 7 } },
    ]);
    expect(problems[0]?.message).toContain('network/prod/main.tf:2');
    const shared = infra + 'environments: { prod: { shared: true }, dev: {} }\n';
    expect(arrows(await load({ ...tree, 'infra.yml': shared }))).toHaveLength(1);
  });

  it('is a sibling, where only the foundation may be read (seed 001)', async () => {
    const rule = infra + 'sibling-state: deny\n';
    const tree = (target: string) => ({
      'infra.yml': rule,
      'plumbing/dev/main.tf': s3Backend('plumbing'),
      'reports/dev/main.tf': s3Backend('reports'),
      'pipeline/dev/main.tf': s3Backend('pipeline') + s3RemoteState('x', target),
    });
    expect(arrows(await load(tree('plumbing')))).toEqual(['pipeline/dev -> plumbing/dev']);
    expect(await problemsOf(tree('reports'))).toMatchObject([
      { code: 'sibling-state', at: { file: 'pipeline/dev/main.tf', line: 7 } },
    ]);
  });

  it('is a key that cannot be told, with the expression and what it lacks', async () => {
    const problems = await problemsOf(
      pair(
        s3RemoteState('net', '${var.env}/network') + s3RemoteState('b', '${aws_s3_bucket.x.id}'),
        {
          'reader/dev/v.tf': 'variable "env" {}\n',
        },
      ),
    );
    expect(problems).toMatchObject([
      { code: 'not-evaluable', at: { file: 'reader/dev/main.tf' } },
      { code: 'not-evaluable', at: { file: 'reader/dev/main.tf', line: 19, column: 17 } },
    ]);
    expect(problems[0]?.message).toContain('var.env has no value');
    expect(problems[0]?.message).toContain('${var.env}/network');
    expect(problems[1]?.message).toContain('aws_s3_bucket.x.id');
  });

  it('is a backend without its key', async () => {
    const problems = await problemsOf({
      'environments/dev/main.tf': 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n',
    });
    expect(problems).toMatchObject([
      { code: 'backend-incomplete', at: { file: 'environments/dev/main.tf', line: 2 } },
    ]);
  });

  it('is a module that is not there, or calls itself', async () => {
    const problems = await problemsOf(
      pair('module "a" {\n  source = "../../gone"\n}\nmodule "b" { source = "../../loop" }\n', {
        'loop/main.tf': 'module "again" { source = "../loop" }\n',
      }),
    );
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      ['module-calls-itself', { file: 'loop/main.tf', line: 1, column: 1 }],
      ['module-not-found', { file: 'reader/dev/main.tf', line: 7, column: 1 }],
    ]);
  });

  it('is HCL that does not parse, with all else that is wrong', async () => {
    const problems = await problemsOf(
      pair(s3RemoteState('net', 'nobody'), {
        'reader/dev/broken.tf': 'locals {\n  a = 1\n',
        'network/dev/vars.tf': 'variable "x" {\n  default = "${path.module}" +\n}\n',
      }),
    );
    expect(
      problems.map(({ code, at }) => [
        code,
        at && 'file' in at ? `${at.file}:${at.line ?? 0}` : '',
      ]),
    ).toEqual([
      ['hcl-syntax', 'network/dev/vars.tf:2'],
      ['hcl-syntax', 'reader/dev/broken.tf:1'],
      ['state-not-owned', 'reader/dev/main.tf:7'],
    ]);
  });
});

it('looks for the like of a missing state for the first problems alone', async () => {
  const tree = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `live/s${index}/dev/main.tf`,
      s3Backend(`s${index}`) + s3RemoteState('up', `x${index}`),
    ]),
  );
  const problems = await problemsOf({
    ...tree,
    'infra.yml': 'stacks: [{ path: "live/{stack}/{environment}" }]\n',
  });
  expect(problems).toHaveLength(60);
  const like = problems.filter(({ hint }) => hint?.startsWith('did you mean') === true);
  expect(like).toHaveLength(50);
});
