import { asNumber, asString, type Evaluated } from './value.js';

/**
 * Terraform's `format` for the verbs that names are made of: `%s %d %q %v %t %%`, with width and
 * zero padding. Undefined for any other verb, or when an argument does not fit.
 */
export function formatText(format: string, values: readonly Evaluated[]): string | undefined {
  let next = 0;
  let failures = 0;
  const text = format.replace(
    /%(?:(%)|([-0+ ]*)(\d*)(?:\.\d+)?(.?))/gu,
    (whole: string, _percent: unknown, flags = '', width = '', verb = '') => {
      if (whole === '%%') return '%';
      const value = values[next];
      next += 1;
      const piece = value === undefined ? undefined : formatOne(String(verb), value);
      if (piece === undefined) {
        failures += 1;
        return '';
      }
      return pad(piece, String(flags), Number(width));
    },
  );
  return failures > 0 || next < values.length ? undefined : text;
}

function formatOne(verb: string, value: Evaluated): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
      return value === null && verb === 'v' ? 'null' : asString(value);
    case 'd': {
      const number = asNumber(value);
      return number === undefined || !Number.isInteger(number) ? undefined : String(number);
    }
    case 'q':
      return typeof value === 'string' ? JSON.stringify(value) : undefined;
    case 't':
      return typeof value === 'boolean' ? String(value) : undefined;
    default:
      return undefined;
  }
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  return text.startsWith('-')
    ? `-${text.slice(1).padStart(width - 1, '0')}`
    : text.padStart(width, '0');
}
