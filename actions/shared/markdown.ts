import type { Html, PhrasingContent, Root, RootContent, TableRow } from 'mdast';
import { gfmToMarkdown } from 'mdast-util-gfm';
import { toMarkdown } from 'mdast-util-to-markdown';

/** A block of a comment or summary; built as a tree, so that the library escapes what is text. */
export type Block = RootContent;
/** A piece of a line. Names and values that others control belong in `code()`: there GitHub
 * neither pings `@name` nor links `#12`. */
export type Inline = PhrasingContent;

export const text = (value: string): Inline => ({ type: 'text', value });
/** A code span; an empty one would open a span that swallows what follows, and says `(empty)`. */
export const code = (value: string): Inline => ({
  type: 'inlineCode',
  value: visible(oneLine(value)) || '(empty)',
});
export const strong = (...children: readonly Inline[]): Inline => ({
  type: 'strong',
  children: [...children],
});
export const link = (url: string, ...children: readonly Inline[]): Inline => ({
  type: 'link',
  url,
  children: [...children],
});

export const heading = (
  depth: 1 | 2 | 3 | 4 | 5 | 6,
  ...children: readonly (Inline | string)[]
): Block => ({ type: 'heading', depth, children: inlines(children) });

export const paragraph = (...children: readonly (Inline | string)[]): Block => ({
  type: 'paragraph',
  children: inlines(children),
});

export const bullets = (items: readonly (readonly (Inline | string)[])[]): Block => ({
  type: 'list',
  ordered: false,
  spread: false,
  children: items.map((item) => ({
    type: 'listItem',
    spread: false,
    children: [{ type: 'paragraph', children: inlines(item) }],
  })),
});

/** A fenced block; the fence grows past any fence inside the text. */
export const codeBlock = (language: string, value: string): Block => ({
  type: 'code',
  lang: language,
  value: visibleLines(value),
});

/** Several things in one line, with commas between them. */
export function listed<T>(
  items: readonly T[],
  show: (item: T) => readonly Inline[],
): readonly Inline[] {
  return items.flatMap((item, index) => [...(index === 0 ? [] : [text(', ')]), ...show(item)]);
}

/** A table; a cell is a string (plain text), an inline, or several. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | Inline | readonly Inline[])[])[],
  align?: readonly ('left' | 'right' | 'center' | null)[],
): Block {
  const row = (cells: readonly (string | Inline | readonly Inline[])[]): TableRow => ({
    type: 'tableRow',
    children: cells.map((cell) => ({
      type: 'tableCell',
      children: inlines(isInlineList(cell) ? cell : [cell]),
    })),
  });
  return {
    type: 'table',
    ...(align === undefined ? {} : { align: [...align] }),
    children: [row(header), ...rows.map(row)],
  };
}

/** A fold. `title` is text; what it folds keeps its own escaping. */
export function details(title: string, blocks: readonly Block[], open = false): readonly Block[] {
  return [
    html(
      `<details${open ? ' open' : ''}><summary>${escapeHtml(visible(oneLine(title)))}</summary>`,
    ),
    ...blocks,
    html('</details>'),
  ];
}

/** A comment that only we read; `--` cannot stand inside one. */
export const hidden = (value: string): Block => html(`<!-- ${value.replaceAll('--', '- -')} -->`);

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // GitHub pings and links what it finds in the rendered text: an entity alone would not stop it.
  '@': '@&#8203;',
  '#': '#&#8203;',
};

/** Escapes text for HTML content and attributes, and keeps GitHub from pinging or linking in it. */
export function escapeHtml(value: string): string {
  return value.replaceAll(/[&<>"'@#]/g, (character) => htmlEscapes[character] ?? character);
}

/** Renders blocks as GitHub-flavoured markdown. */
export function renderMarkdown(blocks: readonly Block[]): string {
  const root: Root = { type: 'root', children: [...blocks] };
  return toMarkdown(root, {
    bullet: '-',
    rule: '-',
    extensions: [gfmToMarkdown({ tablePipeAlign: false })],
  });
}

/**
 * Makes control, invisible and direction-changing characters visible (Unicode's general categories
 * Cc and Cf, and the line and paragraph separators), so that a name cannot reorder or hide what a
 * reviewer reads.
 */
export function visible(value: string): string {
  return value.replace(hiddenCharacters, escapeCharacter);
}

/** As `visible`, but for line breaks and tabs, which stay. */
export function visibleLines(value: string): string {
  return value
    .replaceAll('\r\n', '\n')
    .replace(hiddenCharacters, (character) =>
      character === '\n' || character === '\t' ? character : escapeCharacter(character),
    );
}

/** Also characters that are drawn as nothing without being Cf, and halves of pairs. */
const hiddenCharacters =
  /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]|\u115f|\u1160|\u17b4|\u17b5|\u2800|\u3164|\uffa0/gu;

function escapeCharacter(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}

function html(value: string): Html {
  return { type: 'html', value };
}

function inlines(children: readonly (Inline | string)[]): Inline[] {
  return children.map((child) => (typeof child === 'string' ? text(child) : child));
}

function isInlineList(cell: string | Inline | readonly Inline[]): cell is readonly Inline[] {
  return Array.isArray(cell);
}

function oneLine(value: string): string {
  return value.replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
