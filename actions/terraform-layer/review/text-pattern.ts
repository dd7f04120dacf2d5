/**
 * Whether a pattern fits the whole of a text: `*` stands for any characters, also dots, slashes and
 * brackets, and everything else for itself. Addresses hold brackets and quotes (`x["a/b"]`), which
 * path globs read as classes and separators; so no glob library. Takes time linear in the pattern
 * for each character, whatever the pattern: patterns come from labels too.
 */
export function fitsPattern(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let retry = 0;
  while (at < text.length) {
    const expected = pattern[inPattern];
    if (expected === '*') {
      star = inPattern;
      retry = at;
      inPattern += 1;
    } else if (expected === text[at]) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      retry += 1;
      at = retry;
      inPattern = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}
