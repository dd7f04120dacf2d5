import { affectedStacks } from '../../../actions/terraform-layer/graph/affected.js';
import { earlyProblems } from '../../../actions/terraform-layer/terraform/early-support.js';
import {
  arrows,
  load,
  problemsOf,
  s3Backend,
  s3RemoteState,
  type Tree,
} from '../../support/stacks.js';

const infra = 'version: 1\nenvironments: { dev: {}, prod: {} }\n';
/** One root for two environments, each with a var file of its own. */
const perEnvironment: Tree = {
  'infra.yml': `${infra}stacks:\n  - path: app\n    workspace: '{environment}'\n`,
  'app/main.tf':
    'variable "size" {}\nlocals { kind = "sizes/${var.size}" }\n' +
    s3Backend('app/${terraform.workspace}') +
    'module "sized" {\n  source = "../modules/${local.kind}"\n}\n',
  'app/dev.tfvars': 'size = "small"\n',
  'app/prod.tfvars': 'size = "large"\n',
  'modules/sizes/small/main.tf': '',
  'modules/sizes/large/main.tf': 'module "inner" {\n  source = "../../inner"\n}\n',
  'modules/inner/main.tf': '',
};
const root = (main: string, more: Tree = {}): Tree => ({
  'environments/dev/main.tf': s3Backend('dev') + main,
  ...more,
});

async function modules(tree: Tree): Promise<readonly (readonly string[])[]> {
  const { stacks } = await load(tree);
  return stacks.map(({ moduleDirectories }) => moduleDirectories);
}

describe('a module that is chosen by an expression', () => {
  it('is another in each environment, with the modules below it', async () => {
    const workspace = await load(perEnvironment);
    expect(workspace.stacks.map(({ id, moduleDirectories }) => [id, moduleDirectories])).toEqual([
      ['app@dev', ['modules/sizes/small']],
      ['app@prod', ['modules/inner', 'modules/sizes/large']],
    ]);
    const affected = (file: string): readonly string[] =>
      affectedStacks({ workspace, changedFiles: [file], deletedFiles: [] }).changed.map(
        ({ stack }) => stack.id,
      );
    expect(affected('modules/sizes/small/main.tf')).toEqual(['app@dev']);
    expect(affected('modules/inner/main.tf')).toEqual(['app@prod']);
  });

  it('may be chosen by what a module above it is given', async () => {
    const tree = root('module "outer" {\n  source = "../../modules/outer"\n  which = "b"\n}\n', {
      'modules/outer/main.tf':
        'variable "which" { default = "a" }\nmodule "x" {\n  source = "../${var.which}"\n}\n',
      'modules/a/main.tf': '',
      'modules/b/main.tf': s3RemoteState('net', 'net'),
      'infra.yml': 'version: 1\nexternal-states: ["s3://states/net"]\n',
    });
    expect(await modules(tree)).toEqual([['modules/b', 'modules/outer']]);
  });

  it('belongs to the stack also where count makes none of it', async () => {
    const chosen = 'variable "m" { default = "a" }\nmodule "x" {\n  source = "../${var.m}"\n}\n';
    const tree = root('module "outer" {\n  source = "../../modules/outer"\n  count = 0\n}\n', {
      'modules/outer/main.tf': chosen,
      'modules/a/main.tf': '',
    });
    expect(await modules(tree)).toEqual([['modules/a', 'modules/outer']]);
  });

  it('reads states as any other', async () => {
    const tree = {
      'infra.yml': `${infra}stacks:\n  - path: '{stack}/{environment}'\n`,
      'net/dev/main.tf': s3Backend('net'),
      'app/dev/main.tf':
        s3Backend('app') +
        'variable "m" { default = "reader" }\nmodule "x" {\n  source = "../../lib/sub/${var.m}"\n}\n',
      'lib/sub/reader/main.tf': s3RemoteState('net', 'net'),
    };
    expect(arrows(await load(tree))).toEqual(['app/dev -> net/dev']);
  });

  it('may come from elsewhere, at a version that is an expression', async () => {
    const tree = root(
      'variable "v" { default = "1.2.3" }\n' +
        'module "git" {\n  source = "git::https://example.com/x.git?ref=${var.v}"\n}\n' +
        'module "registry" {\n  source = "example/x/aws"\n  version = var.v\n}\n',
    );
    const { stacks } = await load(tree);
    expect(stacks[0]).toMatchObject({
      moduleDirectories: [],
      earlyExpressions: [
        { of: 'module', at: { file: 'environments/dev/main.tf', line: 9 } },
        { of: 'module', at: { file: 'environments/dev/main.tf', line: 13 } },
      ],
    });
  });
});

describe('an expression that chooses a module is a problem', () => {
  it.each([
    ['var.place', 'var.place has no value'],
    ['"./${var.place}"', 'var.place has no value'],
    ['"./${aws_s3_bucket.x.id}"', 'aws_s3_bucket.x.id'],
    ['"./${each.key}"', 'each'],
    ['module.x.place', 'module.x'],
  ])('where %s cannot be told', async (source, reason) => {
    const problems = await problemsOf(
      root(`variable "place" {}\nmodule "x" {\n  source = ${source}\n}\n`),
    );
    expect(problems).toMatchObject([
      { code: 'not-evaluable', at: { file: 'environments/dev/main.tf', line: 9 } },
    ]);
    expect(problems[0]?.message).toContain(reason);
    expect(problems[0]?.message).toContain(source);
  });

  it('where its version cannot be told', async () => {
    const registry = 'module "x" {\n  source = "a/b/c"\n  version = "~> ${var.v}"\n}\n';
    expect(await problemsOf(root(registry))).toMatchObject([
      { code: 'not-evaluable', at: { file: 'environments/dev/main.tf', line: 9 } },
    ]);
  });

  it('where it leads nowhere, or back to a module around it', async () => {
    const tree = root(
      'variable "m" { default = "gone" }\nmodule "x" {\n  source = "../../${var.m}"\n}\n' +
        'module "loop" {\n  source = "../../loop"\n}\n',
      {
        'loop/main.tf': 'locals { m = "loop" }\nmodule "again" {\n  source = "../${local.m}"\n}\n',
      },
    );
    expect((await problemsOf(tree)).map(({ code, at }) => [code, at])).toEqual([
      ['module-not-found', { file: 'environments/dev/main.tf', line: 8, column: 1 }],
      ['module-calls-itself', { file: 'loop/main.tf', line: 2, column: 1 }],
    ]);
  });

  it('for a Terraform before 1.15, and not for OpenTofu', async () => {
    const { stacks } = await load(perEnvironment);
    expect(earlyProblems(stacks, { name: 'terraform', version: '1.14.9' })).toMatchObject([
      { code: 'module-source-not-literal', at: { file: 'app/main.tf', line: 10 } },
    ]);
    expect(earlyProblems(stacks, { name: 'terraform', version: '1.15.0' })).toEqual([]);
    expect(earlyProblems(stacks, { name: 'tofu', version: '1.11.0' })).toEqual([]);
  });
});

describe('expressions that are worked out before any state is read', () => {
  it('are those in a backend and in an encryption too', async () => {
    const encryption =
      'terraform {\n  required_version = ">= 1.11"\n  encryption {\n' +
      '    key_provider "pbkdf2" "p" {\n      passphrase = var.passphrase\n    }\n  }\n}\n';
    const { stacks } = await load(
      root('', {
        'environments/dev/encryption.tofu': encryption,
        'environments/prod/main.tf': 'locals { k = "prod" }\n' + s3Backend('${local.k}'),
        'environments/test/main.tf': s3Backend('test'),
      }),
    );
    const places = new Map(stacks.map((s) => [s.environment, s.earlyExpressions]));
    expect(places).toEqual(
      new Map([
        [
          'dev',
          [
            {
              of: 'backend',
              at: { file: 'environments/dev/encryption.tofu', line: 5, column: 7 },
            },
          ],
        ],
        ['test', undefined],
        [
          'prod',
          [{ of: 'backend', at: { file: 'environments/prod/main.tf', line: 5, column: 5 } }],
        ],
      ]),
    );
  });
});
