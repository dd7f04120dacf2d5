import {
  codeBlock,
  details,
  paragraph,
  renderMarkdown,
  type Block,
} from '../../shared/markdown.js';
import type { Command } from '../inputs.js';
import { shortCounts } from '../review/changes.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { diffText } from './stack-diff.js';
import { stackNotes } from './stack-notes.js';
import { isDestructive, statusWords } from './status.js';
import type { UpstreamOutputs } from './upstream-outputs.js';

/** What a fold needs besides the stack's own outcome. */
export interface FoldContext {
  readonly command: Command;
  /** By stack id. */
  readonly upstreams: ReadonlyMap<string, readonly UpstreamOutputs[]>;
  /** Display ids by stack id. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Whether there is more to say about a stack than its row in the table. */
export function hasDetails(outcome: StackOutcome, { upstreams }: FoldContext): boolean {
  const { stack, end, orphans = [] } = outcome;
  // The table says what it waits for; that a state is missing is no error of the stack's.
  if (end.status === 'waiting') return orphans.length > 0;
  if (end.status === 'not-started') return orphans.length > 0;
  return (
    showsChanges(outcome) ||
    stackNotes(outcome, upstreams.get(stack.id) ?? [], new Map()).length > 0
  );
}

function showsChanges({ changes }: Pick<StackOutcome, 'changes'>): boolean {
  const { resources, outputs, invocations = [] } = changes;
  return resources.length + outputs.length + invocations.length > 0;
}

/** The room that a cut note, the fence and the end of the fold take. */
const frame = 120;
/** Below that a diff says nothing. */
const smallestDiff = 200;

/** The fold of one stack: what needs a person, then what changes, within `room`. */
export function stackFold(
  context: FoldContext,
  outcome: StackOutcome,
  room: number,
): string | undefined {
  const { stack, changes } = outcome;
  const { command, upstreams, labels } = context;
  const counts = shortCounts(changes);
  const title = [
    stack.displayId,
    statusWords(command, outcome),
    ...(counts === '' ? [] : [counts]),
    ...(isDestructive(outcome) ? ['⚠️ destroys'] : []),
  ].join(' · ');
  const hasDiff = showsChanges(outcome);
  let left = room - renderMarkdown(details(title, [])).length - frame;
  if (left < 0) return undefined;
  // A part of the room is the diff's, however much there is to say before it.
  const kept = hasDiff ? Math.min(Math.floor(left / 2), 4000) : 0;
  const body: Block[] = [];
  let missing = false;
  for (const group of stackNotes(outcome, upstreams.get(stack.id) ?? [], labels)) {
    const size = renderMarkdown(group).length + 2;
    if (size > left - kept) {
      missing = true;
      continue;
    }
    body.push(...group);
    left -= size;
  }
  if (missing) body.push(paragraph('More is in the log.'));
  const diff = hasDiff && left >= smallestDiff ? diffText(changes, left) : '';
  if (body.length === 0 && diff === '') return undefined;
  if (diff !== '') body.push(codeBlock('diff', diff));
  const markdown = renderMarkdown(details(title, body));
  return markdown.length <= room ? markdown : undefined;
}
