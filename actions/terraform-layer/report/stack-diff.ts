import type {
  ActionInvocation,
  AttributeChange,
  ChangeKind,
  OutputChange,
  PlanChanges,
  ResourceChange,
} from '../review/changes.js';
import { visible, visibleLines } from '../../shared/markdown.js';
import { valuePair, valueText } from './value-text.js';

/** Terraform's `action_reason` where it says more than the change itself. */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: 'tainted: an earlier create did not finish',
  replace_by_request: 'asked for by -replace',
  replace_by_triggers: 'replace_triggered_by',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each was added or removed',
  delete_because_count_index: 'its index is no longer below count',
  delete_because_each_key: 'its key is no longer in for_each',
};

const signs: Readonly<Record<ChangeKind, string>> = {
  destroy: '- destroy',
  replace: '-/+ replace',
  forget: '- forget',
  update: '! update',
  create: '+ create',
  import: '! import',
  move: '! move',
};

/**
 * A plan as text for a `diff` block, what goes away first. It stops at a whole resource before it
 * is longer than `room`, and says how much is left out.
 */
export function diffText(changes: PlanChanges, room: number): string {
  const total =
    changes.resources.length +
    (changes.invocations?.length ?? 0) +
    (changes.outputs.length > 0 ? 1 : 0);
  const kept: string[] = [];
  let length = 0;
  for (const [index, lines] of entriesOf(changes)) {
    const text = lines.join('\n');
    const left = total - index;
    const reserve = left > 1 ? 60 : 0;
    if (length + text.length + 1 + reserve <= room) {
      kept.push(text);
      length += text.length + 1;
      continue;
    }
    const short = cutEntry(lines, room - length - 61);
    if (short === undefined) {
      kept.push(`… and ${left} more`);
      break;
    }
    kept.push(short);
    length += short.length + 1;
  }
  return kept.join('\n');
}

/** One after the other: of a large plan only those that fit are made into text. */
function* entriesOf({
  resources,
  invocations = [],
  outputs,
}: PlanChanges): Generator<readonly [number, readonly string[]]> {
  for (const [index, resource] of resources.entries()) yield [index, resourceLines(resource)];
  for (const [index, invocation] of invocations.entries()) {
    yield [resources.length + index, invocationLines(invocation)];
  }
  if (outputs.length > 0) yield [resources.length + invocations.length, outputLines(outputs)];
}

/** The first lines of an entry that fit, at most a few; undefined where not even its head does. */
function cutEntry(lines: readonly string[], room: number): string | undefined {
  const [head = '', ...rest] = lines;
  if (rest.length === 0) return undefined;
  const kept = [head];
  let length = head.length + 40;
  for (const line of rest.slice(0, 5)) {
    if (length + line.length + 1 > Math.min(room, 2000)) break;
    kept.push(line);
    length += line.length + 1;
  }
  if (length > room) return undefined;
  return [...kept, `    … ${lines.length - kept.length} more lines`].join('\n');
}

function resourceLines(resource: ResourceChange): readonly string[] {
  const { moreAttributes = 0 } = resource;
  return [
    headline(resource),
    ...attributeLines(resource),
    ...(moreAttributes === 0 ? [] : [`    … ${moreAttributes} more attributes`]),
  ];
}

function headline(resource: ResourceChange): string {
  const { kind, address, previousAddress, deposed, imported, reason } = resource;
  const forcedBy = resource.attributes.filter(({ forcesReplacement }) => forcesReplacement);
  const notes = [
    ...(deposed === undefined ? [] : [`deposed object ${deposed}`]),
    ...(previousAddress === undefined ? [] : [`was ${visible(previousAddress)}`]),
    ...(imported && kind !== 'import' ? ['imported'] : []),
    ...(kind === 'forget' ? ['stays in the world'] : []),
    ...(forcedBy.length === 0
      ? []
      : [`forced by ${[...new Set(forcedBy.map(({ path }) => visible(path)))].join(', ')}`]),
    ...(reason === undefined || reasons[reason] === undefined ? [] : [reasons[reason]]),
  ];
  const note = notes.length === 0 ? '' : `  # ${notes.join('; ')}`;
  return `${signs[kind]} ${visible(address)}${note}`;
}

function attributeLines({ kind, attributes }: ResourceChange): readonly string[] {
  if (kind !== 'create') {
    const forcing = (change: AttributeChange): number => (change.forcesReplacement ? 0 : 1);
    return [...attributes].sort((a, b) => forcing(a) - forcing(b)).flatMap(changeLines);
  }
  const known = attributes.filter(({ after }) => after.kind !== 'unknown');
  const unknown = attributes.length - known.length;
  return [
    ...known.flatMap((change) =>
      change.lines === undefined
        ? [`    ${visible(change.path)}: ${valueText(change.after)}`]
        : textLines(change),
    ),
    ...(unknown === 0 ? [] : [`    (${unknown} known after apply)`]),
  ];
}

function changeLines(change: AttributeChange): readonly string[] {
  if (change.lines !== undefined) return textLines(change);
  const { path, before, after, forcesReplacement } = change;
  const [left, right] = valuePair(before, after);
  return [`    ${visible(path)}: ${left} → ${right}${forcedMark(forcesReplacement)}`];
}

/** A text of several lines, its signs at the margin where a `diff` block colours them. */
function textLines({ path, lines = [], forcesReplacement }: AttributeChange): readonly string[] {
  return [
    `    ${visible(path)}:${forcedMark(forcesReplacement)}`,
    ...lines.map(({ sign, text }) =>
      sign === '…' ? `        … ${text}`.trimEnd() : `${sign}       ${visibleLines(text)}`,
    ),
  ];
}

/** `! invoke action.aws_lambda_invoke.seed  # after_create of aws_lambda_function.seed`. */
function invocationLines({ address, trigger, attributes }: ActionInvocation): readonly string[] {
  const when =
    trigger === undefined ? '' : `  # ${visible(trigger.event)} of ${visible(trigger.address)}`;
  return [
    `! invoke ${visible(address)}${when}`,
    ...attributes.map(({ path, after }) => `    ${visible(path)}: ${valueText(after)}`),
  ];
}

function forcedMark(forcesReplacement: boolean): string {
  return forcesReplacement ? '  # forces replacement' : '';
}

function outputLines(outputs: readonly OutputChange[]): readonly string[] {
  if (outputs.length === 0) return [];
  return ['outputs:', ...outputs.map(outputLine)];
}

function outputLine({ name, action, before, after }: OutputChange): string {
  const [left, right] = valuePair(before, after);
  switch (action) {
    case 'create':
      return `+   ${visible(name)}: ${valueText(after)}`;
    case 'delete':
      return `-   ${visible(name)}: ${valueText(before)}`;
    case 'update':
      return `!   ${visible(name)}: ${left} → ${right}`;
  }
}
