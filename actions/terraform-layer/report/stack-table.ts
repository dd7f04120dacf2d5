import {
  code,
  paragraph,
  renderMarkdown,
  table,
  text,
  type Inline,
} from '../../shared/markdown.js';
import type { Command } from '../inputs.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { statusWords, urgency } from './status.js';
import { nameList, shortCode } from './name-list.js';
import { verdictWords } from './review-words.js';
import type { UpstreamOutputs } from './upstream-outputs.js';

const header = [
  'Stack',
  'Environment',
  'Status',
  'Add',
  'Change',
  'Replace',
  'Destroy',
  'Outputs that change',
  'Waits for',
] as const;
const align = [null, null, null, 'right', 'right', 'right', 'right', null, null] as const;
const manyUnchanged = 30;
const shortestRow = 40;

/** Characters that a cell of names may take. */
const nameCharacters = 60;

export interface TableContext {
  readonly command: Command;
  /** By stack id. */
  readonly upstreams: ReadonlyMap<string, readonly UpstreamOutputs[]>;
  /** Display ids by stack id. */
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * One row a stack, in the order given. Where room or patience ends, stacks without changes are
 * counted instead of listed first, then the least urgent ones.
 */
export function stackTable(
  context: TableContext,
  outcomes: readonly StackOutcome[],
  room: number,
): string | undefined {
  const byUrgency = [...outcomes].sort((left, right) => urgency(left) - urgency(right));
  // A row is never shorter: more of them need not be tried.
  const most = Math.floor(room / shortestRow);
  const unchanged = outcomes.filter(({ end }) => end.status === 'unchanged').length;
  const wanted = unchanged > manyUnchanged ? outcomes.length - unchanged : outcomes.length;
  for (let count = Math.min(wanted, most); count > 0; count = Math.floor(count * 0.8)) {
    const listed = new Set(byUrgency.slice(0, count));
    const markdown = render(
      context,
      outcomes.filter((outcome) => listed.has(outcome)),
      outcomes.filter((outcome) => !listed.has(outcome)),
    );
    if (markdown.length <= room) return markdown;
  }
  const markdown = render(context, [], outcomes);
  return markdown.length <= room ? markdown : undefined;
}

function render(
  context: TableContext,
  listed: readonly StackOutcome[],
  others: readonly StackOutcome[],
): string {
  const rows = listed.map((outcome) => row(context, outcome));
  return renderMarkdown([
    ...(rows.length === 0 ? [] : [table(header, rows, align)]),
    ...(others.length === 0 ? [] : [paragraph(othersLine(context.command, others))]),
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
  context: TableContext,
  outcome: StackOutcome,
): readonly (string | Inline | readonly Inline[])[] {
  const { stack, changes } = outcome;
  const { add, change, replace, destroy } = changes.counts;
  return [
    code(stackLabel(outcome)),
    code(stack.environment),
    statusCell(context.command, outcome),
    ...[add, change, replace, destroy].map((count) => (count === 0 ? '' : String(count))),
    names(changes.outputs.map(({ name }) => name)),
    waitsCell(context, outcome),
  ];
}

/** The status, and what the review or a guard has to do with it. */
function statusCell(command: Command, outcome: StackOutcome): readonly Inline[] {
  const { end, review } = outcome;
  const words = text(statusWords(command, outcome));
  if (end.status === 'stopped') {
    const why = end.reasons.map((reason) =>
      reason.kind === 'review'
        ? (review?.verdict ?? 'different') === 'unreviewed'
          ? 'not reviewed'
          : 'not as reviewed'
        : reason.kind,
    );
    return [words, text(why.length === 0 ? '' : `: ${[...new Set(why)].join(', ')}`)];
  }
  if (end.status === 'changes' && outcome.guards !== undefined) {
    return [words, text(', a guard will stop it')];
  }
  if (end.status !== 'applied' || review === undefined) return [words];
  return [words, text(', '), ...verdictWords(review)];
}

/** Stacks that it waits for, or outputs of theirs. */
function waitsCell(
  { labels, upstreams }: TableContext,
  { stack, end }: StackOutcome,
): string | readonly Inline[] {
  if (end.status === 'waiting') return names(end.waitsFor.map((id) => labels.get(id) ?? id));
  if (end.status === 'not-started' && end.why.kind === 'upstream-failed') {
    return names(end.why.stacks.map((id) => labels.get(id) ?? id));
  }
  const unknown = (upstreams.get(stack.id) ?? []).filter(
    (upstream) => upstream.unknown.length > 0 && end.status !== 'applied',
  );
  const shown = unknown
    .slice(0, 2)
    .flatMap((upstream, index): readonly Inline[] => [
      ...(index === 0 ? [] : [text('; ')]),
      ...names(upstream.unknown),
      text(' of '),
      shortCode(labels.get(upstream.stack) ?? upstream.stack, nameCharacters),
    ]);
  return unknown.length > 2 ? [...shown, text(` +${unknown.length - 2}`)] : shown;
}

/** The display id, without the environment that has a column of its own. */
function stackLabel({ stack }: StackOutcome): string {
  const suffix = `/${stack.environment}`;
  const { displayId } = stack;
  return displayId.endsWith(suffix) ? displayId.slice(0, -suffix.length) : displayId;
}

function names(all: readonly string[]): readonly Inline[] {
  return nameList(all, 3, nameCharacters);
}
