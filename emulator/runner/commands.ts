/** A workflow command, as a line of an action's output spells it. */
export interface Command {
  /** Lower case. */
  readonly name: string;
  /** Names in lower case: GitHub does not tell `endLine` from `endline`. */
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What the runner knows; a line with any other name is plain text. */
const knownNames = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

type Escapes = readonly (readonly [string, string])[];

/** The percent sign comes last, or `%250A` would become a line break. */
const dataEscapes: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
];
const propertyEscapes: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%3A', ':'],
  ['%2C', ','],
  ['%25', '%'],
];
const oldEscapes: Escapes = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%25', '%'],
];

function unescape(value: string, escapes: Escapes): string {
  return escapes.reduce((text, [escaped, plain]) => text.replaceAll(escaped, plain), value);
}

interface Syntax {
  readonly separator: ',' | ';';
  readonly properties: Escapes;
  readonly data: Escapes;
}

const currentSyntax: Syntax = { separator: ',', properties: propertyEscapes, data: dataEscapes };
const oldSyntax: Syntax = { separator: ';', properties: oldEscapes, data: oldEscapes };

function build(
  head: string,
  data: string,
  syntax: Syntax,
  resumeToken: string | undefined,
): Command | undefined {
  const space = head.indexOf(' ');
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase();
  if (!knownNames.has(name) && name !== resumeToken?.toLowerCase()) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space < 0
    ? []
    : head
        .slice(space + 1)
        .trim()
        .split(syntax.separator)) {
    const equals = pair.indexOf('=');
    if (equals <= 0 || equals === pair.length - 1) continue;
    properties[pair.slice(0, equals).trim().toLowerCase()] = unescape(
      pair.slice(equals + 1),
      syntax.properties,
    );
  }
  return { name, properties, data: unescape(data, syntax.data) };
}

/**
 * Reads a line as the runner does (actions/runner, `ActionCommand`): `::name key=value,…::data`
 * at its start, or the old `##[name key=value;…]data` anywhere in it.
 *
 * @param resumeToken of `stop-commands`, which is a command as well while commands are stopped.
 * @returns undefined for a line that is plain text.
 */
export function parseCommand(line: string, resumeToken?: string): Command | undefined {
  const trimmed = line.trimStart();
  if (trimmed.startsWith('::')) {
    const end = trimmed.indexOf('::', 2);
    const command =
      end < 0
        ? undefined
        : build(trimmed.slice(2, end), trimmed.slice(end + 2), currentSyntax, resumeToken);
    if (command !== undefined) return command;
  }
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  return build(line.slice(start + 3, end), line.slice(end + 1), oldSyntax, resumeToken);
}
