import { code, paragraph, renderMarkdown, table, type Inline } from '../../shared/markdown.js';
import type { Command } from '../inputs.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { statusWords, urgency } from './status.js';
import { visible } from './value-text.js';

const header = [
  'Stack',
  'Environment',
  'Status',
  'Add',
  'Change',
  'Replace',
  'Destroy',
  'Outputs',
  'Waits for',
] as const;
const align = [null, null, null, 'right', 'right', 'right', 'right', null, null] as const;
const manyUnchanged = 30;

/**
 * One row a stack, in the order given. Where room or patience ends, stacks without changes are
 * counted instead of listed first, then the least urgent ones.
 */
export function stackTable(
  command: Command,
  outcomes: readonly StackOutcome[],
  labels: ReadonlyMap<string, string>,
  room: number,
): string | undefined {
  const byUrgency = [...outcomes].sort((left, right) => urgency(left) - urgency(right));
  const unchanged = outcomes.filter(({ end }) => end.status === 'unchanged').length;
  let count = unchanged > manyUnchanged ? outcomes.length - unchanged : outcomes.length;
  for (; count > 0; count = Math.floor(count * 0.8)) {
    const listed = new Set(byUrgency.slice(0, count));
    const markdown = render(
      command,
      outcomes.filter((outcome) => listed.has(outcome)),
      outcomes.filter((outcome) => !listed.has(outcome)),
      labels,
    );
    if (markdown.length <= room) return markdown;
  }
  const markdown = render(command, [], outcomes, labels);
  return markdown.length <= room ? markdown : undefined;
}

function render(
  command: Command,
  listed: readonly StackOutcome[],
  others: readonly StackOutcome[],
  labels: ReadonlyMap<string, string>,
): string {
  const rows = listed.map((outcome) => row(command, outcome, labels));
  return renderMarkdown([
    ...(rows.length === 0 ? [] : [table(header, rows, align)]),
    ...(others.length === 0 ? [] : [paragraph(othersLine(command, others))]),
  ]);
}

function othersLine(command: Command, others: readonly StackOutcome[]): string {
  const counts = new Map<string, number>();
  for (const outcome of others) {
    const words = statusWords(command, outcome);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const list = [...counts].map(([words, count]) => `${count} × ${words}`).join(', ');
  return `Not listed: ${list}.`;
}

function row(
  command: Command,
  outcome: StackOutcome,
  labels: ReadonlyMap<string, string>,
): readonly (string | Inline | readonly Inline[])[] {
  const { stack, changes, end } = outcome;
  const { add, change, replace, destroy } = changes.counts;
  const because =
    end.status === 'waiting'
      ? end.waitsFor
      : end.status === 'not-started' && end.why.kind === 'upstream-failed'
        ? end.why.stacks
        : [];
  return [
    code(stackLabel(outcome)),
    code(visible(stack.environment)),
    statusWords(command, outcome),
    ...[add, change, replace, destroy].map((count) => (count === 0 ? '' : String(count))),
    names(changes.outputs.map(({ name }) => name)),
    names(because.map((id) => labels.get(id) ?? id)),
  ];
}

/** The display id, without the environment that has a column of its own. */
function stackLabel({ stack }: StackOutcome): string {
  const suffix = `/${stack.environment}`;
  const { displayId } = stack;
  return visible(displayId.endsWith(suffix) ? displayId.slice(0, -suffix.length) : displayId);
}

/** Up to three names, and how many more there are. */
function names(all: readonly string[]): string | readonly Inline[] {
  if (all.length === 0) return '';
  // An empty code span would open one that swallows what follows.
  const shown = all.slice(0, 3).map((name) => code(shorten(visible(name)) || '(empty)'));
  const inlines = shown.flatMap((name, index): Inline[] =>
    index === 0 ? [name] : [{ type: 'text', value: ', ' }, name],
  );
  if (all.length > 3) inlines.push({ type: 'text', value: ` +${all.length - 3}` });
  return inlines;
}

function shorten(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 59)}…`;
}
