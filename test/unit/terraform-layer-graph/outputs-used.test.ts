import { load, s3Backend, s3RemoteState, type Tree } from '../../support/stacks.js';

const each =
  'data "terraform_remote_state" "svc" {\n  for_each = toset(["a", "b"])\n' +
  '  backend = "s3"\n  config = { bucket = "states", key = "dev/${each.key}" }\n}\n';

const tree = (reader: string, more: Tree = {}): Tree => ({
  'infra.yml': 'stacks: [{ path: "{stack}/{environment}" }]\n',
  'net/dev/main.tf': s3Backend('dev/net'),
  'a/dev/main.tf': s3Backend('dev/a'),
  'b/dev/main.tf': s3Backend('dev/b'),
  'reader/dev/main.tf': s3Backend('dev/reader') + reader,
  ...more,
});

/** Outputs by upstream; `all` where the edge leaves them open. */
async function outputsOf(reader: string, more: Tree = {}) {
  const { edges } = await load(tree(reader, more));
  return Object.fromEntries(
    edges.map(({ to, origins }) => [
      to.replace(/\/.*/, ''),
      origins.map((origin) => ('outputs' in origin ? origin.outputs : 'all')),
    ]),
  );
}

describe('outputs that a stack uses are told', () => {
  const local = (value: string): string => `locals { v = ${value} }\n`;
  const use = 'data.terraform_remote_state.svc';
  const cases: readonly (readonly [string, string])[] = [
    ['of one instance', local(`${use}["a"].outputs.url`)],
    ['of an instance whose key is an index', local(`${use}[local.keys["a"]].outputs.url`)],
    ['of an instance whose key has brackets in it', local(`${use}["x]\\"["].outputs.url`)],
    ['by a splat', local(`${use}[*].outputs.url`)],
    ['by an old index', local(`${use}.0.outputs.url`)],
    ['in brackets', local(`${use}["a"].outputs["url"]`)],
    ['in a template', local(`"https://\${${use}["a"].outputs.url}/"`)],
    [
      'beside an order that uses nothing',
      local(`${use}["a"].outputs.url`) +
        `module "m" {\n  source = "../../m"\n  depends_on = [${use}]\n}\n`,
    ],
  ];
  it.each(cases)('%s', async (_, text) => {
    expect(await outputsOf(each + text, { 'm/main.tf': 'locals {}\n' })).toEqual({
      a: [['url']],
      b: [['url']],
    });
  });
});

describe('all outputs may be used', () => {
  const use = 'data.terraform_remote_state.svc';
  const cases: readonly (readonly [string, string])[] = [
    ['by a for over the instances', `locals { v = { for k, s in ${use} : k => s.outputs.url } }\n`],
    ['by values() of them', `locals { v = values(${use})[*].outputs.url }\n`],
    ['by all at once', `locals { v = ${use}["a"].outputs }\n`],
    ['by a name that is worked out', `locals { v = ${use}["a"].outputs["\${var.x}"] }\n`],
    ['by a name that is looked up', `locals { v = ${use}["a"].outputs[var.x] }\n`],
    ['by a module that is given them', `module "m" {\n  source = "../../m"\n  in = ${use}\n}\n`],
    ['by whoever reads an output that holds them', `output "svc" { value = ${use} }\n`],
    ['beside one that is named', `locals {\n  a = ${use}["a"].outputs.url\n  b = ${use}\n}\n`],
  ];
  it.each(cases)('%s', async (_, text) => {
    const more = { 'm/main.tf': 'variable "in" {}\n' };
    expect(await outputsOf(each + 'variable "x" { default = "u" }\n' + text, more)).toEqual({
      a: ['all'],
      b: ['all'],
    });
  });

  it('through a module that hands on the whole state', async () => {
    const more = {
      'network/main.tf':
        s3RemoteState('net', 'dev/net') +
        'output "net" { value = data.terraform_remote_state.net }\n',
    };
    expect(await outputsOf('module "net" { source = "../../network" }\n', more)).toEqual({
      net: ['all'],
    });
  });
});

it('no output is used by a state that nobody mentions', async () => {
  expect(await outputsOf(s3RemoteState('net', 'dev/net'))).toEqual({ net: [[]] });
});
