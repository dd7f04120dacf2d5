/** Names of outputs by data block; `all` where it cannot be told which of them are used. */
export type FoundOutputs = Map<string, Set<string> | 'all'>;

/**
 * Adds the names of outputs that a text uses through data blocks of a type: `attribute` is a
 * pattern of what stands before the output's name. Where a block is mentioned in any other way
 * (iterated over, passed on, indexed by what is not understood), all its outputs may be used.
 * `depends_on` uses none.
 */
export function usedOutputs(
  text: string,
  type: string,
  attribute: string,
  found: FoundOutputs,
): void {
  if (!text.includes(type)) return;
  const read = text.replace(/\bdepends_on\s*=\s*\[[^[\]]*\]/g, '');
  const mention = new RegExp(`\\bdata\\s*\\.\\s*${type}\\s*\\.\\s*([\\w-]+)`, 'g');
  const use = new RegExp(
    `\\s*\\.\\s*${attribute}(?:\\s*\\.\\s*([\\w-]+)|\\s*\\[\\s*"([\\w-]+)"\\s*\\])`,
    'y',
  );
  for (const match of read.matchAll(mention)) {
    const [whole, name = ''] = match;
    const known = found.get(name);
    use.lastIndex = afterInstances(read, match.index + whole.length);
    const [, dotted, indexed] = use.exec(read) ?? [];
    const output = dotted ?? indexed;
    if (output === undefined || known === 'all') found.set(name, 'all');
    else found.set(name, (known ?? new Set<string>()).add(output));
  }
}

const key = /\s*(?:\[|\.\s*(?:\d+|\*))/y;
const bracketOrString = /[[\]]|"(?:[^"\\\n]|\\.)*"/g;

/** Behind the keys or splats (`["a"]`, `[local.keys["a"]]`, `.0`, `[*]`) that choose instances. */
function afterInstances(text: string, from: number): number {
  let offset = from;
  for (;;) {
    key.lastIndex = offset;
    const found = key.exec(text)?.[0];
    if (found === undefined) return offset;
    offset = found.endsWith('[') ? closing(text, offset + found.length) : offset + found.length;
  }
}

/** Behind the bracket that closes the one before `from`; the text's end where none does. */
function closing(text: string, from: number): number {
  let depth = 1;
  bracketOrString.lastIndex = from;
  for (;;) {
    const found = bracketOrString.exec(text);
    if (found === null) return text.length;
    if (found[0] === '[') depth += 1;
    if (found[0] === ']') depth -= 1;
    if (depth === 0) return found.index + 1;
  }
}
