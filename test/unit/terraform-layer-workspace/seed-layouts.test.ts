import { arrows, load, problemsOf, s3Backend, type Tree } from '../../support/stacks.js';

/** `backend "remote"` of one workspace. */
function remoteBackend(workspace: string): string {
  return (
    'terraform {\n  backend "remote" {\n    organization = "acme"\n' +
    `    workspaces { name = "${workspace}" }\n  }\n}\n`
  );
}

function remoteRead(name: string, workspace: string): string {
  return (
    `data "terraform_remote_state" "${name}" {\n  backend = "remote"\n  config = {\n` +
    `    organization = "acme"\n    workspaces   = { name = "${workspace}" }\n  }\n}\n`
  );
}

describe('seed 000: environments over blueprints, below resources/', () => {
  const tree: Tree = {
    'resources/README.md': '',
    'resources/bootstrap/main.tf': 'resource "aws_s3_bucket" "state" {}\n',
    'resources/modules/bucket/main.tf': 'resource "aws_s3_bucket" "this" {}\n',
    'resources/blueprints/price-updater/main.tf':
      'module "bucket" { source = "../../modules/bucket" }\n',
    ...Object.fromEntries(
      ['global', 'mainnet', 'stokenet'].flatMap((environment) => [
        [
          `resources/environments/${environment}/backend.tf`,
          s3Backend(`${environment}/terraform.tfstate`),
        ],
        [
          `resources/environments/${environment}/main.tf`,
          'module "price" { source = "../../blueprints/price-updater" }\n',
        ],
        [`resources/environments/${environment}/terraform.tfvars`, 'desired_count = 1\n'],
      ]),
    ),
  };

  it('is found from the root of the repository', async () => {
    const { stacks, config } = await load(tree);
    expect(stacks.map(({ id, displayId }) => [id, displayId])).toEqual([
      ['resources/environments/global', 'global'],
      ['resources/environments/stokenet', 'stokenet'],
      ['resources/environments/mainnet', 'mainnet'],
    ]);
    expect(config.environments.map(({ name, apply, after }) => [name, apply, after])).toEqual([
      ['global', 'approval', []],
      ['stokenet', 'auto', ['global']],
      ['mainnet', 'approval', ['stokenet']],
    ]);
    expect(stacks[1]?.moduleDirectories).toEqual([
      'resources/blueprints/price-updater',
      'resources/modules/bucket',
    ]);
  });
});

describe('seed 001: a foundation, and a part for each package', () => {
  const part = (directory: string, name: string, main: string): Tree =>
    Object.fromEntries([
      [
        `${directory}/main.tf`,
        `terraform {\n  backend "s3" {\n    bucket         = "states"\n    dynamodb_table = "locks"\n  }\n}\n${main}`,
      ],
      ...['dev', 'prod'].flatMap((environment) => [
        [`${directory}/environments/${environment}.tfvars`, `environment = "${environment}"\n`],
        [`${directory}/backend/${environment}.hcl`, `key = "${environment}/${name}.tfstate"\n`],
      ]),
    ]) as Tree;
  const reads =
    'variable "environment" { type = string }\n' +
    'data "terraform_remote_state" "plumbing" {\n  backend = "s3"\n' +
    '  config = {\n    bucket = "states"\n    key = "${var.environment}/plumbing.tfstate"\n  }\n}\n';
  const repository = (plumbing: string): Tree => ({
    'infra/README.md': '',
    'infra/local/main.tf': 'provider "aws" { s3_use_path_style = true }\n',
    'infra/local/dev.tfvars': 'x = 1\n',
    'infra/local/scripts/setup_localstack.sh': '',
    'infra/modules/queue/main.tf': 'variable "name" {}\n',
    'infra/file_processing/scripts/build_and_deploy.sh': '',
    'infra/file_processing/k8s/service.yaml': '',
    ...part(plumbing, 'plumbing', 'variable "environment" { type = string }\n'),
    ...part('infra/file_processing/terraform', 'file_processing', reads),
    ...part('infra/data_pipeline/terraform', 'data_pipeline', reads),
  });

  it.each(['infra/plumbing', 'infra/plumbing/terraform', 'infra/foundation_network'])(
    'has its foundation in %s',
    async (plumbing) => {
      const workspace = await load(repository(plumbing));
      const name = plumbing.split('/')[1] ?? '';
      expect(workspace.stacks.map(({ displayId }) => displayId)).toEqual([
        'data_pipeline/dev',
        'file_processing/dev',
        `${name}/dev`,
        'data_pipeline/prod',
        'file_processing/prod',
        `${name}/prod`,
      ]);
      expect(arrows(workspace)).toEqual([
        `data_pipeline/dev -> ${name}/dev`,
        `data_pipeline/prod -> ${name}/prod`,
        `file_processing/dev -> ${name}/dev`,
        `file_processing/prod -> ${name}/prod`,
      ]);
      expect(workspace.stacks[2]).toMatchObject({
        binding: 'var-file',
        varFiles: [`${plumbing}/environments/dev.tfvars`],
        backendConfigFiles: [`${plumbing}/backend/dev.hcl`],
        stateKey: 's3://states/dev/plumbing.tfstate',
        backend: { type: 's3', config: { dynamodb_table: 'locks' } },
      });
    },
  );

  it('says of a root module that no file binds it', async () => {
    expect(
      await problemsOf({
        ...repository('infra/plumbing'),
        'infra/shared/main.tf': 'terraform {\n  backend "s3" {}\n}\n',
      }),
    ).toMatchObject([{ code: 'no-environment', at: { file: 'infra/shared' } }]);
  });

  it('forbids reading a sibling where that rule is on', async () => {
    const tree = repository('infra/plumbing');
    const problems = await problemsOf({
      ...tree,
      'infra.yml': 'environments: { dev: {}, prod: { after: [dev] } }\nsibling-state: deny\n',
      'infra/data_pipeline/terraform/sibling.tf': reads
        .replace(/^variable.*\n/, '')
        .replaceAll('plumbing', 'file_processing'),
    });
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      ['sibling-state', { file: 'infra/data_pipeline/terraform/sibling.tf', line: 1, column: 1 }],
      ['sibling-state', { file: 'infra/data_pipeline/terraform/sibling.tf', line: 1, column: 1 }],
    ]);
  });
});

describe('seed 003: numbered layers with a workspace each', () => {
  const environments = ['dev', 'staging', 'production'];
  const root = (directory: string, name: string, main = ''): Tree =>
    Object.fromEntries(
      environments.flatMap((environment) => {
        // As it is written there: both "prod" and "production" in names of workspaces.
        const short = environment === 'production' && name !== 'foundation' ? 'prod' : environment;
        const place = `${directory}/environments/${environment}`;
        return [
          [
            `${place}/main.tf`,
            remoteBackend(`aws-${name}-${short}`) + main.replaceAll('ENV', environment),
          ],
          [`${place}/variables.tf`, 'variable "desired_count" { type = number }\n'],
          [`${place}/outputs.tf`, 'output "id" { value = "x" }\n'],
          [`${place}/terraform.tfvars`, 'desired_count = 5\n'],
        ];
      }),
    );
  const foundation = remoteRead('foundation', 'aws-foundation-ENV');
  const tree: Tree = {
    ...root('layers/01-foundation', 'foundation'),
    ...root('layers/02-platform', 'platform', foundation),
    ...root('layers/03-shared-services', 'shared-services', foundation),
    ...root(
      'layers/04-applications/service-a',
      'service-a',
      foundation +
        remoteRead('platform', 'aws-platform-ENV') +
        remoteRead('shared_services', 'aws-shared-services-ENV') +
        remoteRead('service_b', 'aws-service-b-ENV'),
    ),
    ...root('layers/04-applications/service-b', 'service-b', foundation),
    'modules/ecs-service/main.tf': 'variable "name" {}\n',
  };

  it('finds every workspace by both names of production', async () => {
    const { stacks } = await load(tree);
    expect(stacks).toHaveLength(15);
    expect(stacks.map(({ stateKey }) => stateKey.split('/').at(-1))).toEqual(
      environments.flatMap((environment) =>
        ['foundation', 'platform', 'shared-services', 'service-a', 'service-b'].map((name) =>
          environment === 'production' && name !== 'foundation'
            ? `aws-${name}-prod`
            : `aws-${name}-${environment}`,
        ),
      ),
    );
  });

  it('orders service after service', async () => {
    const workspace = await load(tree);
    expect(arrows(workspace).filter((arrow) => arrow.startsWith('service-a/production'))).toEqual([
      'service-a/production -> 01-foundation/production',
      'service-a/production -> 02-platform/production',
      'service-a/production -> 03-shared-services/production',
      'service-a/production -> service-b/production',
    ]);
  });

  it('takes a new service without a word in infra.yml', async () => {
    const { stacks } = await load({
      ...tree,
      ...root('layers/04-applications/service-d', 'service-d', foundation),
    });
    expect(stacks.filter(({ name }) => name === 'service-d')).toHaveLength(3);
  });

  it('names the workspaces where the backend leaves that open', async () => {
    const cloud = 'terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n';
    const { stacks } = await load({
      'layers/01-foundation/environments/dev/main.tf': cloud,
      'layers/04-applications/service-a/environments/dev/main.tf': cloud,
    });
    expect(stacks.map(({ workspace }) => workspace)).toEqual([
      'aws-foundation-dev',
      'aws-service-a-dev',
    ]);
  });

  it('does not take prod for production where both are environments', async () => {
    const problems = await problemsOf({
      'environments/prod/main.tf': remoteBackend('aws-x-prod'),
      'environments/production/main.tf':
        remoteBackend('aws-main-production') + remoteRead('a', 'aws-main-prod'),
    });
    expect(problems).toMatchObject([{ code: 'state-not-owned' }]);
  });
});

describe('seed 004: one root module with a tfvars file for each environment', () => {
  const names = ['dev', 'test', 'prod'];
  const varFiles = Object.fromEntries(
    names.map((name) => [`terraform/environments/${name}/terraform.tfvars`, 'cpu = 256\n']),
  );
  const modules = Object.fromEntries(
    ['vpc', 'security', 'iam', 'ecr', 'ecs', 'codedeploy'].map((name) => [
      `terraform/modules/${name}/main.tf`,
      'variable "name" { default = "x" }\n',
    ]),
  );
  const main =
    'module "vpc" { source = "./modules/vpc" }\nmodule "ecs" { source = "./modules/ecs" }\n';

  it('says for each environment but the first that it has no state of its own', async () => {
    const problems = await problemsOf({
      ...varFiles,
      ...modules,
      'terraform/main.tf': s3Backend('terraform.tfstate') + main,
    });
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      ['same-state', { file: 'terraform/main.tf', line: 2, column: 1 }],
      ['same-state', { file: 'terraform/main.tf', line: 2, column: 1 }],
    ]);
  });

  it('says for each environment which setting of its backend is nowhere', async () => {
    const problems = await problemsOf({
      ...varFiles,
      'terraform/main.tf': 'terraform {\n  backend "s3" {\n    bucket = "states"\n  }\n}\n',
    });
    expect(problems.map(({ code }) => code)).toEqual(names.map(() => 'backend-incomplete'));
  });

  it('takes a backend config beside each var file, and one line of infra.yml for workspaces', async () => {
    const configs = Object.fromEntries(
      names.map((name) => [
        `terraform/environments/${name}/backend.hcl`,
        `key = "${name}.tfstate"\n`,
      ]),
    );
    const own = await load({
      ...varFiles,
      ...modules,
      ...configs,
      'terraform/main.tf': s3Backend('unused') + main,
    });
    expect(own.stacks.map(({ stateKey }) => stateKey)).toEqual([
      's3://states/dev.tfstate',
      's3://states/test.tfstate',
      's3://states/prod.tfstate',
    ]);
    expect(own.stacks[0]?.moduleDirectories).toEqual([
      'terraform/modules/ecs',
      'terraform/modules/vpc',
    ]);
    const selected = await load({
      ...varFiles,
      'infra.yml': "stacks: [{ path: terraform, workspace: '{environment}' }]\n",
      'terraform/main.tf': s3Backend('app.tfstate'),
    });
    expect(
      selected.stacks.map(({ workspace, varFiles: files, stateKey }) => [
        workspace,
        files,
        stateKey,
      ]),
    ).toEqual(
      names.map((name) => [
        name,
        [`terraform/environments/${name}/terraform.tfvars`],
        `s3://states/env:/${name}/app.tfstate`,
      ]),
    );
  });
});
