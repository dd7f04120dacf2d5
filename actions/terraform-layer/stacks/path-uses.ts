import { childrenOf, type Expression } from '../hcl/syntax.js';

/** A path as it is written, which a `for` makes a list of paths. */
export interface PathUse {
  readonly path: Expression;
  /** Whether `fileset()` takes it for a pattern. */
  readonly isPattern: boolean;
}

/**
 * The paths that an expression reads: arguments of `file()` and its like, strings that begin with a
 * `path.` value, and, with `literals`, those that begin with `./` or `../`. One inside of a `for`
 * stands in that `for`, so that it becomes every path that the loop reads.
 */
export function* pathsIn(expression: Expression, literals: boolean): Iterable<PathUse> {
  if (expression.kind === 'call' && /^(?:core::)?(?:file\w*|templatefile)$/.test(expression.name)) {
    const [path, pattern] = expression.parameters;
    const isPattern = expression.name.endsWith('fileset') && pattern !== undefined;
    if (path !== undefined) yield { path: isPattern ? joined(path, pattern) : path, isPattern };
    for (const parameter of expression.parameters) yield* pathsIn(parameter, false);
    return;
  }
  if (isPath(expression, literals)) {
    yield { path: expression, isPattern: false };
    return;
  }
  if (expression.kind === 'for') {
    yield* pathsIn(expression.collection, literals);
    for (const part of [expression.condition, expression.resultKey, expression.result]) {
      for (const { path, isPattern } of part === undefined ? [] : pathsIn(part, literals)) {
        yield { path: repeated(expression, path), isPattern };
      }
    }
    return;
  }
  for (const child of childrenOf(expression)) yield* pathsIn(child, literals);
}

function isPath(expression: Expression, literals: boolean): boolean {
  if (expression.kind === 'literal') return literals && isRelative(expression.value);
  if (expression.kind !== 'template') return false;
  const [first] = expression.parts;
  if (typeof first === 'string') return literals && isRelative(first);
  return first?.kind === 'interpolation' && isPathValue(first.value);
}

function isRelative(value: unknown): boolean {
  return typeof value === 'string' && /^\.{1,2}\//.test(value);
}

/** What a `for` makes of another result: a list. */
function repeated(loop: Expression & { kind: 'for' }, result: Expression): Expression {
  const { key, value, collection, condition, start, end } = loop;
  return {
    kind: 'for',
    ...(key === undefined ? {} : { key }),
    value,
    collection,
    ...(condition === undefined ? {} : { condition }),
    result,
    grouped: false,
    start,
    end,
  };
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
