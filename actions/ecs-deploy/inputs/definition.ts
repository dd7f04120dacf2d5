import type { InputReader } from '../../shared/inputs.js';
import type { DefinitionEdits, NamedValue, NameToRemove } from '../definition/edits.js';

/** The edits, with overrides that are not parsed yet. */
export type EditInputs = Omit<DefinitionEdits, 'overrides'> & {
  /** YAML or JSON. */
  readonly overrides: string | undefined;
};

/** The inputs that `readEdits` reads, for `onlyFor`. */
export const editInputs = [
  'env-vars',
  'remove-env-vars',
  'secrets',
  'remove-secrets',
  'cpu',
  'memory',
  'overrides',
] as const;

/**
 * Reads what the inputs change in the task definition. Problems name the line and never quote it:
 * a value may be secret.
 */
export function readEdits(reader: InputReader): EditInputs {
  return {
    environment: readValues(reader, 'env-vars'),
    removeEnvironment: readNames(reader, 'remove-env-vars'),
    secrets: readValues(reader, 'secrets'),
    removeSecrets: readNames(reader, 'remove-secrets'),
    cpu: reader.matching(
      'cpu',
      /^(\d+|\d*\.?\d+ ?vCPU)$/i,
      'a number of CPU units, such as 512, or of vCPUs, such as ".5 vCPU"',
    ),
    memory: reader.matching(
      'memory',
      /^(\d+|\d*\.?\d+ ?GB)$/i,
      'a number of MiB, such as 1024, or of GB, such as "1 GB"',
    ),
    overrides: reader.text('overrides'),
  };
}

function readValues(reader: InputReader, input: string): readonly NamedValue[] {
  const values: NamedValue[] = [];
  for (const [line, text] of linesOf(reader, input)) {
    const at = text.indexOf('=');
    const named = at <= 0 ? undefined : splitName(text.slice(0, at));
    if (named === undefined) {
      reader.problem(
        input,
        'input-not-key-value',
        `line ${line} is not NAME=value`,
        'NAME=value for the main container, container:NAME=value for another',
      );
      continue;
    }
    if (values.some((one) => one.name === named.name && one.container === named.container)) {
      reader.problem(input, 'input-duplicate-key', `line ${line} gives ${named.name} again`);
    }
    values.push({ ...named, value: text.slice(at + 1) });
  }
  return values;
}

function readNames(reader: InputReader, input: string): readonly NameToRemove[] {
  return linesOf(reader, input).flatMap(([line, text]) =>
    text.split(',').flatMap((part) => {
      const named = splitName(part);
      if (named !== undefined && !part.includes('=')) return [named];
      reader.problem(
        input,
        'input-malformed',
        `line ${line} is not a name`,
        'NAME of the main container, container:NAME of another, one a line',
      );
      return [];
    }),
  );
}

function linesOf(reader: InputReader, input: string): readonly (readonly [number, string])[] {
  return (reader.text(input) ?? '')
    .split('\n')
    .map((line, index) => [index + 1, line.trim()] as const)
    .filter(([, line]) => line !== '');
}

/** What stands before the first colon is the container. */
function splitName(text: string): NameToRemove | undefined {
  const [, container, name = ''] = /^(?:([\w-]+):)?(.+)$/.exec(text.trim()) ?? [];
  return name === '' || name.startsWith(':') ? undefined : { container, name: name.trim() };
}
