import { evaluate } from '../../../actions/terraform-layer/hcl/evaluate.js';
import { HclReader } from '../../../actions/terraform-layer/hcl/parse.js';
import { terraformParser } from '../../../actions/terraform-layer/hcl/parser-runtime.js';
import type { Scope } from '../../../actions/terraform-layer/hcl/scope.js';
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

const texts: Readonly<Record<string, string>> = {
  './config.yaml': 'bucket: states\n',
  'key.tftpl': '"${environment}\\n" %{ for n in names ~}\n  ${n}\n%{ endfor ~}\n',
  'plain.tftpl': 'no line end: $${x}',
};

const scope: Scope = {
  lookup: (root, name) => names[`${root}.${name}`],
  moduleOutput: (name, _key, output) => (name === 'label' && output === 'id' ? 'x-dev' : undefined),
  files: {
    workingDirectory: '/checkout/live/app',
    read: (file) => texts[file],
    list: (directory) => (directory === 'policies' ? ['a.json', 'b/c.json', '.d.json'] : []),
    template: (file) => {
      const text = texts[file];
      const result = text === undefined ? undefined : reader.template(text, file);
      return result?.ok === true ? result.value : undefined;
    },
  },
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
    ['"%{ for n in var.names ~}  ${n} %{ endfor }"', 'a b '],
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

/** Each was seen with Terraform 1.11. */
describe('spaces in templates', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['"a ${~ "b" ~}  \\n  c"', 'abc'],
    ['"a\\n  ${~ "b" ~}\\n\\n c"', 'abc'],
    ['<<EOT\nx %{ for n in var.names ~}\n  ${n}\n%{ endfor ~}\nend\nEOT\n', 'x   a\n  b\nend\n'],
    [
      '<<EOT\none\n\n   %{~ if true }\n\n  yes  \n  %{~ endif ~}\n\n  two\nEOT\n',
      'one\n\n\n\n  yes  \n\n  two\n',
    ],
    ['<<-EOT\n    one ${~ "x" ~}   \n      two\n    EOT\n', 'onex      two\n'],
    [
      '<<-EOT\n    %{ for n in var.names ~}\n      ${n}\n    %{ endfor ~}\n    EOT\n',
      '      a\n      b\n',
    ],
  ];
  it.each(cases)('%j', (text, expected) => {
    expect(valueOf(text)).toBe(expected);
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
    ['regexall("[a-z]+", "ab-cd")', ['ab', 'cd']],
    ['regexall("(?P<k>[a-z])=(\\\\d)", "a=1,b=2")[1].k', 'b'],
    ['length(regexall("x", "abc")) > 0', false],
    ['regex("a(b)?(c)", "ac")', [null, 'c']],
    ['regex("a\\\\-b\\\\_c", "a-b_c")', 'a-b_c'],
    ['replace("ab", "/(a)(b)/", "$2-$1-$$-$${0}x")', 'b-a-$-abx'],
    ['replace("ab", "/(?P<n>a)/", "[$n]$1x")', '[a]b'],
    ['formatlist("%s-%d", ["a", "b"], [1, 2])', ['a-1', 'b-2']],
    ['formatlist("%s-%s", "x", ["a", "b"])', ['x-a', 'x-b']],
    [
      'setproduct(["a", "b"], [1, 2])',
      [
        ['a', 1],
        ['a', 2],
        ['b', 1],
        ['b', 2],
      ],
    ],
    ['md5("hello")', '5d41402abc4b2a76b9719d911017c592'],
    ['sha1("hello")', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ['substr(sha256("hello"), 0, 8)', '2cf24dba'],
    ['base64sha256("hello")', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
    ['abspath("../x")', '/checkout/live/x'],
    ['basename(abspath("."))', 'app'],
    ['fileset("policies", "*.json")', ['.d.json', 'a.json']],
    ['fileset("policies", "**")', ['.d.json', 'a.json', 'b/c.json']],
    ['templatefile("plain.tftpl", {})', 'no line end: ${x}'],
    [
      'templatefile("key.tftpl", { environment = "dev", names = ["a", "b"] })',
      '"dev\\n"   a\n  b\n',
    ],
    ['transpose({ a = ["x", "y"], b = ["x"] })', { x: ['a', 'b'], y: ['a'] }],
    ['chunklist(["a", "b", "c"], 2)', [['a', 'b'], ['c']]],
    ['matchkeys(["a", "b"], [1, 2], [2])', ['b']],
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
