import { formatText } from './format-function.js';
import {
  bad,
  codePoints,
  number,
  string,
  strings,
  type Implementations,
} from './function-arguments.js';
import { regex, regexAll, replace } from './regular-expressions.js';
import { isList, type Evaluated } from './value.js';

function format(text: string, values: readonly Evaluated[]): string {
  return formatText(text, values) ?? bad('this format is evaluated by Terraform only');
}

/** One text for each item of the lists, which are of one length; other values stay the same. */
function formatList(values: readonly Evaluated[]): readonly string[] {
  const lengths = new Set(values.flatMap((value) => (isList(value) ? [value.length] : [])));
  if (lengths.size > 1) return bad('the lists are not of one length');
  const [length = 1] = lengths;
  return Array.from({ length }, (_, index) => {
    const [text, ...rest] = values.map((value) => (isList(value) ? (value[index] ?? null) : value));
    return format(string(text), rest);
  });
}

function substr(values: readonly Evaluated[]): string {
  const characters = codePoints(string(values[0]));
  const offset = number(values[1]);
  const length = number(values[2]);
  const start = offset < 0 ? characters.length + offset : offset;
  return characters.slice(start, length < 0 ? undefined : start + length).join('');
}

function trim(text: string, characters: string): string {
  const set = new Set(characters);
  const all = codePoints(text);
  const start = all.findIndex((character) => !set.has(character));
  const end = all.findLastIndex((character) => !set.has(character));
  return start < 0 ? '' : all.slice(start, end + 1).join('');
}

export const textFunctions = {
  chomp: ([value]) => string(value).replace(/[\r\n]+$/, ''),
  endswith: ([text, end]) => string(text).endsWith(string(end)),
  format: ([text, ...rest]) => format(string(text), rest),
  formatlist: (values) => formatList(values),
  indent: ([spaces, text]) =>
    string(text).replaceAll('\n', '\n' + ' '.repeat(Math.max(0, number(spaces)))),
  join: ([separator, ...lists]) => lists.flatMap(strings).join(string(separator)),
  lower: ([text]) => string(text).toLowerCase(),
  regex: ([pattern, text]) => regex(string(pattern), string(text)),
  regexall: ([pattern, text]) => regexAll(string(pattern), string(text)),
  replace: (values) => replace(values),
  split: ([separator, text]) => string(text).split(string(separator)),
  startswith: ([text, start]) => string(text).startsWith(string(start)),
  strcontains: ([text, part]) => string(text).includes(string(part)),
  strrev: ([text]) => codePoints(string(text)).reverse().join(''),
  substr: (values) => substr(values),
  title: ([text]) => string(text).replace(/(^|\s)\p{L}/gu, (letter) => letter.toUpperCase()),
  tostring: ([value]) => (value === null ? null : string(value)),
  trim: ([text, characters]) => trim(string(text), string(characters)),
  trimprefix: ([text, prefix]) =>
    string(text).startsWith(string(prefix))
      ? string(text).slice(string(prefix).length)
      : string(text),
  trimspace: ([text]) => string(text).trim(),
  trimsuffix: ([text, suffix]) =>
    string(suffix) !== '' && string(text).endsWith(string(suffix))
      ? string(text).slice(0, -string(suffix).length)
      : string(text),
  upper: ([text]) => string(text).toUpperCase(),
} satisfies Implementations;
