import { stripVTControlCharacters } from 'node:util';
import { SensitiveValues } from '../review/sensitive-values.js';

/** What a comment bears of one command's words. */
const maxCharacters = 4000;

/**
 * A command's words as they may be shown: no control or formatting characters, nothing that the
 * plan marks as sensitive, and cut in the middle, since verdicts stand first and totals last.
 */
export function hookText(output: string, sensitive: SensitiveValues): string {
  const plain = stripVTControlCharacters(output.replaceAll('\r\n', '\n'))
    // Control characters but line break and tab, and those that change the direction of text.
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => (/[\n\t]/.test(character) ? character : ''))
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  const hidden = sensitive.hide({ kind: 'value', value: plain });
  const text = hidden.kind === 'value' ? String(hidden.value) : '(sensitive)';
  return cut(text, maxCharacters);
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.floor(limit * 0.75);
  const tail = limit - head;
  return [
    text.slice(0, head).replace(/[\uD800-\uDBFF]$/, ''),
    `… ${text.length - limit} characters left out …`,
    text.slice(text.length - tail).replace(/^[\uDC00-\uDFFF]/, ''),
  ].join('\n');
}

/** Every value that `terraform show -json` marks as sensitive, and `alsoSensitive`. */
export function sensitiveValuesOf(
  planJson: unknown,
  alsoSensitive: readonly unknown[] = [],
): SensitiveValues {
  const found = new SensitiveValues();
  for (const value of alsoSensitive) found.collect(value, true);
  for (const { change } of list(member(planJson, 'resource_changes'))) collectChange(found, change);
  for (const { change } of list(member(planJson, 'resource_drift'))) collectChange(found, change);
  for (const change of Object.values(record(member(planJson, 'output_changes')))) {
    collectChange(found, change);
  }
  const variables = record(member(planJson, 'variables'));
  const configuration = member(member(planJson, 'configuration'), 'root_module');
  for (const [name, declared] of Object.entries(record(member(configuration, 'variables')))) {
    if (member(declared, 'sensitive') !== true) continue;
    found.collect(member(variables[name], 'value'), true);
    found.collect(member(declared, 'default'), true);
  }
  return found;
}

function collectChange(found: SensitiveValues, change: unknown): void {
  found.collect(member(change, 'before'), member(change, 'before_sensitive'));
  found.collect(member(change, 'after'), member(change, 'after_sensitive'));
}

function member(value: unknown, name: string): unknown {
  return record(value)[name];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

function list(value: unknown): readonly { readonly change: unknown }[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => ({ change: member(entry, 'change') }));
}
