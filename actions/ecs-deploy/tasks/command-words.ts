/** The words of a command, or what is wrong with its text. */
export type CommandWords =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'malformed'; readonly message: string; readonly hint: string };

const shellHint = 'ECS starts no shell: for one, write ["sh", "-c", "…"]';

/**
 * Reads a command: a JSON list of strings, which can hold anything, or words as a shell splits
 * them, which is how commands are written everywhere else. Text that begins with `[` is JSON.
 *
 * Quotes and backslashes mean what they mean in POSIX ("Shell Command Language", 2.2). Nothing is
 * expanded, since no shell runs: what only a shell could do (pipes, lists, redirections,
 * substitutions) is refused and not passed on as text.
 */
export function parseCommandWords(text: string): CommandWords {
  return text.startsWith('[') ? parseJson(text) : splitWords(text);
}

function parseJson(text: string): CommandWords {
  const hint = 'a list of strings: ["node", "migrate.js"]';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return malformed(`is not JSON: ${cause instanceof Error ? cause.message : ''}`, hint);
  }
  if (!Array.isArray(value) || value.length === 0) return malformed('is no list of words', hint);
  const words = value.filter((word): word is string => typeof word === 'string');
  return words.length === value.length
    ? { kind: 'words', words }
    : malformed('holds something that is no string', hint);
}

/** One piece of a command line, tried in this order at each position. */
const piece =
  /(?<blank>[ \t]+)|(?<joined>\\\n)|\\(?<escaped>[^])|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|(?<shell>[|&;<>`\n]|\$[A-Za-z_({])|(?<plain>[^ \t\\'"|&;<>`\n$]+|\$)/y;

function splitWords(text: string): CommandWords {
  const words: string[] = [];
  let word: string | undefined;
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const groups = piece.exec(text)?.groups;
    if (groups === undefined)
      return malformed(`has an open quote at character ${at + 1}`, shellHint);
    const { blank, joined, escaped, single, double, shell, plain } = groups;
    const inDouble = /(?<!\\)(?:\\\\)*(`|\$[A-Za-z_({])/.exec(double ?? '')?.[1];
    const meant = shell ?? inDouble;
    if (meant !== undefined) {
      const what = meant === '\n' ? 'a line break' : JSON.stringify(meant);
      return malformed(`has ${what}, which only a shell understands`, shellHint);
    }
    if (joined !== undefined) continue;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    // In double quotes a backslash keeps its meaning before these four alone.
    const unquoted = double?.replaceAll(/\\([\\"$`])/g, '$1').replaceAll('\\\n', '');
    word = (word ?? '') + (escaped ?? single ?? unquoted ?? plain ?? '');
  }
  if (word !== undefined) words.push(word);
  return words.length > 0 ? { kind: 'words', words } : malformed('holds no word', shellHint);
}

function malformed(message: string, hint: string): CommandWords {
  return { kind: 'malformed', message, hint };
}
