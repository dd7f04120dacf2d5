import fc from 'fast-check';
import { affectedStacks } from '../../../actions/terraform-layer/graph/affected.js';
import { layeredTree, load, s3Backend, s3RemoteState, type Tree } from '../../support/stacks.js';

const infra = 'stacks: [{ path: "live/{stack}/{environment}" }]\n';

/** `app` calls two modules, one inside the other, and reads files; `web` reads app's state. */
const tree: Tree = {
  'infra.yml': infra,
  'README.md': '',
  'live/app/dev/main.tf':
    s3Backend('app') +
    'variable "region" {}\n' +
    'module "service" {\n  source = "../../../modules/service"\n  policy = "read"\n}\n' +
    'locals {\n  settings = yamldecode(file("../../settings.yaml"))\n' +
    '  regional = file("${path.module}/regions/${var.region}.json")\n}\n',
  'live/app/dev/terraform.tfvars': 'region = "eu"\n',
  'live/app/dev/.terraform.lock.hcl': '',
  'live/app/dev/README.md': '',
  'live/app/dev/regions/eu.json': '{}',
  'live/app/dev/regions/us.json': '{}',
  'live/web/dev/main.tf': s3Backend('web') + s3RemoteState('app', 'app'),
  'live/other/dev/main.tf': s3Backend('other'),
  'live/settings.yaml': '{}',
  'modules/service/main.tf':
    'variable "policy" {}\nmodule "bucket" { source = "../bucket" }\n' +
    'resource "aws_iam_policy" "this" {\n' +
    '  policy = templatefile("${path.module}/policies/${var.policy}.json", { arn = aws_x.y.arn })\n}\n' +
    'data "archive_file" "zip" {\n  source_dir = "${path.module}/lambda"\n}\n' +
    'resource "aws_s3_object" "each" {\n  for_each = fileset("${path.module}/site", "**")\n' +
    '  source = "${path.module}/site/${each.value}"\n}\n',
  'modules/service/policies/read.json': '{}',
  'modules/service/lambda/src/index.py': '',
  'modules/bucket/main.tf': 'resource "aws_s3_bucket" "this" {}\n',
  'modules/unused/main.tf': '',
};

async function affected(changedFiles: readonly string[], deletedFiles: readonly string[] = []) {
  const workspace = await load(tree);
  const result = affectedStacks({ workspace, changedFiles, deletedFiles });
  return {
    changed: result.changed.map(({ stack, reasons }) => [
      stack.displayId,
      reasons.map(({ kind }) => kind).join(),
    ]),
    dependents: result.dependents.map(({ displayId }) => displayId),
  };
}

describe('a stack is affected by', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['its own files', 'live/app/dev/main.tf', 'own-file'],
    ['a file that is new', 'live/app/dev/new.tf', 'own-file'],
    ['its var files', 'live/app/dev/terraform.tfvars', 'var-file'],
    ['its lock file', 'live/app/dev/.terraform.lock.hcl', 'lock-file'],
    ['a module that it calls', 'modules/service/variables.tf', 'module'],
    ['a module below a module', 'modules/bucket/main.tf', 'module'],
    ['a file that file() reads', 'live/settings.yaml', 'file-read'],
    ['a file whose name has a variable', 'live/app/dev/regions/eu.json', 'file-read'],
    ['a file that a module reads', 'modules/service/policies/read.json', 'file-read'],
    ['a file in a folder that is packed', 'modules/service/lambda/src/index.py', 'file-read'],
    ['a file in a file set', 'modules/service/site/css/main.css', 'file-read'],
  ];
  it.each(cases)('%s', async (_, file, kind) => {
    expect(await affected([file])).toEqual({
      changed: [['app/dev', kind]],
      dependents: ['web/dev'],
    });
  });

  it.each([
    ['a file of nobody', 'README.md'],
    ['a module that nobody calls', 'modules/unused/main.tf'],
    ['its documentation', 'live/app/dev/README.md'],
    ['a file that another value of the variable would read', 'live/app/dev/regions/us.json'],
  ])('not by %s', async (_, file) => {
    expect(await affected([file])).toEqual({ changed: [], dependents: [] });
  });

  it('every change of infra.yml', async () => {
    expect((await affected(['infra.yml'])).changed).toHaveLength(3);
  });

  it('a deleted file as by a changed one', async () => {
    expect(await affected([], ['modules/bucket/old.tf'])).toMatchObject({
      changed: [['app/dev', 'module']],
    });
  });
});

describe('a change', () => {
  it('touches the var file and backend config of one environment only', async () => {
    const workspace = await load({
      'terraform/main.tf': 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n',
      'terraform/environments/dev/terraform.tfvars': '',
      'terraform/environments/dev/backend.hcl': 'key = "dev"\n',
      'terraform/environments/prod/terraform.tfvars': '',
      'terraform/environments/prod/backend.hcl': 'key = "prod"\n',
    });
    const changed = (file: string) =>
      affectedStacks({ workspace, changedFiles: [file] }).changed.map(({ stack, reasons }) => [
        stack.environment,
        reasons[0]?.kind,
      ]);
    expect(changed('terraform/environments/prod/terraform.tfvars')).toEqual([['prod', 'var-file']]);
    expect(changed('terraform/environments/prod/backend.hcl')).toEqual([
      ['prod', 'backend-config'],
    ]);
    expect(changed('terraform/main.tf')).toHaveLength(2);
  });

  it.each([
    ['modules', 'module'],
    ['modules/bucket', 'module'],
    ['live/app', 'own-file'],
  ])(
    'of what git tells of as one, a submodule or a link at %s, is one of all in it',
    async (place, kind) => {
      const { changed } = await affected([place]);
      expect(changed).toEqual([['app/dev', expect.stringContaining(kind)]]);
    },
  );

  it('of a var file that the run gives to all stacks is one of all of them', async () => {
    const workspace = await load(tree, { varFiles: ['live/common.tfvars'] });
    const { changed } = affectedStacks({ workspace, changedFiles: ['live/common.tfvars'] });
    expect(changed.map(({ stack }) => stack.name)).toEqual(['app', 'other', 'web']);
  });

  it('never affects fewer stacks by holding more files', async () => {
    const layered = layeredTree();
    const workspace = await load(layered);
    const files = Object.keys(layered);
    const touched = (changedFiles: readonly string[]): readonly string[] => {
      const { changed, dependents } = affectedStacks({ workspace, changedFiles });
      return [...changed.map(({ stack }) => stack.id), ...dependents.map(({ id }) => id)];
    };
    fc.assert(
      fc.property(fc.subarray(files), fc.subarray(files), (some, more) => {
        const few = touched(some);
        const many = new Set(touched([...some, ...more]));
        expect(few.every((id) => many.has(id))).toBe(true);
        expect(new Set(few).size).toBe(few.length);
      }),
    );
  });
});
