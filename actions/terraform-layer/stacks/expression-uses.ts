import { childrenOf, type Expression } from '../hcl/syntax.js';

/**
 * Adds the names of outputs that a text uses through data blocks of a type: `attribute` is a
 * pattern of what stands before the output's name.
 */
export function usedOutputs(
  text: string,
  type: string,
  attribute: string,
  found: Map<string, Set<string> | 'all'>,
): void {
  if (!text.includes(`data.${type}`)) return;
  const use = new RegExp(
    `\\bdata\\.${type}\\.([\\w-]+)(?:\\s*\\[[^\\]]*\\])?\\s*\\.\\s*${attribute}` +
      `(?:\\s*\\.\\s*([\\w-]+)|\\s*\\[\\s*"([^"]+)"\\s*\\])?`,
    'g',
  );
  for (const [, name = '', dotted, indexed] of text.matchAll(use)) {
    const output = dotted ?? indexed;
    const known = found.get(name);
    if (output === undefined || known === 'all') found.set(name, 'all');
    else found.set(name, (known ?? new Set<string>()).add(output));
  }
}

/** Arguments of `file()` and its like, and strings that begin with a `path.` value. */
export function* pathsIn(expression: Expression): Iterable<Expression> {
  if (expression.kind === 'call' && /^(?:core::)?(?:file\w*|templatefile)$/.test(expression.name)) {
    const [path, pattern] = expression.parameters;
    if (path !== undefined) {
      yield expression.name.endsWith('fileset') && pattern !== undefined
        ? joined(path, pattern)
        : path;
    }
    for (const parameter of expression.parameters.slice(1)) yield* pathsIn(parameter);
    return;
  }
  if (expression.kind === 'template') {
    const [first] = expression.parts;
    if (typeof first === 'object' && first.kind === 'interpolation' && isPathValue(first.value)) {
      yield expression;
      return;
    }
  }
  for (const child of childrenOf(expression)) yield* pathsIn(child);
}

function isPathValue(expression: Expression): boolean {
  return (
    expression.kind === 'step' &&
    expression.of.kind === 'variable' &&
    expression.of.name === 'path' &&
    expression.step.kind === 'attribute'
  );
}

/** `fileset(path, pattern)` as one template. */
function joined(path: Expression, pattern: Expression): Expression {
  return {
    kind: 'template',
    parts: [{ kind: 'interpolation', value: path }, '/', { kind: 'interpolation', value: pattern }],
    start: path.start,
    end: pattern.end,
  };
}
