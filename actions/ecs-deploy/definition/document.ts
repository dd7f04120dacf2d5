import type { Json } from '../model.js';

export type Parsed =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'problem'; readonly line: number | undefined; readonly message: string };

/**
 * Reads YAML 1.2, of which JSON is a part. A problem names the place and never quotes the text,
 * which may hold secrets.
 */
export async function parseDocumentText(text: string): Promise<Parsed> {
  // Most runs have neither overrides nor a YAML file, and the library costs start time.
  const { LineCounter, parseDocument } = await import('yaml');
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

/** Reads JSON. A mistake's line comes from the parser's message, or as YAML would find it. */
export async function parseJsonText(text: string): Promise<Parsed> {
  try {
    return { kind: 'value', value: JSON.parse(text) as Json };
  } catch (thrown) {
    const position = /at position (\d+)/.exec(thrown instanceof Error ? thrown.message : '')?.[1];
    if (position !== undefined) {
      const line = text.slice(0, Number(position)).split('\n').length;
      return { kind: 'problem', line, message: 'unexpected character' };
    }
    const found = await parseDocumentText(text);
    return found.kind === 'problem'
      ? found
      : { kind: 'problem', line: undefined, message: 'it is YAML, but not JSON' };
  }
}
