import { load, s3Backend, type Tree } from '../../support/stacks.js';

/** What `live/app/dev` reads with the given files in it. */
async function readsOf(main: string, more: Tree = {}): Promise<readonly string[]> {
  const { stacks } = await load({
    'infra.yml': 'stacks: [{ path: "live/{stack}/{environment}" }]\n',
    'live/app/dev/main.tf': s3Backend('app') + main,
    ...more,
  });
  return stacks.find(({ id }) => id === 'live/app/dev')?.reads ?? [];
}

describe('a stack reads', () => {
  const cases: readonly (readonly [string, string, readonly string[], Tree?])[] = [
    [
      'each.value of a map',
      'resource "aws_iam_policy" "p" {\n' +
        '  for_each = { a = "policies/a.json", b = "policies/b.json" }\n' +
        '  policy = file(each.value)\n}\n',
      ['live/app/dev/policies/a.json', 'live/app/dev/policies/b.json'],
    ],
    [
      'each.key of a set, and attributes of each.value',
      'locals { all = { x = { file = "../x.json" } } }\n' +
        'data "aws_iam_policy_document" "d" {\n  for_each = local.all\n' +
        '  source_policy_documents = [file(each.value.file)]\n}\n' +
        'resource "aws_iam_policy" "p" {\n  for_each = toset(["k.json"])\n' +
        '  policy = templatefile("${path.module}/p/${each.key}", { n = each.key })\n}\n',
      ['live/app/dev/p/k.json', 'live/app/x.json'],
    ],
    [
      'the files of a file set, and whatever is added to it',
      'resource "aws_s3_object" "site" {\n  for_each = fileset("../site", "*.{html,css}")\n' +
        '  source = "../site/${each.value}"\n}\n',
      ['live/app/site/*.*'],
      { 'live/app/site/index.html': '', 'live/app/site/main.css': '' },
    ],
    [
      'count.index',
      'resource "x" "y" {\n  count = 2\n  content = file("part-${count.index}.txt")\n}\n',
      ['live/app/dev/part-0.txt', 'live/app/dev/part-1.txt'],
    ],
    [
      'each.value that is passed to a module, for each module',
      'module "role" {\n  source = "../../../modules/role"\n  for_each = toset(["a", "b"])\n' +
        '  policy = "policies/${each.value}.json"\n}\n',
      ['live/app/dev/policies/a.json', 'live/app/dev/policies/b.json'],
      { 'modules/role/main.tf': 'variable "policy" {}\nlocals { text = file(var.policy) }\n' },
    ],
    [
      'what a for goes over',
      'locals {\n  texts = { for f in ["a.json", "b.json"] : f => file(f) }\n' +
        '  listed = [for f in fileset(path.module, "conf/*.yml") : yamldecode(file(f))]\n}\n',
      ['live/app/dev/a.json', 'live/app/dev/b.json', 'live/app/dev/conf/*.yml'],
      { 'live/app/dev/conf/x.yml': '' },
    ],
    [
      'what a dynamic block goes over',
      'resource "x" "y" {\n  dynamic "rule" {\n    for_each = { one = "r/one.json" }\n' +
        '    iterator = it\n    content {\n      text = file(it.value)\n    }\n  }\n' +
        '  dynamic "tag" {\n    for_each = ["t.txt"]\n    content {\n' +
        '      text = file(tag.value)\n    }\n  }\n}\n',
      ['live/app/dev/r/one.json', 'live/app/dev/t.txt'],
    ],
    [
      'either branch of a condition that is not known',
      'locals { x = file(data.aws_region.r.name == "x" ? "a.txt" : "b.txt") }\n',
      ['live/app/dev/a.txt', 'live/app/dev/b.txt'],
    ],
    [
      'the folder and file that an archive packs',
      'data "archive_file" "d" {\n  source_dir = "../../lambda"\n  output_path = "d.zip"\n}\n' +
        'resource "archive_file" "f" {\n  source_file = "index.py"\n}\n',
      ['live/app/dev/index.py', 'live/lambda'],
    ],
    [
      'the source of an object and the package of a function',
      'resource "aws_s3_object" "o" {\n  source = "seed/data.csv"\n}\n' +
        'resource "aws_lambda_function" "f" {\n  filename = "f.zip"\n  handler = "x"\n}\n' +
        'resource "aws_lambda_layer_version" "l" {\n  filename = var.layer\n}\n' +
        'variable "layer" { default = "layer.zip" }\n' +
        'data "local_file" "l" {\n  filename = "conf.ini"\n}\n',
      [
        'live/app/dev/conf.ini',
        'live/app/dev/f.zip',
        'live/app/dev/layer.zip',
        'live/app/dev/seed/data.csv',
      ],
    ],
    [
      'a relative path in any resource, in what a module is given, and in a provisioner',
      'resource "helm_release" "h" {\n  chart = "../../charts/app"\n' +
        '  set { value = "./x" }\n}\n' +
        'resource "null_resource" "n" {\n  provisioner "file" {\n    source = "conf/app.ini"\n' +
        '    destination = "/etc/app.ini"\n  }\n}\n' +
        'module "m" {\n  source = "../../../modules/m"\n  folder = "../../build"\n}\n',
      ['live/app/dev/conf/app.ini', 'live/app/dev/x', 'live/build', 'live/charts/app'],
      { 'modules/m/main.tf': 'variable "folder" {}\n' },
    ],
    [
      'a path below path.cwd or abspath()',
      'locals {\n  a = file("${path.cwd}/a.txt")\n  b = file(abspath("../b.txt"))\n' +
        '  c = file("/etc/hosts")\n}\n',
      ['live/app/b.txt', 'live/app/dev/a.txt'],
    ],
  ];
  it.each(cases.map(([name, main, reads, more]) => ({ name, main, reads, more })))(
    '$name',
    async ({ main, reads, more }) => {
      expect(await readsOf(main, more)).toEqual(reads);
    },
  );

  it('no place of a state, and no module as a file', async () => {
    expect(
      await readsOf(
        'data "terraform_remote_state" "n" {\n  backend = "local"\n' +
          '  config = { path = "../../net/dev/terraform.tfstate" }\n}\n' +
          'module "m" { source = "../../../modules/m" }\n',
        { 'modules/m/main.tf': 'variable "x" {}\n', 'live/net/dev/main.tf': 'locals {}\n' },
      ),
    ).toEqual([]);
  });
});

describe('how much is read', () => {
  it('is each file once, and no file that says nothing of stacks', async () => {
    const tree: Record<string, string> = {
      'infra.yml': 'stacks: [{ path: "live/{stack}/{environment}" }]\n',
      'modules/shared/main.tf': 'variable "x" {}\nlocals { y = file("${path.module}/y.txt") }\n',
      'modules/shared/y.txt': 'y',
    };
    for (let index = 0; index < 30; index += 1) {
      tree[`live/s${index}/dev/main.tf`] =
        s3Backend(`s${index}`) + 'module "shared" { source = "../../../modules/shared" }\n';
      tree[`live/s${index}/dev/notes.md`] = '';
      tree[`live/s${index}/dev/data.json`] = '{}';
    }
    const read: string[] = [];
    const workspace = await load(tree, {}, (file) => read.push(file));
    expect(workspace.stacks).toHaveLength(30);
    const configuration = Object.keys(tree).filter((file) => file.endsWith('.tf'));
    expect(read.filter((file) => Object.hasOwn(tree, file)).sort()).toEqual(
      ['infra.yml', ...configuration].sort(),
    );
  });
});
