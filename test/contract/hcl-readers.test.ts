import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { globSync } from 'tinyglobby';
import { HclReader } from '../../actions/terraform-layer/hcl/parse.js';
import { terraformParser } from '../../actions/terraform-layer/hcl/parser-runtime.js';
import type { Body, Source } from '../../actions/terraform-layer/hcl/syntax.js';

/**
 * Our reader of Terraform's language against HashiCorp's own parser (as WebAssembly), over every
 * file of this repository: the same blocks, labels, attributes and literal values.
 */
const root = path.join(import.meta.dirname, '../..');
const files = globSync(['examples/**/*.tf', 'examples/**/*.tfvars', 'terraform/**/*.tf'], {
  cwd: root,
  ignore: ['**/.terraform/**'],
}).sort();

const reader = new HclReader(await terraformParser());

type Json = Readonly<Record<string, unknown>>;

/** Attributes with literal values where they have one, and blocks under their labels, as hcl2json. */
function shapeOf(body: Body, source: Source): Json {
  const shape: Record<string, unknown> = {};
  for (const attribute of body.attributes.values()) {
    const value = reader.value(attribute, source);
    if (!value.ok) throw new Error(`${source.file}: ${value.failure.message}`);
    const { expression } = value.value;
    shape[attribute.name] = expression.kind === 'literal' ? expression.value : '…';
  }
  for (const { type, labels, body: inner } of body.blocks) {
    let place = shape;
    for (const key of [type, ...labels].slice(0, -1)) {
      place = (place[key] ??= {}) as Record<string, unknown>;
    }
    const last = labels.at(-1) ?? type;
    ((place[last] ??= []) as unknown[]).push(shapeOf(inner, source));
  }
  return shape;
}

/** What hcl2json gives, with everything but plain literals hidden where we hid it. */
function hideLike(reference: unknown, ours: unknown): unknown {
  if (ours === '…') return '…';
  if (Array.isArray(reference) && Array.isArray(ours)) {
    return reference.map((item, index) => hideLike(item, ours[index]));
  }
  if (isObject(reference) && isObject(ours)) {
    return Object.fromEntries(
      Object.entries(reference).map(([key, value]) => [key, hideLike(value, ours[key])]),
    );
  }
  return reference;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('our HCL reader and the reference parser', () => {
  it('have files to compare', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(files)('agree on %s', async (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const result = reader.body(text);
    if (!result.ok) throw new Error(`${file}: ${result.failure.message}`);
    const ours = shapeOf(result.value, { file, text, line: 1 });
    const reference: unknown = await parse(file, text);
    expect(ours).toEqual(hideLike(reference, ours));
  });

  it.each(files)('agree that %s is in the language', (file) => {
    expect(reader.check(readFileSync(path.join(root, file), 'utf8'))).toBeUndefined();
  });

  it.each(['a = 1 +\n', 'resource "x" {\n', 'a = "\n', 'a = [1 2]\n', '}\n'])(
    'both refuse %j',
    async (text) => {
      expect(reader.check(text)).toBeDefined();
      await expect(parse('x.tf', text)).rejects.toThrow();
    },
  );
});
