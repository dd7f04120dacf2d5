import { LineCounter, parseDocument } from 'yaml';
import type { Json } from '../model.js';

export type Parsed =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'problem'; readonly line: number; readonly message: string };

/**
 * Reads YAML 1.2, of which JSON is a part. A problem names the place and never quotes the text,
 * which may hold secrets.
 */
export function parseDocumentText(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    return {
      kind: 'problem',
      line: lines.linePos(error.pos[0]).line,
      message: error.code.toLowerCase().replaceAll('_', ' '),
    };
  }
  return { kind: 'value', value: document.toJS() as Json };
}

/** Reads JSON, and finds the line of a mistake as YAML would. */
export function parseJsonText(text: string): Parsed {
  try {
    return { kind: 'value', value: JSON.parse(text) as Json };
  } catch {
    const found = parseDocumentText(text);
    return found.kind === 'problem' ? found : { kind: 'problem', line: 1, message: 'not JSON' };
  }
}
