/** A top-level block or attribute of a file, found without parsing what is in it. */
export interface TopLevel {
  /** Block type, or the attribute's name. */
  readonly type: string;
  /** Absent for an attribute. */
  readonly labels?: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Where an attribute's value, or what is between a block's braces, begins. */
  readonly innerStart: number;
}

export interface SplitError {
  readonly message: string;
  readonly offset: number;
}

/**
 * Cuts a text, or the part of it from `from` to `to`, into its blocks and attributes by following
 * quotes, heredocs, comments and brackets alone, many times faster than a parse: only the values
 * that matter are then parsed. Stops at the first thing that is neither block nor attribute.
 */
export function splitBlocks(
  text: string,
  from = text.startsWith('\uFEFF') ? 1 : 0,
  to = text.length,
): {
  readonly blocks: readonly TopLevel[];
  readonly error?: SplitError;
} {
  const blocks: TopLevel[] = [];
  let offset = from;
  try {
    for (;;) {
      offset = skipSpace(text, offset);
      if (offset >= to) return { blocks };
      const block = readBlock(text, offset);
      blocks.push(block);
      offset = block.end;
    }
  } catch (error) {
    if (!(error instanceof SplitFailure)) throw error;
    return { blocks, error: { message: error.message, offset: error.offset } };
  }
}

class SplitFailure extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const space = /(?:\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const identifier = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const label = /"((?:[^"\\\n]|\\.)*)"/y;
const inBlock = /["{}#]|\/\/|\/\*|<<-?[\p{ID_Start}_][\p{ID_Continue}-]*[ \t]*\r?\n/gu;
const inString = /\\[^\n]|["\n]|\$\$\{|%%\{|[$%]\{/g;

function matchAt(expression: RegExp, text: string, offset: number): RegExpExecArray | null {
  expression.lastIndex = offset;
  return expression.exec(text);
}

function skipSpace(text: string, offset: number): number {
  return offset + (matchAt(space, text, offset)?.[0].length ?? 0);
}

function readBlock(text: string, start: number): TopLevel {
  const type = matchAt(identifier, text, start)?.[0];
  if (type === undefined) {
    throw new SplitFailure('expected a block or an attribute', start);
  }
  let offset = skipInline(text, start + type.length);
  if (text[offset] === '=') {
    const innerStart = offset + 1;
    return { type, start, end: skipExpression(text, innerStart), innerStart };
  }
  const labels: string[] = [];
  while (text[offset] !== '{') {
    const quoted = matchAt(label, text, offset);
    const found = quoted ?? matchAt(identifier, text, offset);
    if (found === null) {
      throw new SplitFailure(`expected "{" or a label after "${type}"`, offset);
    }
    labels.push(quoted === null ? found[0] : (quoted[1] ?? ''));
    offset = skipInline(text, offset + found[0].length);
  }
  return { type, labels, start, end: skipBraces(text, offset), innerStart: offset + 1 };
}

function skipInline(text: string, offset: number): number {
  let next = offset;
  while (text[next] === ' ' || text[next] === '\t') next += 1;
  return next;
}

/** From an opening brace to behind the closing one. */
function skipBraces(text: string, open: number): number {
  let depth = 0;
  let offset = open;
  for (;;) {
    const found = matchAt(inBlock, text, offset);
    if (found === null) throw new SplitFailure('this "{" is never closed', open);
    offset = found.index + found[0].length;
    switch (found[0]) {
      case '{':
        depth += 1;
        break;
      case '}':
        depth -= 1;
        if (depth === 0) return offset;
        break;
      default:
        offset = skipToken(text, found.index, found[0]);
    }
  }
}

/** Behind a string, comment or heredoc that starts at `offset` with `token`. */
function skipToken(text: string, offset: number, token: string): number {
  if (token === '"') return skipString(text, offset);
  if (token === '#' || token === '//') {
    const end = text.indexOf('\n', offset);
    return end < 0 ? text.length : end;
  }
  if (token === '/*') {
    const end = text.indexOf('*/', offset + 2);
    if (end < 0) throw new SplitFailure('this comment is never closed', offset);
    return end + 2;
  }
  const name = token.replace(/^<<-?/, '').trim();
  const closing = new RegExp(`^[ \\t]*${name}[ \\t]*\\r?$`, 'gmu');
  const end = matchAt(closing, text, offset + token.length);
  if (end === null) throw new SplitFailure(`the heredoc "${name}" is never closed`, offset);
  return end.index + end[0].length;
}

function skipString(text: string, open: number): number {
  let offset = open + 1;
  for (;;) {
    const found = matchAt(inString, text, offset);
    if (found === null || found[0] === '\n') {
      throw new SplitFailure('this string is never closed', open);
    }
    offset = found.index + found[0].length;
    if (found[0] === '"') return offset;
    if (found[0] === '${' || found[0] === '%{') offset = skipBraces(text, offset - 1);
  }
}

const inExpression = /["{}#\n()[\]]|\/\/|\/\*|<<-?[\p{ID_Start}_][\p{ID_Continue}-]*[ \t]*\r?\n/gu;

/** An attribute's value ends with its line, unless a bracket is open. */
function skipExpression(text: string, start: number): number {
  let depth = 0;
  let offset = start;
  for (;;) {
    const found = matchAt(inExpression, text, offset);
    if (found === null) {
      if (depth > 0) throw new SplitFailure('a bracket of this value is never closed', start);
      return text.length;
    }
    const [token] = found;
    offset = found.index + token.length;
    if ('{(['.includes(token)) depth += 1;
    else if ('})]'.includes(token)) {
      // The brace of a block on one line: `name { value = 1 }`.
      if (depth === 0) return found.index;
      depth -= 1;
    } else if (token === '\n') {
      if (depth === 0) return found.index;
    } else offset = skipToken(text, found.index, token);
  }
}
