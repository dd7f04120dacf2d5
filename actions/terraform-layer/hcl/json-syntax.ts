import { isMap as isYamlMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ParseResult } from './parse.js';

/** Labels of each block type that has any; of `data`, `resource` and `ephemeral` type and name. */
const labelCounts: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  ephemeral: 2,
  variable: 1,
  output: 1,
  module: 1,
  provider: 1,
  check: 1,
  backend: 1,
  provider_meta: 1,
};

/** What is a block, and no attribute, inside of a block that the graph looks into. */
const innerBlocks: Readonly<Record<string, readonly string[]>> = {
  terraform: ['backend', 'cloud', 'provider_meta'],
};

/**
 * Writes a `.tf.json` text in Terraform's native syntax, each value on its own line of the original,
 * so that places in messages hold. Only what the graph needs is exact: references that JSON writes
 * as plain strings (`depends_on`, `providers`) stay strings. Format: Terraform's "JSON Configuration
 * Syntax" page.
 */
export function nativeTextOf(json: string): ParseResult<string> {
  const lines = new LineCounter();
  const document = parseDocument(json, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const [error] = document.errors;
  if (error !== undefined || !isYamlMap(document.contents)) {
    const message = error === undefined ? 'this is not a JSON object' : error.message;
    return { ok: false, failure: { message, offset: error?.pos[0] ?? 0 } };
  }
  const writer = new NativeWriter((offset) => lines.linePos(offset).line);
  for (const [name, value] of entriesOf(document.contents)) {
    writer.blocks(name, labelCounts[name] ?? 0, value);
  }
  return { ok: true, value: writer.text };
}

function entriesOf(node: unknown): readonly (readonly [string, unknown])[] {
  if (!isYamlMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : undefined;
    return name === undefined || name === '//' ? [] : [[name, value] as const];
  });
}

const identifier = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u;

class NativeWriter {
  text = '';
  #line = 1;
  readonly #lineOf: (offset: number) => number;

  constructor(lineOf: (offset: number) => number) {
    this.#lineOf = lineOf;
  }

  /** Each label is one level of objects; a list at any level repeats what is below it. */
  blocks(type: string, labelsLeft: number, node: unknown, labels: readonly string[] = []): void {
    if (!identifier.test(type)) return;
    if (isSeq(node)) {
      for (const item of node.items) this.blocks(type, labelsLeft, item, labels);
    } else if (labelsLeft > 0) {
      for (const [name, value] of entriesOf(node)) {
        this.blocks(type, labelsLeft - 1, value, [...labels, name]);
      }
    } else {
      this.#catchUp(node);
      this.#write([type, ...labels.map((label) => JSON.stringify(label)), '{'].join(' '));
      this.#body(type, node);
      this.#write('}\n');
    }
  }

  #body(type: string, node: unknown): void {
    this.#write('\n');
    for (const [name, value] of entriesOf(node)) {
      if (innerBlocks[type]?.includes(name) === true) {
        this.blocks(name, labelCounts[name] ?? 0, value);
      } else if (identifier.test(name)) {
        this.#catchUp(value);
        this.#write(`${name} = `);
        // The one place where a string is an expression as it stands.
        if (type === 'variable' && name === 'type' && isScalar(value)) {
          this.#write(String(value.value));
        } else this.#value(value);
        this.#write('\n');
      }
    }
  }

  #value(node: unknown): void {
    if (isYamlMap(node)) {
      this.#write('{');
      for (const [name, value] of entriesOf(node)) {
        this.#catchUp(value);
        this.#write(`${quoted(name)} = `);
        this.#value(value);
        this.#write(', ');
      }
      this.#write('}');
    } else if (isSeq(node)) {
      this.#write('[');
      for (const item of node.items) {
        this.#catchUp(item);
        this.#value(item);
        this.#write(', ');
      }
      this.#write(']');
    } else {
      const value = isScalar(node) ? node.value : null;
      this.#write(typeof value === 'string' ? quoted(value) : String(value));
    }
  }

  /** New lines up to the one on which the node begins. */
  #catchUp(node: unknown): void {
    const range = isScalar(node) || isYamlMap(node) || isSeq(node) ? node.range : undefined;
    const target = range == null ? 0 : this.#lineOf(range[0]);
    if (target > this.#line) this.#write('\n'.repeat(target - this.#line));
  }

  #write(text: string): void {
    this.text += text;
    this.#line += text.split('\n').length - 1;
  }
}

/** A JSON string is a template of the same text; two of JSON's escapes are unknown to the language. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\(.)/g, (escape, letter: string) =>
    letter === 'b' ? '\\u0008' : letter === 'f' ? '\\u000c' : escape,
  );
}
