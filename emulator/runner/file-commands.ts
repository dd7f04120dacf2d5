/** A file of `name=value` and heredoc blocks that the runner would not accept. */
export class FileCommandError extends Error {
  override readonly name = 'FileCommandError';
}

/**
 * Reads a file such as `GITHUB_OUTPUT` as the runner does (actions/runner, `FileCommandManager`):
 * lines `name=value`, and blocks `name<<DELIMITER` up to a line that is exactly the delimiter.
 * Empty lines in between are skipped; a later value replaces an earlier one.
 *
 * @throws FileCommandError naming the line.
 */
export function parseKeyValueFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const lines = text.split('\n');
  // What follows the last line break is no line.
  if (lines.at(-1) === '') lines.pop();
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) {
        throw new FileCommandError(`Invalid format '${line}'. Name must not be empty`);
      }
      values.set(line.slice(0, equals), line.slice(equals + 1));
      continue;
    }
    if (heredoc < 0) throw new FileCommandError(`Invalid format '${line}'`);
    const name = line.slice(0, heredoc);
    const delimiter = line.slice(heredoc + 2);
    if (name === '' || delimiter === '') {
      throw new FileCommandError(
        `Invalid format '${line}'. Name must not be empty and delimiter must not be empty`,
      );
    }
    const end = lines.indexOf(delimiter, index + 1);
    if (end < 0) {
      throw new FileCommandError(`Invalid value. Matching delimiter not found '${delimiter}'`);
    }
    values.set(name, lines.slice(index + 1, end).join('\n'));
    index = end;
  }
  return values;
}

/** Reads `GITHUB_PATH`: a directory a line. */
export function parsePathFile(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
