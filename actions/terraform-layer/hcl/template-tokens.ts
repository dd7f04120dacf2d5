import type { Node } from 'web-tree-sitter';

/** One piece of a template: a line of text, or the braces of an interpolation or directive. */
export type TemplateToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'interpolation' | 'if' | 'else' | 'for' | 'end'; readonly node: Node };

interface TextReading {
  /** Whether each line is a token of its own. */
  readonly byLine: boolean;
  /** What a written text stands for. */
  readonly literal: (piece: string) => string;
}

/**
 * The tokens of a template in order, spaces at `~` taken away. Where each line is a token of its
 * own, `~` takes no more than what is left of its line; in a quoted template all text between two
 * tags is one. By HashiCorp's HCL, `parser_template.go`.
 */
export function templateTokens(
  markers: readonly Node[],
  text: string,
  [from, to]: readonly [number, number],
  { byLine, literal }: TextReading,
): readonly TemplateToken[] {
  const tokens: TemplateToken[] = [];
  let offset = from;
  let strip = false;
  const addText = (end: number, stripEnd: boolean): void => {
    const piece = literal(text.slice(offset, end));
    const lines = piece === '' ? [] : byLine ? piece.split(/(?<=\n)/) : [piece];
    const last = lines.length - 1;
    lines.forEach((line, index) => {
      const cut = strip && index === 0 ? line.trimStart() : line;
      tokens.push({ kind: 'text', text: stripEnd && index === last ? cut.trimEnd() : cut });
    });
  };
  for (const tag of markers.flatMap(tagsOf)) {
    addText(tag.node.startIndex, tag.node.children[1]?.type === 'strip_marker');
    tokens.push(tag);
    offset = tag.node.endIndex;
    const { children } = tag.node;
    strip = children.length > 3 && children.at(-2)?.type === 'strip_marker';
  }
  addText(to, false);
  return tokens;
}

/** Whether a node is an interpolation or a directive. */
export function isMarker(node: Node): boolean {
  return node.type === 'template_interpolation' || node.type === 'template_directive';
}

type Tag = Exclude<TemplateToken, { readonly kind: 'text' }>;

/** The tags of an interpolation, or of a directive and all that is in it. */
function tagsOf(marker: Node): readonly Tag[] {
  if (marker.type === 'template_interpolation') return [{ kind: 'interpolation', node: marker }];
  const [directive] = marker.children;
  if (directive === undefined) return [];
  const { children } = directive;
  return children.flatMap((node, index): readonly Tag[] => {
    if (isMarker(node)) return tagsOf(node);
    if (index === 0) return [{ kind: directive.type === 'template_if' ? 'if' : 'for', node }];
    if (index === children.length - 1) return [{ kind: 'end', node }];
    return node.type === 'template_else_intro' ? [{ kind: 'else', node }] : [];
  });
}

/** Takes off the spaces that all lines begin with (`<<-`), counted after `~` took its own. */
export function flushTokens(tokens: readonly TemplateToken[]): readonly TemplateToken[] {
  const first = new Set<TemplateToken>();
  let shared = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  for (const token of tokens) {
    const text = token.kind === 'text' ? token.text : '';
    if (atLineStart && !isBlankLine(text)) {
      shared = Math.min(shared, text.length - text.trimStart().length);
      first.add(token);
    }
    atLineStart = text.endsWith('\n');
  }
  return tokens.map((token) =>
    token.kind === 'text' && first.has(token)
      ? { kind: 'text', text: token.text.slice(shared) }
      : token,
  );
}

function isBlankLine(text: string): boolean {
  return text.endsWith('\n') && text.trim() === '';
}
