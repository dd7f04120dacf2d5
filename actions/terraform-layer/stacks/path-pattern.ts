/** A directory or file pattern such as `layers/{layer}/environments/{environment}`. */
export interface PathPattern {
  readonly text: string;
  /** Names in braces, in order. */
  readonly captures: readonly string[];
  /** Number of segments without a capture or a star: how specific the pattern is. */
  readonly literalSegments: number;
  /** What the braces stand for, or undefined where the path does not fit. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/**
 * Compiles a pattern: `{name}` stands for one path segment or a part of one, `*` for any part of a
 * segment, `**` for any number of segments. The same name twice must stand for the same text.
 */
export function pathPattern(text: string): PathPattern {
  const captures: string[] = [];
  const segments = normalise(text).split('/');
  const source = segments.map((segment) => segmentSource(segment, captures)).join('/');
  const expression = new RegExp(`^${source.replaceAll('(?:.*)/', '(?:.*/)?')}$`, 'u');
  const literals = segments.join('/').split(/[{*]/);
  const prefix = segments.includes('**') ? '' : (literals[0] ?? '');
  const suffix = segments.includes('**') ? '' : (segments.join('/').split(/[}*]/).at(-1) ?? '');
  return {
    text,
    captures,
    literalSegments: segments.filter((segment) => !/[{*]/.test(segment)).length,
    match: (path) => {
      // Thousands of directories fit none of the patterns: most are told by their beginning or end.
      if (!path.startsWith(prefix) || !path.endsWith(suffix)) return undefined;
      const found = expression.exec(path);
      if (found === null) return undefined;
      const { groups } = found;
      if (groups === undefined) return {};
      return Object.fromEntries(captures.map((name, index) => [name, groups[`c${index}`] ?? '']));
    },
  };
}

/** Fills in `{name}`; a name without a value stays as it is, so that a caller can point at it. */
export function fillPattern(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{([\w-]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
}

function normalise(text: string): string {
  return text.replace(/^\.\//, '').replace(/\/+$/, '');
}

function segmentSource(segment: string, captures: string[]): string {
  if (segment === '**') return '(?:.*)';
  return segment.replace(/\{([\w-]+)\}|\*+|[^{*]+|\{/g, (part, name: string | undefined) => {
    if (name !== undefined) {
      const known = captures.indexOf(name);
      if (known >= 0) return `\\k<c${known}>`;
      captures.push(name);
      return `(?<c${captures.length - 1}>[^/]+)`;
    }
    if (part.startsWith('*')) return '[^/]*';
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
}
