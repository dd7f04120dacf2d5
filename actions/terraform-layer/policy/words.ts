/**
 * Splits a command line into words as a shell does, but knows only words and quotes: single quotes
 * keep everything, double quotes all but `\"` and `\\`, and a backslash outside keeps the next
 * character. No variables, globs, pipes or redirections: no shell is involved.
 *
 * Undefined where a quote is not closed, or a backslash ends the text.
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = text;
  while (rest !== '') {
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      if (word !== undefined) words.push(word);
      word = undefined;
      rest = rest.slice(space[0].length);
      continue;
    }
    const piece = /^'([^']*)'|^"((?:[^"\\]|\\[\s\S])*)"|^\\([\s\S])|^([^\s'"\\]+)/.exec(rest);
    if (piece === null) return undefined;
    const [whole, single, double, escaped, plain] = piece;
    word =
      (word ?? '') + (single ?? double?.replaceAll(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '');
    rest = rest.slice(whole.length);
  }
  if (word !== undefined) words.push(word);
  return words;
}
