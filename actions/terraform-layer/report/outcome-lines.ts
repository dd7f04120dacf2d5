import { visible, visibleLines } from '../../shared/markdown.js';
import type { ReviewSummary } from '../review/verdict.js';
import type { GuardReason, Orphan, StackOutcome, StopReason } from '../schedule/outcome.js';
import { forgetWords, importBlock } from '../sidecar/import-block.js';

/** What the log says of a stack besides Terraform's own output: everything that a page cuts short. */
export function outcomeLines(outcome: StackOutcome): readonly string[] {
  const { end, review, orphans = [], hooks = [], plannedAgainst = [], attempts = 1 } = outcome;
  const { changedOutputs = [] } = outcome;
  return [
    ...(attempts > 1 ? [`attempts: ${attempts}`] : []),
    ...(end.status === 'stopped' ? end.reasons.flatMap(stopLines) : []),
    ...(outcome.guards?.findings ?? []).flatMap((guard) =>
      guardLines('its apply will be stopped', guard),
    ),
    ...(review === undefined ? [] : reviewLines(review)),
    ...orphans.flatMap(orphanLines),
    ...plannedAgainst.flatMap(({ stack, outputs, unknown }) => [
      `planned against the planned outputs of ${visible(stack)}: ${list(outputs)}`,
      ...(unknown.length === 0 ? [] : [`  known after apply: ${list(unknown)}`]),
    ]),
    ...(changedOutputs.length === 0 ? [] : [`outputs changed: ${list(changedOutputs)}`]),
    ...hooks.flatMap(({ hook, passed, text }) => [
      `${hook}: ${passed ? 'passed' : 'not passed'}`,
      ...indented(text),
    ]),
  ];
}

function stopLines(reason: StopReason): readonly string[] {
  switch (reason.kind) {
    case 'review':
      return ['stopped: the plan is not what was reviewed'];
    case 'policy':
      return ['stopped: the policy command said no'];
    case 'orphans':
      return [
        'stopped: an apply that was killed made what this plan does not take in:',
        ...reason.addresses.map((address) => `  ${visible(address)}`),
        `  to adopt it: put the import block below beside the configuration. ${forgetWords}`,
      ];
    case 'recovery':
      return [
        `stopped: an earlier apply could not write its state, which is in ${visible(reason.place)}`,
        ...indented(reason.why),
        `  ${visible(reason.hint)}`,
      ];
    case 'guard':
      return guardLines('stopped', reason);
  }
}

function guardLines(what: string, { guard, addresses, hint }: GuardReason): readonly string[] {
  return [
    `${what} by the guard ${guard}:`,
    ...addresses.map((address) => `  ${visible(address)}`),
    `  to allow it: ${visible(hint)}`,
  ];
}

function reviewLines({ verdict, sources, differences, notes }: ReviewSummary): readonly string[] {
  const where = sources.map(({ pullNumber, sha }) =>
    pullNumber === undefined ? sha.slice(0, 10) : `#${pullNumber} at ${sha.slice(0, 10)}`,
  );
  return [
    `review: ${verdict}${where.length === 0 ? '' : ` (${where.join(', ')})`}`,
    ...differences.map(({ address, kind, attributes, detail }) => {
      const parts = [
        `  ${visible(address)}: ${kind}`,
        ...(attributes.length === 0 ? [] : [list(attributes)]),
        ...(detail === '' ? [] : [visible(detail)]),
      ];
      return parts.join(', ');
    }),
    ...notes.map((note) => `  ${visible(note)}`),
  ];
}

function orphanLines(orphan: Orphan): readonly string[] {
  const { address, id, runUrl } = orphan;
  const block = importBlock(orphan);
  const from = runUrl === undefined ? '' : ` by ${visible(runUrl)}`;
  return [
    `in the world and not in the state: ${visible(address)}, id ${id === undefined ? 'unknown' : visible(id)}, made${from}`,
    ...(block === undefined ? [] : indented(block)),
  ];
}

function list(names: readonly string[]): string {
  return names.map(visible).join(', ');
}

function indented(text: string): readonly string[] {
  return visibleLines(text)
    .split('\n')
    .map((line) => `  ${line}`);
}
