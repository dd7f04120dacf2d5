import type { Node, Parser } from 'web-tree-sitter';
import { bodyOf } from './convert.js';
import { splitBlocks } from './split.js';
import type { Body, Expression } from './syntax.js';

/** What is wrong with a text, at its first place. */
export interface SyntaxFailure {
  readonly message: string;
  readonly offset: number;
}

export type ParseResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: SyntaxFailure };

/**
 * Parses texts of Terraform's language; the same text is parsed once, however many files hold it.
 * Results carry offsets into the text, not places in a file.
 */
export class HclReader {
  readonly #parser: Parser;
  readonly #bodies = new Map<string, ParseResult<Body>>();

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  /** A file, or one block of it, as a body. */
  body(text: string): ParseResult<Body> {
    const known = this.#bodies.get(text);
    if (known !== undefined) return known;
    const result = this.#parse(text, (root) => bodyOf(root, text));
    this.#bodies.set(text, result);
    return result;
  }

  /** A single expression, as in `-var`. */
  expression(text: string): ParseResult<Expression> {
    const prefix = 'x=';
    const whole = prefix + text;
    const body = this.#parse(whole, (root) => bodyOf(root, whole));
    if (!body.ok) return body;
    const attribute = body.value.attributes.get('x');
    if (attribute === undefined || body.value.attributes.size > 1) {
      return { ok: false, failure: { message: 'not an expression', offset: 0 } };
    }
    return { ok: true, value: attribute.value };
  }

  /** Whether the whole text is in the language; builds nothing. */
  check(text: string): SyntaxFailure | undefined {
    const result = this.#parse(text, () => undefined);
    return result.ok ? undefined : result.failure;
  }

  #parse<T>(text: string, convert: (root: Node) => T): ParseResult<T> {
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

  #attempt<T>(text: string, original: string, convert: (root: Node) => T): ParseResult<T> {
    const tree = this.#parser.parse(text);
    if (tree === null) throw new Error('the parser was stopped');
    try {
      const { rootNode } = tree;
      if (!rootNode.hasError) return { ok: true, value: convert(rootNode) };
      return { ok: false, failure: firstFailure(rootNode, original) };
    } finally {
      tree.delete();
    }
  }
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
