import picomatch from 'picomatch';

/** The rules of one ignore file of a build context, in order. */
export type IgnoreRules = readonly {
  readonly excludes: boolean;
  readonly matches: (path: string) => boolean;
}[];

/**
 * Reads a `.dockerignore` (Docker docs, "Build context"): Go's patterns with `**`, `!` for
 * exceptions, the last rule that matches wins.
 */
export function parseIgnoreFile(text: string): IgnoreRules {
  return text.split('\n').flatMap((line) => {
    const trimmed = line.trim();
    if (trimmed === '' || line.startsWith('#')) return [];
    const excludes = !trimmed.startsWith('!');
    const pattern = (excludes ? trimmed : trimmed.slice(1))
      .trim()
      .replace(/^(\.?\/)+/, '')
      .replace(/\/+$/, '');
    if (pattern === '') return [];
    const matches = picomatch(pattern, {
      dot: true,
      nobrace: true,
      noextglob: true,
      nonegate: true,
    });
    return [{ excludes, matches: (path: string) => matches(path) }];
  });
}

/**
 * True where the rules surely keep `path` out of the build: a directory (`path/`) only where no
 * exception could let a part of it in again.
 */
export function isExcluded(rules: IgnoreRules, path: string): boolean {
  const isDirectory = path.endsWith('/');
  if (isDirectory && rules.some(({ excludes }) => !excludes)) return false;
  const parts = path.replace(/\/$/, '').split('/');
  const upwards = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let excluded = false;
  for (const rule of rules) {
    // What holds for a directory holds for all in it.
    if (upwards.some((parent) => rule.matches(parent))) excluded = rule.excludes;
  }
  return excluded;
}
