import type { Node, Parser } from 'web-tree-sitter';
import { expressionOf } from './convert.js';
import { splitBlocks } from './split.js';
import { locate } from './syntax.js';
import { unescapeQuoted } from './template-text.js';
import type { Attribute, Block, Body, Expression, Source } from './syntax.js';

/** What is wrong with a text, at its first place; the offset counts in that text. */
export interface SyntaxFailure {
  readonly message: string;
  readonly offset: number;
}

export type ParseResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: SyntaxFailure };

/** An expression, and the text in which its offsets count. */
export interface PlacedExpression {
  readonly expression: Expression;
  readonly source: Source;
}

/** What stands before a value to make it a text of its own. */
const assignment = 'x=';

/** No line of a file is this, so that it can end a heredoc that holds the file. */
const endMark = 'END_OF_TEMPLATE_FILE';

/** Keeps a `~}` at the end of a template from taking what follows it, and is cut off its value. */
export const templateEnd = new RegExp(`${endMark}\\.\\n$`);

/**
 * Reads texts of Terraform's language: bodies by cutting them into attributes and blocks, values by
 * the parser, when they are asked for. The same text is read once, however many files hold it.
 */
export class HclReader {
  readonly #parser: Parser;
  readonly #bodies = new Map<string, ParseResult<Body>>();
  readonly #expressions = new Map<string, ParseResult<Expression>>();

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  /** A file, or one block of it, as a body. */
  body(text: string): ParseResult<Body> {
    const known = this.#bodies.get(text);
    if (known !== undefined) return known;
    const result = readBody(text);
    this.#bodies.set(text, result);
    return result;
  }

  /** The value of an attribute; `source` is that of its body. */
  value(attribute: Attribute, source: Source): ParseResult<PlacedExpression> {
    const { valueStart, end } = attribute;
    const result = this.#read(source.text.slice(valueStart, end));
    if (!result.ok) return result;
    return {
      ok: true,
      value: { expression: result.value, source: new ValueSource(source, valueStart, end) },
    };
  }

  /** A single expression; offsets in the result count in the source that comes with it. */
  expression(text: string, place: Omit<Source, 'text'>): ParseResult<PlacedExpression> {
    const result = this.#read(text);
    if (!result.ok) return result;
    const source = { ...place, text: assignment + text };
    return { ok: true, value: { expression: result.value, source } };
  }

  /**
   * A whole text as a template, as `templatefile()` reads files: quotes and backslashes stand for
   * themselves. Its value ends with `templateEnd`, which is not part of it.
   */
  template(text: string, file: string): ParseResult<PlacedExpression> {
    return this.expression(`<<${endMark}\n${text}${endMark}.\n${endMark}\n`, { file, line: 0 });
  }

  #read(text: string): ParseResult<Expression> {
    const known = this.#expressions.get(text);
    if (known !== undefined) return known;
    const result = plainLiteral(text) ?? this.#parse(assignment + text, singleValue);
    this.#expressions.set(text, result);
    return result;
  }

  /** Whether the whole text is in the language; builds nothing. */
  check(text: string): SyntaxFailure | undefined {
    const result = this.#parse(text, () => undefined);
    return result.ok ? undefined : result.failure;
  }

  #parse<T>(text: string, convert: (root: Node, text: string) => T): ParseResult<T> {
    const result = this.#attempt(text, text, convert);
    if (result.ok) return result;
    // The grammar takes `1.0e5` and not `1e5`, which Terraform takes: digits keep the length.
    const plain = text.replace(/(?<![\w.])\d+[eE][+-]?\d+\b/g, (number) =>
      '1'.repeat(number.length),
    );
    if (plain === text) return result;
    const again = this.#attempt(plain, text, convert);
    return again.ok ? again : result;
  }

  #attempt<T>(
    text: string,
    original: string,
    convert: (root: Node, text: string) => T,
  ): ParseResult<T> {
    const tree = this.#parser.parse(text);
    if (tree === null) throw new Error('the parser was stopped');
    try {
      const { rootNode } = tree;
      if (!rootNode.hasError) return { ok: true, value: convert(rootNode, original) };
      return { ok: false, failure: firstFailure(rootNode, original) };
    } finally {
      tree.delete();
    }
  }
}

/** A value's text as `expression` reads it; its place is worked out only where somebody asks. */
class ValueSource implements Source {
  readonly file: string;
  readonly #body: Source;
  readonly #start: number;
  readonly #end: number;

  constructor(body: Source, start: number, end: number) {
    this.file = body.file;
    this.#body = body;
    this.#start = start;
    this.#end = end;
  }

  get text(): string {
    return assignment + this.#body.text.slice(this.#start, this.#end);
  }

  get line(): number {
    return locate(this.#body, this.#start).line ?? 1;
  }

  get column(): number {
    return (locate(this.#body, this.#start).column ?? 1) - assignment.length;
  }
}

function readBody(text: string, from?: number, to?: number): ParseResult<Body> {
  const { blocks: parts, error } = splitBlocks(text, from, to);
  if (error !== undefined) return { ok: false, failure: error };
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const { type, labels, start, end, innerStart } of parts) {
    if (labels === undefined) {
      attributes.set(type, { name: type, start, end, valueStart: innerStart });
      continue;
    }
    const body = readBody(text, innerStart, end - 1);
    if (!body.ok) return body;
    blocks.push({ type, labels, body: body.value, start, end });
  }
  return { ok: true, value: { attributes, blocks } };
}

/** Most values are strings without an interpolation: these need no parser. */
function plainLiteral(text: string): ParseResult<Expression> | undefined {
  const match = /^\s*("(?:[^"\\$%\n]|\\["\\nrt])*"|\d+|true|false)\s*$/.exec(text);
  const written = match?.[1];
  if (written === undefined) return undefined;
  const start = assignment.length + text.indexOf(written);
  const value = written.startsWith('"')
    ? unescapeQuoted(written.slice(1, -1))
    : written === 'true' || (written === 'false' ? false : Number(written));
  return { ok: true, value: { kind: 'literal', value, start, end: start + written.length } };
}

/** The value of the only attribute in a tree without errors. */
function singleValue(root: Node, text: string): Expression {
  const body = root.children.find(({ type }) => type === 'body');
  const parts = body?.children.filter(({ type }) => type !== 'comment') ?? [];
  const value = parts[0]?.children.find(({ type }) => type === 'expression');
  if (parts.length !== 1 || value === undefined) {
    return { kind: 'unsupported', what: 'this', start: 0, end: text.length };
  }
  return expressionOf(value, text);
}

function firstFailure(root: Node, text: string): SyntaxFailure {
  // What is never closed is named where it opens; the parser would name the end of the file.
  const { error } = splitBlocks(text);
  if (error !== undefined) return error;
  let node = root;
  for (;;) {
    const child = node.children.find((candidate) => candidate.hasError || candidate.isMissing);
    if (child === undefined) break;
    node = child;
    if (node.isError || node.isMissing) break;
  }
  const line = text.slice(node.startIndex).split('\n', 1)[0]?.trim() ?? '';
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return { message: `this is not valid: ${JSON.stringify(shown)}`, offset: node.startIndex };
}
