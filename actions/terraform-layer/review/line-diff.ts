/** One line of a difference between two texts; `…` stands for lines that are not shown. */
export interface TextLine {
  readonly sign: ' ' | '-' | '+' | '…';
  readonly text: string;
}

const contextLines = 2;
const shownLines = 60;
const lineCharacters = 300;
/** Of each text, what is looked at from the place where they begin to differ. */
const windowCharacters = 64 * 1024;
/** Cells of the table by which two pieces are aligned. */
const tableCells = 1_000_000;

/**
 * The lines by which two texts differ, with a little of what is around them. Bounded in time and
 * size whatever the texts are: past 64 KiB from the first difference it says that there is more.
 */
export function diffLines(before: string, after: string): readonly TextLine[] {
  const start = contextStart(before, sameLength(before, after));
  const [left, right] = [before, after].map((text) => text.slice(start, start + windowCharacters));
  const more = Math.max(before.length, after.length) > start + windowCharacters;
  const lines = align(linesOf(left ?? ''), linesOf(right ?? ''));
  const shown = withContext(lines);
  const cut = shown.slice(0, shownLines);
  const missing = shown.slice(shownLines).filter(({ sign }) => sign === '+' || sign === '-').length;
  return [
    ...(start > 0 ? [gap] : []),
    ...cut.map(({ sign, text }) => ({ sign, text: shortLine(text) })),
    ...(missing > 0 || more
      ? [{ sign: '…' as const, text: missing > 0 ? `${missing} more lines differ` : 'more' }]
      : []),
  ];
}

const gap: TextLine = { sign: '…', text: '' };

/** A copy that does not keep the long text alive, of which a slice is a view. */
export function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** How many characters two texts have in common at their beginning. */
export function sameLength(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  let same = 0;
  while (same < length && left.charCodeAt(same) === right.charCodeAt(same)) same += 1;
  return same;
}

function contextStart(text: string, same: number): number {
  let start = text.lastIndexOf('\n', same - 1) + 1;
  if (same === 0) start = 0;
  for (let count = 0; count < contextLines && start > 0; count += 1) {
    start = start < 2 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
  }
  return start;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function shortLine(text: string): string {
  return detached(text.length <= lineCharacters ? text : `${text.slice(0, lineCharacters)}…`);
}

/** The longest common subsequence, between what both begin and end with alike. */
function align(before: readonly string[], after: readonly string[]): readonly TextLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const left = before.slice(head, before.length - tail);
  const right = after.slice(head, after.length - tail);
  const same = (text: string): TextLine => ({ sign: ' ', text });
  return [
    ...before.slice(0, head).map(same),
    ...(left.length * right.length > tableCells
      ? [...left.map(removed), ...right.map(added)]
      : alignMiddle(left, right)),
    ...before.slice(before.length - tail).map(same),
  ];
}

function alignMiddle(left: readonly string[], right: readonly string[]): readonly TextLine[] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: TextLine[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    const [old, fresh] = [left[row], right[column]];
    if (old !== undefined && old === fresh) {
      lines.push({ sign: ' ', text: old });
      row += 1;
      column += 1;
    } else if (
      old !== undefined &&
      (fresh === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push(removed(old));
      row += 1;
    } else {
      lines.push(added(fresh ?? ''));
      column += 1;
    }
  }
  return lines;
}

function removed(text: string): TextLine {
  return { sign: '-', text };
}

function added(text: string): TextLine {
  return { sign: '+', text };
}

function withContext(lines: readonly TextLine[]): readonly TextLine[] {
  const near = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    for (let close = index - contextLines; close <= index + contextLines; close += 1) {
      near.add(close);
    }
  }
  const shown: TextLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (near.has(index)) shown.push(line);
    else if (shown.at(-1)?.sign !== '…') shown.push(gap);
  }
  return shown;
}
