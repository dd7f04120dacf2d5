import type { Node } from 'web-tree-sitter';
import type { Expression, TemplatePart } from './syntax.js';
import { flushTokens, isMarker, templateTokens, type TemplateToken } from './template-tokens.js';

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
  const span = [node.startIndex + 1, node.endIndex - 1] as const;
  const tokens = templateTokens(node.children.filter(isMarker), text, span, {
    byLine: false,
    literal: unescapeQuoted,
  });
  return new PartReader(tokens, text, convert).parts();
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
  const tokens = templateTokens(node.children.filter(isMarker), text, [from, to], {
    byLine: true,
    literal: unescapeHeredoc,
  });
  const flushed = text.startsWith('<<-', node.startIndex) ? flushTokens(tokens) : tokens;
  return new PartReader(flushed, text, convert).parts();
}

/** Puts what stands between the tags of a directive into it. */
class PartReader {
  readonly #tokens: readonly TemplateToken[];
  readonly #text: string;
  readonly #convert: ConvertExpression;
  #next = 0;

  constructor(tokens: readonly TemplateToken[], text: string, convert: ConvertExpression) {
    this.#tokens = tokens;
    this.#text = text;
    this.#convert = convert;
  }

  /** Up to the `else` or end tag of the directive around, which is left to its reader. */
  parts(): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    let literal = '';
    const flush = (): void => {
      if (literal !== '') parts.push(literal);
      literal = '';
    };
    for (;;) {
      const token = this.#tokens[this.#next];
      if (token === undefined || token.kind === 'else' || token.kind === 'end') break;
      this.#next += 1;
      if (token.kind === 'text') {
        literal += token.text;
        continue;
      }
      flush();
      const part = this.#part(token.kind, token.node);
      if (part !== undefined) parts.push(part);
    }
    flush();
    return parts;
  }

  #part(kind: 'interpolation' | 'if' | 'for', node: Node): TemplatePart | undefined {
    const operand = node.children.find(({ type }) => type === 'expression');
    if (kind === 'interpolation') {
      return operand && { kind, value: this.#convert(operand, this.#text) };
    }
    const body = this.parts();
    const hasElse = this.#tokens[this.#next]?.kind === 'else';
    if (hasElse) this.#next += 1;
    const otherwise = hasElse ? this.parts() : [];
    this.#next += 1;
    if (operand === undefined) return undefined;
    const value = this.#convert(operand, this.#text);
    if (kind === 'if') return { kind, condition: value, then: body, otherwise };
    const names = node.children.filter(({ type }) => type === 'identifier');
    const key = names.length > 1 ? names[0] : undefined;
    return {
      kind,
      ...(key === undefined ? {} : { key: key.text }),
      value: names.at(-1)?.text ?? '',
      collection: value,
      body,
    };
  }
}
