import { arrows, layeredTree, load, problemsOf, s3Backend } from '../../support/stacks.js';

describe('a repository of numbered layers (seed 003)', () => {
  it('has a stack for each layer, service and environment, in promotion order', async () => {
    const { stacks, config } = await load(layeredTree());
    expect(config.environments.map(({ name, after, apply }) => [name, after, apply])).toEqual([
      ['dev', [], 'auto'],
      ['staging', ['dev'], 'approval'],
      ['production', ['staging'], 'approval'],
    ]);
    expect(stacks.slice(0, 4).map(({ displayId }) => displayId)).toEqual([
      '01-foundation/dev',
      '02-platform/dev',
      'service-a/dev',
      'service-b/dev',
    ]);
    expect(stacks[0]).toMatchObject({
      id: 'layers/01-foundation/environments/dev',
      name: 'foundation',
      layer: '01-foundation',
      binding: 'directory',
      varFiles: [],
      stateKey: 's3://states/dev/foundation.tfstate',
    });
    expect(stacks[2]).toMatchObject({ name: 'service-a', layer: '04-applications' });
  });

  it('orders service after service by what they read', async () => {
    const workspace = await load(layeredTree(['dev']));
    expect(arrows(workspace)).toEqual([
      '02-platform/dev -> 01-foundation/dev',
      'service-a/dev -> 02-platform/dev',
      'service-a/dev -> service-b/dev',
      'service-b/dev -> 02-platform/dev',
    ]);
  });

  it('may lie in a folder of the repository', async () => {
    const tree = Object.fromEntries(
      Object.entries(layeredTree(['dev'])).map(([file, text]) => [`live/${file}`, text]),
    );
    const workspace = await load(tree, { directory: 'live/' });
    expect(workspace.stacks[0]?.directory).toBe('live/layers/01-foundation/environments/dev');
    expect(workspace.stacks[0]?.displayId).toBe('01-foundation/dev');
    const [problem] = await problemsOf(tree);
    expect(problem).toMatchObject({ code: 'no-stacks', hint: 'is the working directory live?' });
  });
});

describe('a repository of environments over blueprints (seed 000)', () => {
  const tree = {
    'environments/global/main.tf': s3Backend('global.tfstate'),
    'environments/mainnet/main.tf':
      s3Backend('mainnet.tfstate') +
      'module "price" { source = "../../blueprints/price" }\n' +
      'data "terraform_remote_state" "global" {\n  backend = "s3"\n' +
      '  config = { bucket = "states", key = "global.tfstate" }\n}\n',
    'environments/stokenet/main.tf': s3Backend('stokenet.tfstate'),
    'blueprints/price/main.tf': 'module "bucket" { source = "../../modules/bucket" }\n',
    'modules/bucket/main.tf': 'resource "aws_s3_bucket" "this" {}\n',
  };

  it('has one stack an environment, and lets all read the global one', async () => {
    const workspace = await load(tree);
    expect(workspace.stacks.map(({ displayId }) => displayId)).toEqual([
      'global',
      'stokenet',
      'mainnet',
    ]);
    expect(arrows(workspace)).toEqual(['mainnet -> global']);
    expect(workspace.stacks[2]?.moduleDirectories).toEqual(['blueprints/price', 'modules/bucket']);
    expect(workspace.config.environments[0]).toMatchObject({ name: 'global', shared: true });
  });
});

describe('a repository of parts with files for each environment (seed 001)', () => {
  const tree = {
    'infra/plumbing/terraform/main.tf': 'terraform {\n  backend "s3" {}\n}\n',
    'infra/plumbing/terraform/environments/dev.tfvars': 'environment = "dev"\n',
    'infra/plumbing/terraform/backend/dev.hcl': 'bucket = "states"\nkey = "dev/plumbing"\n',
    'infra/plumbing/terraform/environments/prod.tfvars': 'environment = "prod"\n',
    'infra/plumbing/terraform/backend/prod.hcl': 'bucket = "states"\nkey = "prod/plumbing"\n',
    'infra/reports/terraform/main.tf':
      'terraform {\n  backend "s3" {\n    bucket = "states"\n  }\n}\nvariable "environment" {}\n' +
      'data "terraform_remote_state" "plumbing" {\n  backend = "s3"\n  config = {\n' +
      '    bucket = "states"\n    key = "${var.environment}/plumbing"\n  }\n}\n',
    'infra/reports/terraform/environments/dev.tfvars': 'environment = "dev"\n',
    'infra/reports/terraform/dev.s3.tfbackend': 'key = "dev/reports"\n',
  };

  it('binds each part by var file and backend config', async () => {
    const workspace = await load(tree);
    expect(workspace.stacks.map(({ id }) => id)).toEqual([
      'infra/plumbing/terraform@dev',
      'infra/reports/terraform@dev',
      'infra/plumbing/terraform@prod',
    ]);
    expect(workspace.stacks[1]).toMatchObject({
      displayId: 'reports/dev',
      binding: 'var-file',
      varFiles: ['infra/reports/terraform/environments/dev.tfvars'],
      backendConfigFiles: ['infra/reports/terraform/dev.s3.tfbackend'],
      stateKey: 's3://states/dev/reports',
    });
    expect(arrows(workspace)).toEqual(['reports/dev -> plumbing/dev']);
  });

  it('says which part no file binds', async () => {
    const problems = await problemsOf({ ...tree, 'infra/new/terraform/main.tf': 'locals {}\n' });
    expect(problems).toMatchObject([
      { code: 'no-environment', at: { file: 'infra/new/terraform' } },
    ]);
  });
});

describe('one root module with a tfvars file for each environment (seed 004)', () => {
  const main = {
    'terraform/main.tf': 'terraform {\n  backend "s3" {\n    bucket = "states"\n  }\n}\n',
  };
  const environment = (name: string) => ({
    [`terraform/environments/${name}/terraform.tfvars`]: 'cpu = 256\n',
    [`terraform/environments/${name}/backend.hcl`]: `key = "${name}.tfstate"\n`,
  });

  it('has a stack for each of them', async () => {
    const workspace = await load({
      ...main,
      ...environment('prod'),
      ...environment('dev'),
      ...environment('test'),
      'terraform/modules/vpc/main.tf': 'locals {}\n',
    });
    expect(workspace.stacks.map(({ displayId }) => displayId)).toEqual([
      'terraform/dev',
      'terraform/test',
      'terraform/prod',
    ]);
    expect(workspace.stacks[0]).toMatchObject({
      varFiles: ['terraform/environments/dev/terraform.tfvars'],
      backendConfigFiles: ['terraform/environments/dev/backend.hcl'],
    });
  });

  it('refuses that they share a state, and says how each gets its own', async () => {
    const problems = await problemsOf({
      'terraform/main.tf': s3Backend('app.tfstate'),
      'terraform/environments/dev/terraform.tfvars': 'cpu = 256\n',
      'terraform/environments/prod/terraform.tfvars': 'cpu = 1024\n',
    });
    expect(problems).toMatchObject([
      { code: 'same-state', at: { file: 'terraform/main.tf', line: 2 } },
    ]);
    expect(problems[0]?.hint).toContain('workspace');
  });

  it('has every var file of an environment, and those of all before them', async () => {
    const workspace = await load({
      ...main,
      ...environment('prod'),
      ...environment('dev'),
      'terraform/common.tfvars': 'region = "eu-west-1"\n',
      'terraform/terraform.tfvars': '',
      'terraform/zones.auto.tfvars': '',
      'terraform/environments/dev/network.tfvars': 'cidr = "10.0.0.0/16"\n',
      'terraform/environments/dev/a.auto.tfvars': '',
    });
    expect(workspace.stacks.map(({ environment: name, varFiles }) => [name, varFiles])).toEqual([
      [
        'dev',
        [
          'terraform/common.tfvars',
          'terraform/environments/dev/terraform.tfvars',
          'terraform/environments/dev/a.auto.tfvars',
          'terraform/environments/dev/network.tfvars',
        ],
      ],
      ['prod', ['terraform/common.tfvars', 'terraform/environments/prod/terraform.tfvars']],
    ]);
  });

  it('takes a shared name for an environment where something makes it one', async () => {
    const tree = {
      ...main,
      ...environment('dev'),
      'terraform/global.tfvars': '',
      'terraform/backend/global.hcl': 'key = "global.tfstate"\n',
    };
    const names = async (files: typeof tree) =>
      (await load(files)).stacks.map(({ environment: name }) => name);
    expect(await names(tree)).toEqual(['global', 'dev']);
    const { 'terraform/backend/global.hcl': _, ...rest } = tree;
    expect((await load(rest)).stacks.map(({ environment: name }) => name)).toEqual(['dev']);
  });

  it('says which var file it cannot place', async () => {
    const problems = await problemsOf({
      ...main,
      ...environment('dev'),
      'terraform/network.tfvars': '',
    });
    expect(problems).toMatchObject([
      { code: 'var-file-unclear', at: { file: 'terraform/network.tfvars' } },
    ]);
  });

  it('leaves the var files of another root module to that module', async () => {
    const { stacks } = await load({
      'terraform/main.tf': 'locals {}\n',
      'terraform/environments/dev/main.tf': s3Backend('dev'),
      'terraform/environments/dev/terraform.tfvars': '',
    });
    expect(stacks.map(({ id }) => id)).toEqual(['terraform/environments/dev']);
  });

  const inPlace = (folder: string) =>
    Object.fromEntries(
      Object.entries({ ...main, ...environment('dev'), ...environment('prod') }).map(
        ([file, text]) => [file.replace('terraform/', folder), text],
      ),
    );

  it.each([
    ['the working directory', 'terraform/', 'terraform', 'terraform/dev'],
    ['a working directory of any name', 'iac/', 'iac', 'iac/dev'],
    ['the top of the repository', '', '.', 'dev'],
  ])('may be %s', async (_, folder, directory, displayId) => {
    const { stacks } = await load(inPlace(folder), { directory });
    expect(stacks[0]).toMatchObject({
      displayId,
      directory,
      varFiles: [`${folder}environments/dev/terraform.tfvars`],
      backendConfigFiles: [`${folder}environments/dev/backend.hcl`],
      stateKey: 's3://states/dev.tfstate',
    });
    expect(stacks).toHaveLength(2);
  });

  it('is pointed at where it lies in a folder of another name', async () => {
    expect(await problemsOf(inPlace('iac/'))).toMatchObject([
      { code: 'no-stacks', hint: 'is the working directory iac?' },
    ]);
  });

  it('needs an environment at the top of the repository too', async () => {
    expect(await problemsOf({ 'main.tf': s3Backend('app') })).toMatchObject([
      { code: 'no-environment', at: { file: '.' } },
    ]);
    const { stacks } = await load({ 'main.tf': s3Backend('boot'), ...layeredTree(['dev']) });
    expect(stacks).toHaveLength(4);
  });

  it('may bind them by workspace', async () => {
    const workspace = await load({
      'infra.yml':
        'environments: { dev: {}, prod: { after: [dev] } }\n' +
        'stacks:\n  - path: terraform\n    var-files: ["environments/{environment}/terraform.tfvars"]\n' +
        "    workspace: '{environment}'\n",
      'terraform/main.tf': s3Backend('app.tfstate'),
      'terraform/environments/dev/terraform.tfvars': 'cpu = 256\n',
      'terraform/environments/prod/terraform.tfvars': 'cpu = 1024\n',
    });
    expect(
      workspace.stacks.map(({ binding, workspace: name, stateKey }) => [binding, name, stateKey]),
    ).toEqual([
      ['workspace', 'dev', 's3://states/env:/dev/app.tfstate'],
      ['workspace', 'prod', 's3://states/env:/prod/app.tfstate'],
    ]);
  });
});

describe('a repository that is not understood', () => {
  it('is told the layouts that are', async () => {
    const [problem, ...others] = await problemsOf({ 'src/index.ts': '' });
    expect(others).toEqual([]);
    expect(problem?.code).toBe('no-stacks');
    expect(problem?.hint).toContain('layers/{layer}/environments/{environment}');
    expect(problem?.hint).toContain('infra/{stack}/terraform');
  });

  it('is told when the rules of infra.yml fit nothing', async () => {
    const problems = await problemsOf({
      'infra.yml': 'stacks: [{ path: "live/{stack}/{environment}" }]\n',
      'layers/a/environments/dev/main.tf': '',
    });
    expect(problems).toMatchObject([
      { code: 'no-stacks', hint: 'stacks in infra.yml: live/{stack}/{environment}' },
    ]);
  });

  it('is told of an environment that infra.yml does not name', async () => {
    const problems = await problemsOf({
      'infra.yml': 'environments: { dev: {}, production: {} }\n',
      'environments/dev/main.tf': s3Backend('dev'),
      'environments/prodution/main.tf': s3Backend('production'),
    });
    expect(problems).toMatchObject([
      {
        code: 'unknown-environment',
        at: { file: 'environments/prodution' },
        hint: 'did you mean production?',
      },
    ]);
  });
});

describe('names', () => {
  it('are made unique by all captures, then by the directory', async () => {
    const { stacks } = await load({
      'infra.yml': 'stacks: [{ path: "{team}/{service}/{environment}" }]\n',
      'red/api/dev/main.tf': s3Backend('1'),
      'blue/api/dev/main.tf': s3Backend('2'),
      'blue/web/dev/main.tf': s3Backend('3'),
    });
    expect(stacks.map(({ displayId }) => displayId)).toEqual([
      'blue/api/dev',
      'web/dev',
      'red/api/dev',
    ]);
  });

  it('take the most specific rule', async () => {
    const { stacks } = await load({
      'infra.yml':
        'stacks:\n  - path: "{stack}/{environment}"\n  - path: "network/{environment}"\n',
      'network/dev/main.tf': s3Backend('1'),
      'app/dev/main.tf': s3Backend('2'),
    });
    expect(stacks.map(({ rule }) => rule)).toEqual([
      '{stack}/{environment}',
      'network/{environment}',
    ]);
  });
});
