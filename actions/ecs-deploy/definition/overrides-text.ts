import type { Problem } from '../../shared/errors.js';
import type { JsonObject } from '../model.js';
import { parseDocumentText } from './document.js';
import { isObject } from './task-definition.js';

/** Reads the input `overrides`; a problem (`override-malformed`) never quotes the text. */
export async function parseOverrides(text: string): Promise<{
  readonly patch: JsonObject | undefined;
  readonly problems: readonly Problem[];
}> {
  const parsed = await parseDocumentText(text);
  if (parsed.kind === 'value' && isObject(parsed.value)) {
    return { patch: parsed.value, problems: [] };
  }
  const problem: Problem = {
    code: 'override-malformed',
    message:
      parsed.kind === 'problem'
        ? `line ${parsed.line ?? 1}: neither YAML nor JSON: ${parsed.message}`
        : 'is no object',
    at: { input: 'overrides' },
    hint: 'fields of a task definition, as RegisterTaskDefinition names them',
  };
  return { patch: undefined, problems: [problem] };
}
