import type {
  AttributeChange,
  ChangeKind,
  OutputChange,
  PlanChanges,
  ResourceChange,
} from '../review/changes.js';
import { valuePair, valueText, visible } from './value-text.js';

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
  const entries = [...changes.resources.map(resourceLines), outputLines(changes.outputs)].filter(
    (lines) => lines.length > 0,
  );
  const kept: string[] = [];
  let length = 0;
  for (const [index, lines] of entries.entries()) {
    const text = lines.join('\n');
    const left = entries.length - index;
    const reserve = left > 1 ? 60 : 0;
    if (length + text.length + 1 + reserve <= room) {
      kept.push(text);
      length += text.length + 1;
      continue;
    }
    const [first = ''] = lines;
    const short = `${first}\n    … ${lines.length - 1} attributes`;
    if (lines.length > 1 && length + short.length + 61 <= room) {
      kept.push(short);
      length += short.length + 1;
      continue;
    }
    kept.push(`… and ${left} more`);
    break;
  }
  return kept.join('\n');
}

function resourceLines(resource: ResourceChange): readonly string[] {
  return [headline(resource), ...attributeLines(resource)];
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
    return [...attributes].sort((a, b) => forcing(a) - forcing(b)).map(changeLine);
  }
  const known = attributes.filter(({ after }) => after.kind !== 'unknown');
  const unknown = attributes.length - known.length;
  return [
    ...known.map(({ path, after }) => `    ${visible(path)}: ${valueText(after)}`),
    ...(unknown === 0 ? [] : [`    (${unknown} known after apply)`]),
  ];
}

function changeLine({ path, before, after, forcesReplacement }: AttributeChange): string {
  const [left, right] = valuePair(before, after);
  const mark = forcesReplacement ? '  # forces replacement' : '';
  return `    ${visible(path)}: ${left} → ${right}${mark}`;
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
