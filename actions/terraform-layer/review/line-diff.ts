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
/** Lines of each piece that are aligned with one another: the square of it is what that costs. */
const alignedLines = 2000;

/**
 * The lines by which two texts differ, with a little of what is around them. Bounded in time and
 * size whatever the texts are: past 64 KiB from the first difference it says that there is more.
 */
export function diffLines(before: string, after: string): readonly TextLine[] {
  const same = sameLength(before, after);
  const start = contextStart(before, same);
  const end = contextEnd(before, sameTail(before, after, same));
  const afterEnd = after.length - (before.length - end);
  const left = before.slice(start, Math.min(end, start + windowCharacters));
  const right = after.slice(start, Math.min(afterEnd, start + windowCharacters));
  const [lines, whole] = align(linesOf(left), linesOf(right));
  const more = !whole || Math.max(end, afterEnd) > start + windowCharacters;
  const shown = withContext(lines);
  const cut = shown.slice(0, shownLines);
  const missing = shown.slice(shownLines).filter(({ sign }) => sign === '+' || sign === '-').length;
  const rest: readonly TextLine[] =
    missing > 0 || more
      ? [{ sign: '…', text: more ? 'more lines differ' : `${missing} more lines differ` }]
      : end < before.length && cut.at(-1)?.sign !== '…'
        ? [gap]
        : [];
  return [
    ...(start > 0 ? [gap] : []),
    ...cut.map(({ sign, text }) => ({ sign, text: shortLine(text) })),
    ...rest,
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

/** How many characters two texts have in common at their end, apart from those at the beginning. */
function sameTail(left: string, right: string, head: number): number {
  const length = Math.min(left.length, right.length) - head;
  let same = 0;
  while (
    same < length &&
    left.charCodeAt(left.length - 1 - same) === right.charCodeAt(right.length - 1 - same)
  ) {
    same += 1;
  }
  return same;
}

/** Where the lines after the last difference end that are shown with it. */
function contextEnd(text: string, tail: number): number {
  let end = text.length - tail;
  for (let count = 0; count <= contextLines; count += 1) {
    const found = text.indexOf('\n', end);
    if (found === -1) return text.length;
    end = found + 1;
  }
  return end;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function shortLine(text: string): string {
  return detached(text.length <= lineCharacters ? text : `${text.slice(0, lineCharacters)}…`);
}

/**
 * The longest common subsequence, between what both begin and end with alike; and whether that is
 * all of them.
 */
function align(
  before: readonly string[],
  after: readonly string[],
): readonly [lines: readonly TextLine[], whole: boolean] {
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
  const unchanged = (text: string): TextLine => ({ sign: ' ', text });
  const whole = Math.max(left.length, right.length) <= alignedLines;
  const lines = [
    ...before.slice(0, head).map(unchanged),
    ...alignMiddle(left.slice(0, alignedLines), right.slice(0, alignedLines)),
    ...(whole ? before.slice(before.length - tail).map(unchanged) : []),
  ];
  return [lines, whole];
}

function alignMiddle(left: readonly string[], right: readonly string[]): readonly TextLine[] {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
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
