import { counted } from '../../shared/counted.js';
import {
  bullets,
  code,
  codeBlock,
  heading,
  link,
  paragraph,
  renderMarkdown,
  strong,
  table,
  text,
  type Block,
  type Inline,
  visible,
} from '../../shared/markdown.js';
import { diffText } from '../report/stack-diff.js';
import { shortCounts, type PlanChanges } from '../review/changes.js';
import type { Stack } from '../stacks/workspace.js';
import type { OperationEffect } from '../state/check-operations.js';
import {
  commandOf,
  describeOperation,
  recoveryWord,
  type StateOperation,
} from '../state/operations.js';
import type { StateDocument } from '../state/state-document.js';
import type { ShownVersion } from '../state/versions.js';
import type { StateRun } from '../terraform/state-commands.js';
import type { ProgramName } from '../terraform/find.js';

/** An operation that was tried. */
export interface DoneOperation {
  readonly operation: StateOperation;
  readonly run: StateRun;
}

export interface StateFacts {
  readonly stack: Stack;
  /** Who started the run, by login. */
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** ISO 8601. */
  readonly at: string;
  readonly effects: readonly OperationEffect[];
  readonly before: StateDocument | undefined;
  readonly dryRun: boolean;
  readonly done?: readonly DoneOperation[];
  readonly after?: StateDocument | undefined;
  /** Where a copy of the state before lies. */
  readonly copy?: string;
  /** What a plan would do afterwards; absent where that is not known. */
  readonly changes?: PlanChanges;
  readonly versions?: readonly ShownVersion[];
}

const diffCharacters = 200_000;
const shownAddresses = 20;

/** What the operations would do, for the log. Pure. */
export function describeEffects(
  program: ProgramName,
  effects: readonly OperationEffect[],
): readonly string[] {
  return effects.flatMap(({ operation, addresses, becomes }, index) => [
    `${index + 1}. ${visible(describeOperation(operation))}`,
    ...programLine(program, operation),
    ...effectLines(operation, addresses, becomes).map((line) => `   ${visible(line)}`),
  ]);
}

function programLine(program: ProgramName, operation: StateOperation): readonly string[] {
  const words = commandOf(operation).map((word) => visible(JSON.stringify(word)));
  return words.length === 0 ? [] : [`   ${program} ${words.join(' ')}`];
}

function effectLines(
  operation: StateOperation,
  addresses: readonly string[],
  becomes: readonly string[],
): readonly string[] {
  const cut = (lines: readonly string[]): readonly string[] =>
    lines.length <= shownAddresses
      ? lines
      : [...lines.slice(0, shownAddresses), `… and ${lines.length - shownAddresses} more`];
  switch (operation.kind) {
    case 'import':
      return [`${becomes.join(', ')} is not in the state yet`];
    case 'mv':
      return cut(addresses.map((address, index) => `${address} becomes ${becomes[index] ?? ''}`));
    case 'rm':
      return cut(addresses.map((address) => `${address} is forgotten, and stays in the world`));
    case 'untaint':
      return cut(addresses.map((address) => `${address} is tainted, and will not be`));
    case 'restore':
      return [
        operation.version === recoveryWord
          ? 'the state becomes what an earlier apply could not write; the world stays as it is'
          : 'the state becomes what it was in that version; the world stays as it is',
        ...cut(addresses.map((address) => `${address} is not in it, and is forgotten`)),
        ...cut(becomes.map((address) => `${address} comes with it`)),
      ];
    case 'forget':
      return operation.at === undefined
        ? ['the state that an earlier apply could not write is dropped']
        : cut(addresses.map((address) => `${address} is not looked for any more`));
  }
}

/** Versions of a state for the log, the newest first. Pure. */
export function versionLines(versions: readonly ShownVersion[]): readonly string[] {
  if (versions.length === 0) return ['No version of the state is kept.'];
  return versions.map(
    ({ id, at, serial, resources, current }) =>
      `${visible(id)}  ${at}  serial ${serial ?? 'unknown'}  ${resources === undefined ? '? resources' : counted(resources, 'resource')}${current ? '  (current)' : ''}`,
  );
}

/** The audit of one run: who, when, what, and what came of it. Pure; holds no sensitive value. */
export function stateReport(facts: StateFacts): {
  readonly summary: string;
  readonly lines: readonly string[];
} {
  const { stack, effects, dryRun, done = [], before, after, changes } = facts;
  const rows = effects.map(({ operation, addresses }, index) => [
    String(index + 1),
    code(visible(describeOperation(operation))),
    String(addresses.length),
    resultOf(done[index], dryRun),
  ]);
  const blocks: readonly Block[] = [
    heading(3, text('Terraform state: '), code(visible(stack.displayId))),
    bullets(auditItems(facts)),
    ...(rows.length === 0 ? [] : [table(['', 'Operation', 'Addresses', 'Result'], rows)]),
    ...(facts.versions === undefined
      ? []
      : [codeBlock('text', versionLines(facts.versions).join('\n'))]),
    ...failureBlocks(done),
    ...(changes === undefined ? [] : planBlocks(changes)),
  ];
  const serials = `serial ${before?.serial ?? 'none'} → ${after?.serial ?? 'none'}`;
  const planned = changes === undefined ? undefined : planWords(changes);
  return {
    summary: renderMarkdown(blocks),
    lines: dryRun
      ? ['Nothing was changed.']
      : [
          `${done.filter(({ run }) => run.end === 'succeeded').length} of ${effects.length} operations done, ${serials}`,
          ...(planned === undefined ? [] : [planned]),
        ],
  };
}

function resultOf(done: DoneOperation | undefined, dryRun: boolean): string {
  if (dryRun) return 'dry run';
  if (done === undefined) return '⏸️ not tried';
  switch (done.run.end) {
    case 'succeeded':
      return '✅ done';
    case 'failed':
      return '❌ failed';
    case 'interrupted':
      return '🛑 interrupted';
    case 'killed':
      return '❌ killed';
  }
}

function auditItems(facts: StateFacts): readonly (readonly Inline[])[] {
  const { actor, runUrl, at, before, after, copy, dryRun } = facts;
  return [
    [text('Who: '), actor === undefined ? text('unknown') : code(visible(actor))],
    [text(`When: ${at}`), ...(runUrl === undefined ? [] : [text(', '), link(runUrl, text('run'))])],
    [
      text('Serial: '),
      text(
        dryRun
          ? `${before?.serial ?? 'no state'}, unchanged`
          : `${before?.serial ?? 'no state'} before, ${after?.serial ?? 'no state'} after`,
      ),
    ],
    ...(copy === undefined ? [] : [[text('Copy of the state before: '), code(visible(copy))]]),
  ];
}

function failureBlocks(done: readonly DoneOperation[]): readonly Block[] {
  const failed = done.find(({ run }) => run.end !== 'succeeded');
  if (failed === undefined) return [];
  const words = failed.run.lines.map(visible).join('\n').slice(0, 4000);
  return [
    paragraph(strong(text('What Terraform says:'))),
    codeBlock('text', words === '' ? 'nothing' : words),
  ];
}

function planBlocks(changes: PlanChanges): readonly Block[] {
  const diff = diffText(changes, diffCharacters);
  return [
    paragraph(strong(text(planWords(changes)))),
    ...(diff === '' ? [] : [codeBlock('diff', diff)]),
  ];
}

function planWords(changes: PlanChanges): string {
  const counts = shortCounts(changes);
  return counts === ''
    ? 'A plan afterwards changes nothing.'
    : `A plan afterwards would change: ${counts}.`;
}
