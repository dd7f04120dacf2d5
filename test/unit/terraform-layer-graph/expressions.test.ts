import { evaluate, type Scope } from '../../../actions/terraform-layer/hcl/evaluate.js';
import { HclReader } from '../../../actions/terraform-layer/hcl/parse.js';
import { terraformParser } from '../../../actions/terraform-layer/hcl/parser-runtime.js';
import { Unknown, type Evaluated } from '../../../actions/terraform-layer/hcl/value.js';

const reader = new HclReader(await terraformParser());

const names: Readonly<Record<string, Evaluated>> = {
  'var.environment': 'dev',
  'var.names': ['a', 'b'],
  'var.tags': { team: 'red', 'cost-center': 7 },
  'local.count': 3,
  'path.module': '.',
  'terraform.workspace': 'default',
};

const scope: Scope = {
  lookup: (root, name) => names[`${root}.${name}`],
  moduleOutput: (name, _key, output) => (name === 'label' && output === 'id' ? 'x-dev' : undefined),
  readFile: (file) => (file === './config.yaml' ? 'bucket: states\n' : undefined),
};

function valueOf(text: string): Evaluated {
  const result = reader.expression(text, { file: 'x.tf', line: 1 });
  if (!result.ok) throw new Error(result.failure.message);
  return evaluate(result.value.expression, result.value.source, scope);
}

describe('expressions', () => {
  const cases: readonly (readonly [string, Evaluated])[] = [
    ['"plain"', 'plain'],
    ['"a\\tb\\"c\\u00e9 $${x} %%{y}"', 'a\tb"cé ${x} %{y}'],
    ['"${var.environment}/key"', 'dev/key'],
    ['"a ${ var.environment } b"', 'a dev b'],
    ['"a ${~ var.environment ~} b"', 'adevb'],
    ['"${local.count}"', 3],
    ['1e3', 1000],
    ['0.5', 0.5],
    ['-local.count + 2 * 3', 3],
    ['(1 + 2) * 3', 9],
    ['!(local.count > 2) || true', true],
    ['null', null],
    ['[1, "b", true,]', [1, 'b', true]],
    ['{ a = 1, "b" : 2, (var.environment) = 3 }', { a: 1, b: 2, dev: 3 }],
    ['var.tags.team', 'red'],
    ['var.tags["cost-center"]', 7],
    ['var.names[1]', 'b'],
    ['var.names.0', 'a'],
    ['[{ id = 1 }, { id = 2 }][*].id', [1, 2]],
    ['[{ id = 1 }, { id = 2 }].*.id[1]', 2],
    // Grouped to the right: to the left it would be "c".
    ['true ? "a" : false ? "b" : "c"', 'a'],
    ['false ? "a" : false ? "b" : true ? "c" : "d"', 'c'],
    ['(true ? false : true) ? "x" : "y"', 'y'],
    ['var.environment == "dev" ? "d" : "p"', 'd'],
    ['[for n in var.names : upper(n) if n != "a"]', ['B']],
    ['[for i, n in var.names : "${i}${n}"]', ['0a', '1b']],
    ['{ for k, v in var.tags : v => k }', { red: 'team', 7: 'cost-center' }],
    ['{ for n in ["x", "xy"] : substr(n, 0, 1) => n... }', { x: ['x', 'xy'] }],
    ['"%{ if local.count == 3 }yes%{ else }no%{ endif }"', 'yes'],
    ['"%{ for n in var.names ~}\n ${n} %{ endfor }"', 'a b '],
    ['<<-EOT\n    one ${var.environment}\n      two\n  EOT\n', 'one dev\n  two\n'],
    ['<<EOT\n  "quoted"\\n\nEOT\n', '  "quoted"\\n\n'],
    ['path.module', '.'],
    ['terraform.workspace', 'default'],
    ['module.label.id', 'x-dev'],
    ['yamldecode(file("${path.module}/config.yaml")).bucket', 'states'],
  ];
  it.each(cases)('%s', (text, expected) => {
    expect(valueOf(text)).toEqual(expected);
  });
});

describe('functions', () => {
  const cases: readonly (readonly [string, Evaluated])[] = [
    ['format("%s-%03d-%t%%", "a", 7, true)', 'a-007-true%'],
    ['lower("ABC")', 'abc'],
    ['title("hello world")', 'Hello World'],
    ['replace("a.b.c", ".", "-")', 'a-b-c'],
    ['replace("a1b22", "/[0-9]+/", "#")', 'a#b#'],
    ['join("-", ["a", "b"], ["c"])', 'a-b-c'],
    ['split("/", "a/b")', ['a', 'b']],
    ['trimspace("  a ")', 'a'],
    ['trim("xxaxx", "x")', 'a'],
    ['trimsuffix("a.tf", ".tf")', 'a'],
    ['basename("a/b/c.txt")', 'c.txt'],
    ['dirname("a/b/c.txt")', 'a/b'],
    ['dirname("a")', '.'],
    ['lookup({ a = 1 }, "b", 2)', 2],
    ['merge({ a = 1 }, { b = 2 }, { a = 3 })', { a: 3, b: 2 }],
    ['concat([1], [2, 3])', [1, 2, 3]],
    ['concat([[1], [2]]...)', [1, 2]],
    ['element(["a", "b"], 3)', 'b'],
    ['coalesce("", null, "x")', 'x'],
    ['try(var.tags.nothing, "fallback")', 'fallback'],
    ['can(var.tags.nothing)', false],
    ['tostring(3)', '3'],
    ['tonumber("3")', 3],
    ['toset(["b", "a", "b"])', ['a', 'b']],
    ['jsondecode("{\\"a\\": [1]}").a[0]', 1],
    ['jsonencode({ b = 1, a = { d = 1, c = 2 } })', '{"a":{"c":2,"d":1},"b":1}'],
    ['regex("^([a-z]+)-(\\\\d+)$", "ab-12")', ['ab', '12']],
    ['length({ a = 1 })', 1],
    ['keys({ b = 1, a = 2 })', ['a', 'b']],
    ['flatten([[1], [[2]]])', [1, 2]],
    ['range(1, 4)', [1, 2, 3]],
    ['substr("hello", -3, 2)', 'll'],
    ['fileexists("nothing")', false],
    ['contains(var.names, "a")', true],
    ['zipmap(["a"], [1])', { a: 1 }],
    ['startswith("abc", "ab")', true],
    ['setsubtract(["a", "b"], ["b"])', ['a']],
  ];
  it.each(cases)('%s', (text, expected) => {
    expect(valueOf(text)).toEqual(expected);
  });
});

describe('what is not known before Terraform runs', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['aws_s3_bucket.state.id', 'aws_s3_bucket.state.id is known only to Terraform'],
    ['"x-${data.aws_region.current.name}"', 'data.aws_region.current.name is known only to'],
    ['try(aws_vpc.this.id, "x")', 'aws_vpc.this.id is known only to Terraform'],
    ['var.nothing', 'there is no var.nothing here'],
    ['var.tags.nothing', 'there is no "nothing"'],
    ['var.tags.constructor', 'there is no "constructor"'],
    ['timestamp()', 'timestamp(): this function is evaluated by Terraform only'],
    ['file("nothing")', 'file(): there is no file "nothing"'],
    ['1 / 0', '"/" needs two numbers'],
    ['join("-", ["a", aws_vpc.this.id])', 'aws_vpc.this.id is known only'],
  ];
  it.each(cases)('%s', (text, reason) => {
    const value = valueOf(text);
    expect(value).toBeInstanceOf(Unknown);
    expect((value as Unknown).reason).toContain(reason);
  });

  it('leaves the rest of a map known', () => {
    expect(valueOf('merge({ a = aws_vpc.this.id }, { b = "known" }).b')).toBe('known');
    expect(valueOf('lookup({ a = timestamp(), b = 2 }, "b")')).toBe(2);
    expect(valueOf('false && aws_vpc.this.enabled')).toBe(false);
  });
});

describe('syntax', () => {
  it.each([
    ['a = 1 +\nb = 2\n', '= 1 '],
    ['a = [1, 2\n', ' [1,'],
    ['resource "x" "y" {\n  a = = 1\n}\n', '= 1\n'],
    ['b = 1\na = "x\n', '"x\n'],
    ['resource "x" "y" {\n  a = 1\n', '{\n  '],
  ])('%j is refused, near where it is wrong', (text, near) => {
    const failure = reader.check(text);
    expect(text.slice(failure?.offset, (failure?.offset ?? 0) + 4)).toBe(near);
  });

  it.each(['', '# nothing\n', 'a = 1e5\n', 'a = 1.5e-3\nb = "1e5"\n', '\uFEFFa = 1\n'])(
    '%j is taken',
    (text) => {
      expect(reader.check(text)).toBeUndefined();
    },
  );
});
