import type { InputReader } from '../../shared/inputs.js';

/** A secret that a build may mount (`RUN --mount=type=secret,id=…`). */
export type BuildSecret =
  | { readonly id: string; readonly from: 'value'; readonly value: string }
  | { readonly id: string; readonly from: 'file'; readonly path: string };

/** Reads `secrets` (`id=value`) and `secret-files` (`id=path`). */
export function readBuildSecrets(reader: InputReader): readonly BuildSecret[] {
  const values = readValues(reader);
  const files = reader.keyValues('secret-files');
  const secrets: readonly BuildSecret[] = [
    ...Object.entries(values).map(([id, value]): BuildSecret => ({ id, from: 'value', value })),
    ...Object.entries(files).map(([id, path]): BuildSecret => ({ id, from: 'file', path })),
  ];
  for (const secret of secrets) {
    const input = secret.from === 'value' ? 'secrets' : 'secret-files';
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(secret.id)) {
      reader.problem(
        input,
        'input-malformed',
        `${JSON.stringify(secret.id)} is not the id of a secret`,
        'letters, digits, "_", "." and "-"',
      );
    }
    // GitHub writes nothing for a secret that is not there.
    if (secret.from === 'value' && secret.value === '') {
      reader.problem(
        input,
        'secret-empty',
        `${secret.id} has no value`,
        'is the secret set, and may this event read it? Pull requests of forks read none',
      );
    }
    if (secret.from === 'file' && secret.id in values) {
      reader.problem(input, 'input-duplicate-key', `${secret.id} is given in secrets too`);
    }
  }
  return secrets;
}

/** As `reader.keyValues`, but for the problems, which must not show what may be part of a secret. */
function readValues(reader: InputReader): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const lines = (reader.text('secrets') ?? '').split('\n');
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const at = trimmed.indexOf('=');
    if (at <= 0) {
      reader.problem(
        'secrets',
        'input-not-key-value',
        `line ${index + 1} is not id=value`,
        'a secret of several lines goes into a file: secret-files',
      );
      continue;
    }
    const id = trimmed.slice(0, at).trim();
    if (id in values) reader.problem('secrets', 'input-duplicate-key', `${id} is given twice`);
    values[id] = trimmed.slice(at + 1);
  }
  return values;
}
