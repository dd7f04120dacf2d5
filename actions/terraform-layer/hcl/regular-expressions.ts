import { bad, string } from './function-arguments.js';
import { mapOf, type Evaluated } from './value.js';

/**
 * A pattern of Terraform's (Go's RE2) as one of JavaScript's. The `u` flag refuses what JavaScript
 * would read otherwise (`\A`, `[[:alpha:]]`); punctuation that needs no backslash may have one.
 */
function expression(pattern: string, flags = ''): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const translated = pattern
    .slice(inline?.[0].length ?? 0)
    .replace(/\(\?P</g, '(?<')
    .replace(/\\(?:\\|(["'#%&,:;<=>@_`~!-]))/g, (whole, mark: string | undefined) =>
      mark === undefined ? whole : `\\x${mark.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
  try {
    return new RegExp(translated, `u${flags}${inline?.[1] ?? ''}`);
  } catch {
    return bad(`the pattern ${JSON.stringify(pattern)} is not understood`);
  }
}

/** The named groups, or the numbered ones, or the whole match. */
function resultOf(match: RegExpExecArray): Evaluated {
  if (match.groups !== undefined) {
    return mapOf(Object.entries(match.groups).map(([name, text]) => [name, textOr(text)]));
  }
  return match.length > 1 ? match.slice(1).map(textOr) : match[0];
}

/** A group that took no part in the match is null. */
function textOr(text: string | undefined): Evaluated {
  return text ?? null;
}

export function regex(pattern: string, text: string): Evaluated {
  const match = expression(pattern).exec(text);
  return match === null ? bad('the pattern does not match') : resultOf(match);
}

export function regexAll(pattern: string, text: string): readonly Evaluated[] {
  return [...text.matchAll(expression(pattern, 'g'))].map(resultOf);
}

/** `replace()`: a search between slashes is a pattern, whose groups are `$1`, `$name`, `${name}`. */
export function replace(values: readonly Evaluated[]): string {
  const [text, search, replacement] = values.map(string);
  if (text === undefined || search === undefined || replacement === undefined)
    return bad('three arguments are needed');
  if (search.length > 1 && search.startsWith('/') && search.endsWith('/')) {
    return text.replace(expression(search.slice(1, -1), 'g'), (...match: unknown[]) =>
      expand(replacement, match),
    );
  }
  return text.replaceAll(search, () => replacement);
}

/** Go's `Regexp.Expand`: `$1x` is the group named `1x`, and a group that is not there is empty. */
function expand(replacement: string, match: readonly unknown[]): string {
  const last = match.at(-1);
  const named = new Map<string, unknown>(
    typeof last === 'object' && last !== null ? Object.entries(last) : [],
  );
  const numbered = match.slice(
    0,
    match.findIndex((part) => typeof part === 'number'),
  );
  return replacement.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_, dollar: string | undefined, bare: string | undefined, braced: string | undefined) => {
      if (dollar !== undefined) return '$';
      const name = bare ?? braced ?? '';
      const group = /^\d+$/.test(name) ? numbered[Number(name)] : named.get(name);
      return typeof group === 'string' ? group : '';
    },
  );
}
