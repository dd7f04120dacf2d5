import {
  bullets,
  code,
  codeBlock,
  details,
  paragraph,
  renderMarkdown,
  type Block,
} from '../../shared/markdown.js';
import { formatLocation } from '../../shared/errors.js';
import type { Command } from '../inputs.js';
import { shortCounts } from '../review/changes.js';
import type { StackOutcome } from '../schedule/outcome.js';
import type { Diagnostic } from '../terraform/diagnostics.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { diffText } from './stack-diff.js';
import { isDestructive, statusWords } from './status.js';
import { visible } from './value-text.js';

const diagnosticCharacters = 1500;

/** Whether there is more to say about a stack than its row in the table. */
export function hasDetails({ end, diagnostics, changes }: StackOutcome): boolean {
  // The table says what it waits for; that a state is missing is no error of the stack's.
  if (end.status === 'waiting') return false;
  return (
    diagnostics.length > 0 ||
    changes.resources.length + changes.outputs.length > 0 ||
    end.status === 'interrupted'
  );
}

/** The fold of one stack: what Terraform complains of, then what changes, within `room`. */
export function stackFold(
  command: Command,
  outcome: StackOutcome,
  room: number,
): string | undefined {
  const { stack, changes } = outcome;
  const counts = shortCounts(changes);
  const title = [
    visible(stack.displayId),
    statusWords(command, outcome),
    ...(counts === '' ? [] : [counts]),
    ...(isDestructive(outcome) ? ['destroys'] : []),
  ].join(' · ');
  const head = [...notes(outcome), ...diagnosticBlocks(outcome.diagnostics)];
  const base = renderMarkdown(details(title, head));
  const left = room - base.length - 40;
  if (left < 0) return undefined;
  const diff =
    changes.resources.length + changes.outputs.length === 0 ? '' : diffText(changes, left);
  const body: Block[] = [...head, ...(diff === '' ? [] : [codeBlock('diff', diff)])];
  const markdown = renderMarkdown(details(title, body));
  return markdown.length <= room ? markdown : undefined;
}

function notes({ end, stack }: StackOutcome): readonly Block[] {
  if (end.status === 'failed' && end.lock !== undefined) {
    const { id, who, created, operation } = end.lock;
    const holder = [who, operation, created].filter((part) => part !== undefined).join(', ');
    return [
      paragraph(
        'Its state is locked by ',
        code(visible(holder)),
        '. If that run is gone for good: ',
        code(visible(unlockCommand(stack.directory, id))),
      ),
    ];
  }
  if (end.status === 'interrupted' && end.step === 'apply') {
    return [paragraph('The apply was cancelled and has done a part: the next run does the rest.')];
  }
  return [];
}

function diagnosticBlocks(diagnostics: readonly Diagnostic[]): readonly Block[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = diagnostics.length - errors.length;
  const shown = errors.slice(0, 5);
  return [
    ...shown.map((diagnostic) => codeBlock('text', diagnosticText(diagnostic))),
    ...(errors.length > shown.length
      ? [paragraph(`… and ${errors.length - shown.length} more errors in the log.`)]
      : []),
    ...(warnings > 0
      ? [
          bullets(
            diagnostics
              .filter(({ severity }) => severity === 'warning')
              .slice(0, 5)
              .map(({ summary }) => ['Warning: ', code(visible(summary.slice(0, 200)))]),
          ),
        ]
      : []),
  ];
}

function diagnosticText({ summary, detail, at, address }: Diagnostic): string {
  const where = [at === undefined ? undefined : formatLocation(at), address].filter(
    (part) => part !== undefined,
  );
  const text = [
    `${summary}${where.length === 0 ? '' : ` (${where.join(', ')})`}`,
    ...(detail === '' ? [] : [detail]),
  ]
    .join('\n')
    .split('\n')
    .map(visible)
    .join('\n');
  return text.length <= diagnosticCharacters ? text : `${text.slice(0, diagnosticCharacters)}…`;
}
