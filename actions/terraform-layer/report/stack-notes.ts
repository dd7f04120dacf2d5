import { counted } from '../../shared/counted.js';
import {
  bullets,
  code,
  codeBlock,
  details,
  link,
  paragraph,
  text,
  type Block,
  type Inline,
} from '../../shared/markdown.js';
import { formatLocation } from '../../shared/errors.js';
import type { HookVerdict, Orphan, StackOutcome, StopReason } from '../schedule/outcome.js';
import type { Diagnostic } from '../terraform/diagnostics.js';
import { forgetWords, importBlock } from '../sidecar/import-block.js';
import { nameList, shortCode } from './name-list.js';
import { reviewBlocks } from './review-words.js';
import type { UpstreamOutputs } from './upstream-outputs.js';

const diagnosticCharacters = 1500;
const hookCharacters = 6000;
const shownErrors = 5;
const shownAddresses = 20;
const shownOrphans = 20;
const shownUpstreams = 10;

/**
 * What there is to say of a stack besides its diff, in groups that stand or fall together, the
 * most important first. All names and words of others are code.
 */
export function stackNotes(
  outcome: StackOutcome,
  upstreams: readonly UpstreamOutputs[],
  labels: ReadonlyMap<string, string>,
): readonly (readonly Block[])[] {
  const { end, review, orphans = [], hooks = [], diagnostics } = outcome;
  const groups = [
    end.status === 'stopped' ? stopBlocks(end.reasons, review?.waitedFor) : [],
    guardBlocks(outcome),
    lockBlocks(outcome),
    orphanBlocks(orphans),
    review === undefined || review.verdict === 'equivalent' ? [] : reviewBlocks(review),
    errorBlocks(diagnostics),
    interruptedBlocks(outcome),
    hooks.filter(({ passed }) => !passed).flatMap(hookBlocks),
    upstreamBlocks(upstreams, labels),
    changedOutputBlocks(outcome),
    warningBlocks(diagnostics),
    hooks.filter(({ passed }) => passed).flatMap(hookBlocks),
    review?.verdict === 'equivalent' ? reviewBlocks(review) : [],
    attemptBlocks(outcome),
  ];
  return groups.filter((group) => group.length > 0);
}

function stopBlocks(
  reasons: readonly StopReason[],
  waitedFor: readonly string[] | undefined,
): readonly Block[] {
  return reasons.flatMap((reason): readonly Block[] => {
    switch (reason.kind) {
      case 'review':
        if (waitedFor !== undefined) {
          return [
            paragraph(
              '✋ Not applied: at review it waited for ',
              ...nameList(waitedFor, shownUpstreams),
              ', so nobody has seen this plan. Start the apply workflow by hand with ',
              code('apply-again'),
              ': its plan is the review, and its approval that of the next wave.',
            ),
          ];
        }
        return [
          paragraph('✋ Not applied: the plan is not what was reviewed. Plan and review it again.'),
        ];
      case 'policy':
        return [paragraph('✋ Not applied: the policy command said no.')];
      case 'orphans':
        return [
          paragraph(
            '✋ Not applied: an apply that was killed made what this plan does not take in: ',
            ...nameList(reason.addresses, shownAddresses),
            '. Put the import blocks below beside the configuration. ',
            forgetWords,
          ),
        ];
      case 'recovery':
        return [
          paragraph(
            '✋ Not applied: an earlier apply could not write its state, which is in ',
            code(reason.place),
            ': ',
            shortCode(reason.why, 600),
          ),
          paragraph('To go on: ', shortCode(reason.hint, 600)),
        ];
      case 'guard': {
        const what =
          reason.guard === 'prevent-destroy'
            ? '✋ Not applied: it would destroy what a guard protects: '
            : `✋ Not applied: it would destroy ${reason.addresses.length}, more than a guard allows: `;
        return [
          paragraph(what, ...nameList(reason.addresses, shownAddresses)),
          paragraph('To allow it: ', shortCode(reason.hint, 600)),
        ];
      }
    }
  });
}

/** Told before the merge, while a label can still be put on. */
function guardBlocks({ guards }: StackOutcome): readonly Block[] {
  return (guards?.findings ?? []).flatMap(({ guard, addresses, hint }): readonly Block[] => {
    const what =
      guard === 'prevent-destroy'
        ? '✋ Its apply will stop: a guard protects '
        : `✋ Its apply will stop: it would destroy ${addresses.length}, more than a guard allows: `;
    return [
      paragraph(what, ...nameList(addresses, shownAddresses)),
      paragraph('To allow it: ', shortCode(hint, 600)),
      ...(guards?.fails === true
        ? [paragraph('Then run this plan again: it passes once that is allowed.')]
        : []),
    ];
  });
}

function lockBlocks({ end }: StackOutcome): readonly Block[] {
  if (end.status !== 'failed' || end.lock === undefined) return [];
  const { who, created, operation, release } = end.lock;
  const holder = [who, operation, created].filter((part) => part !== undefined).join(', ');
  return [
    paragraph(
      'Its state is locked by ',
      code(holder),
      '. If that run is gone for good: ',
      code(release),
    ),
  ];
}

function interruptedBlocks({ end }: StackOutcome): readonly Block[] {
  if (end.status !== 'interrupted' || end.step !== 'apply') return [];
  return [paragraph('The apply was cancelled and has done a part: the next run does the rest.')];
}

/** What an apply that was killed has made, and how the state takes it in. */
function orphanBlocks(orphans: readonly Orphan[]): readonly Block[] {
  if (orphans.length === 0) return [];
  const shown = orphans.slice(0, shownOrphans);
  const blocks = shown.flatMap((orphan) => importBlock(orphan) ?? []);
  const others = shown.filter((orphan) => importBlock(orphan) === undefined);
  const run = orphans.find(({ runUrl }) => runUrl !== undefined)?.runUrl;
  return [
    paragraph(
      '⚠️ An apply that was killed',
      ...(run === undefined ? [] : [text(' ('), link(run, text('run')), text(')')]),
      ` made ${orphans.length === 1 ? 'a resource' : counted(orphans.length, 'resource')} that the state does not know.`,
    ),
    ...(blocks.length === 0
      ? []
      : [
          paragraph('These blocks take them in; check each id against the provider’s "Import":'),
          codeBlock('hcl', blocks.join('\n\n')),
        ]),
    ...(others.length === 0
      ? []
      : [
          paragraph(
            'Without a known id: find, and import or remove ',
            ...nameList(
              others.map(({ address }) => address),
              shownOrphans,
            ),
          ),
        ]),
    ...(orphans.length > shown.length
      ? [paragraph(`… and ${orphans.length - shown.length} more, in the log.`)]
      : []),
  ];
}

function upstreamBlocks(
  upstreams: readonly UpstreamOutputs[],
  labels: ReadonlyMap<string, string>,
): readonly Block[] {
  if (upstreams.length === 0) return [];
  const items = upstreams.slice(0, shownUpstreams).map((upstream): readonly Inline[] => {
    const { stack, names, unknown, planned } = upstream;
    const known = names.filter((name) => !unknown.includes(name));
    const list = (title: string, all: readonly string[]): readonly Inline[] =>
      all.length === 0 ? [] : [text(title), ...nameList(all, 10)];
    return [
      text(planned ? 'planned against the outputs of ' : 'reads outputs that change, of '),
      code(labels.get(stack) ?? stack),
      ...list(': ', known),
      ...list(known.length > 0 ? '; known after apply: ' : ': known after apply: ', unknown),
    ];
  });
  const more = upstreams.length - items.length;
  return [bullets([...items, ...(more > 0 ? [[text(`… and ${more} more`)]] : [])])];
}

function changedOutputBlocks({ changedOutputs = [] }: StackOutcome): readonly Block[] {
  if (changedOutputs.length === 0) return [];
  return [paragraph('Outputs that the apply changed: ', ...nameList(changedOutputs, 20))];
}

function attemptBlocks({ attempts = 1 }: StackOutcome): readonly Block[] {
  return attempts < 2 ? [] : [paragraph(`It took ${attempts} attempts.`)];
}

function hookBlocks({ hook, passed, text: words }: HookVerdict): readonly Block[] {
  const title =
    hook === 'cost' ? '💰 Cost' : passed ? '✅ Policy: passed' : '❌ Policy: not passed';
  const cut =
    words.length <= hookCharacters
      ? words
      : `${words.slice(0, hookCharacters)}\n… the rest is in the log`;
  if (words.trim() === '') return [paragraph(title)];
  return details(title, [codeBlock('text', cut)], !passed);
}

function errorBlocks(diagnostics: readonly Diagnostic[]): readonly Block[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const shown = errors.slice(0, shownErrors);
  return [
    ...shown.map((diagnostic) => codeBlock('text', diagnosticText(diagnostic))),
    ...(errors.length > shown.length
      ? [paragraph(`… and ${errors.length - shown.length} more errors in the log.`)]
      : []),
  ];
}

function warningBlocks(diagnostics: readonly Diagnostic[]): readonly Block[] {
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  if (warnings.length === 0) return [];
  const more = warnings.length - 5;
  return [
    bullets([
      ...warnings
        .slice(0, 5)
        .map(({ summary }): readonly (Inline | string)[] => ['Warning: ', shortCode(summary, 200)]),
      ...(more > 0 ? [[`… and ${more} more warnings in the log`]] : []),
    ]),
  ];
}

function diagnosticText({ summary, detail, at, address }: Diagnostic): string {
  const where = [at === undefined ? undefined : formatLocation(at), address].filter(
    (part) => part !== undefined,
  );
  const words = [
    `${summary}${where.length === 0 ? '' : ` (${where.join(', ')})`}`,
    ...(detail === '' ? [] : [detail]),
  ].join('\n');
  return words.length <= diagnosticCharacters ? words : `${words.slice(0, diagnosticCharacters)}…`;
}
