import type { Node } from 'web-tree-sitter';
import type { Expression, TemplatePart } from './syntax.js';

/** Converts an `expression` node; given by the caller, which needs templates itself. */
export type ConvertExpression = (node: Node, text: string) => Expression;

/** Text between quotes, with escapes read (HCL native syntax, "Quoted Template Expressions"). */
export function unescapeQuoted(text: string): string {
  if (!/[\\$%]/.test(text)) return text;
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|(\$\$|%%)\{/g,
    (
      whole,
      short: string | undefined,
      long: string | undefined,
      character: string | undefined,
      marker: string | undefined,
    ) => {
      if (marker !== undefined) return `${marker.charAt(0)}{`;
      const code = short ?? long;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      if (character === undefined) return whole;
      return { n: '\n', r: '\r', t: '\t' }[character] ?? character;
    },
  );
}

const unescapeHeredoc = (text: string): string => text.replace(/(\$|%)\1\{/g, '$1{');

/** Parts of a `quoted_template` node. */
export function quotedParts(
  node: Node,
  text: string,
  convert: ConvertExpression,
): readonly TemplatePart[] {
  return new TemplateReader(text, convert, unescapeQuoted).read(
    node.children.filter(isMarker),
    node.startIndex + 1,
    node.endIndex - 1,
  );
}

/** Parts of a `heredoc_template` node; `<<-` takes off the indentation that all lines share. */
export function heredocParts(
  node: Node,
  text: string,
  convert: ConvertExpression,
): readonly TemplatePart[] {
  const names = node.children.filter(({ type }) => type === 'heredoc_identifier');
  const from = text.indexOf('\n', names[0]?.endIndex ?? node.startIndex) + 1;
  const to = text.lastIndexOf('\n', names[1]?.startIndex ?? node.endIndex) + 1;
  const markers = node.children.filter(isMarker);
  if (!text.startsWith('<<-', node.startIndex)) {
    return new TemplateReader(text, convert, unescapeHeredoc).read(markers, from, to);
  }
  const lines = text
    .slice(from, to)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  const shared = new RegExp(`^[ \\t]{1,${Math.max(indent, 1)}}`, 'gm');
  const dedent = (piece: string, offset: number): string => {
    if (indent === 0 || lines.length === 0) return piece;
    const atLineStart = offset === 0 || text[offset - 1] === '\n';
    // A piece after an interpolation starts in the middle of a line, which keeps its spaces.
    const head = atLineStart ? '' : (/^[^\n]*\n?/.exec(piece)?.[0] ?? '');
    return head + piece.slice(head.length).replace(shared, '');
  };
  const literal = (piece: string, offset: number): string => unescapeHeredoc(dedent(piece, offset));
  return new TemplateReader(text, convert, literal).read(markers, from, to);
}

function isMarker(node: Node): boolean {
  return node.type === 'template_interpolation' || node.type === 'template_directive';
}

/**
 * Reads literal text as what lies between the markers: the parser's own literals lack the spaces
 * around them.
 */
class TemplateReader {
  readonly #text: string;
  readonly #convert: ConvertExpression;
  readonly #literal: (piece: string, offset: number) => string;
  #stripNext = false;

  constructor(
    text: string,
    convert: ConvertExpression,
    literal: (piece: string, offset: number) => string,
  ) {
    this.#text = text;
    this.#convert = convert;
    this.#literal = literal;
  }

  read(markers: readonly Node[], from: number, to: number): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    let offset = from;
    for (const marker of markers) {
      this.#push(parts, offset, marker.startIndex, stripsLeft(firstTag(marker)));
      parts.push(...this.#marker(marker));
      offset = marker.endIndex;
    }
    this.#push(parts, offset, to, false);
    return parts;
  }

  #push(parts: TemplatePart[], from: number, to: number, stripEnd: boolean): void {
    let piece = this.#literal(this.#text.slice(from, to), from);
    if (this.#stripNext) piece = piece.trimStart();
    if (stripEnd) piece = piece.trimEnd();
    this.#stripNext = false;
    if (piece !== '') parts.push(piece);
  }

  #marker(marker: Node): readonly TemplatePart[] {
    if (marker.type === 'template_interpolation') {
      const value = marker.children.find(({ type }) => type === 'expression');
      this.#stripNext = stripsRight(marker);
      return value === undefined
        ? []
        : [{ kind: 'interpolation', value: this.#convert(value, this.#text) }];
    }
    const [directive] = marker.children;
    if (directive === undefined) return [];
    return directive.type === 'template_if' ? [this.#if(directive)] : this.#for(directive);
  }

  #if(node: Node): TemplatePart {
    const { children } = node;
    const intro = children[0] ?? node;
    const end = children.at(-1) ?? node;
    const middle = children.find(({ type }) => type === 'template_else_intro');
    const condition = intro.children.find(({ type }) => type === 'expression') ?? intro;
    this.#stripNext = stripsRight(intro);
    const then = this.#between(children, intro, middle ?? end);
    let otherwise: readonly TemplatePart[] = [];
    if (middle !== undefined) {
      this.#stripNext = stripsRight(middle);
      otherwise = this.#between(children, middle, end);
    }
    this.#stripNext = stripsRight(end);
    return { kind: 'if', condition: this.#convert(condition, this.#text), then, otherwise };
  }

  #for(node: Node): readonly TemplatePart[] {
    const { children } = node;
    const intro = children[0] ?? node;
    const end = children.at(-1) ?? node;
    const names = intro.children.filter(({ type }) => type === 'identifier');
    const collection = intro.children.find(({ type }) => type === 'expression');
    const value = names.at(-1);
    if (collection === undefined || value === undefined) return [];
    this.#stripNext = stripsRight(intro);
    const body = this.#between(children, intro, end);
    this.#stripNext = stripsRight(end);
    const key = names.length > 1 ? names[0] : undefined;
    return [
      {
        kind: 'for',
        ...(key === undefined ? {} : { key: key.text }),
        value: value.text,
        collection: this.#convert(collection, this.#text),
        body,
      },
    ];
  }

  #between(children: readonly Node[], left: Node, right: Node): readonly TemplatePart[] {
    const inside = children.filter(
      (child) =>
        isMarker(child) && child.startIndex >= left.endIndex && child.endIndex <= right.startIndex,
    );
    const parts = [...this.read(inside, left.endIndex, right.startIndex)];
    const last = parts.at(-1);
    if (stripsLeft(right) && typeof last === 'string') parts[parts.length - 1] = last.trimEnd();
    return parts;
  }
}

/** The node that holds the opening braces of an interpolation or directive. */
function firstTag(marker: Node): Node {
  if (marker.type === 'template_interpolation') return marker;
  return marker.children[0]?.children[0] ?? marker;
}

function stripsLeft(tag: Node): boolean {
  return tag.children[1]?.type === 'strip_marker';
}

function stripsRight(tag: Node): boolean {
  const { children } = tag;
  return children.length > 3 && children.at(-2)?.type === 'strip_marker';
}
