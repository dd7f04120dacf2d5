import path from 'node:path/posix';
import picomatch from 'picomatch';
import { evaluate } from '../hcl/evaluate.js';
import type { Scope } from '../hcl/scope.js';
import type { Expression, Source, TemplatePart } from '../hcl/syntax.js';
import { asString, isList, Unknown, type Evaluated } from '../hcl/value.js';
import type { ModuleInstance } from './module-instance.js';
import type { PathRead } from './path-reads.js';
import { repetitions, withEach } from './repetitions.js';
import type { Repository } from './repository.js';

/**
 * What a stack reads beside its configuration: arguments of `file()`, `templatefile()`, `fileset()`
 * and their like, strings that begin with `path.module`, `./` or `../`, and the arguments of some
 * resources that are paths (the source of an archive or an object). `each`, `count` and the loops
 * around them are worked out; a part that is not known becomes `*`. Relative to the repository's
 * root; what lies outside of it, or is the configuration's own directory, is left out.
 */
export function pathsRead(
  repository: Repository,
  instances: readonly ModuleInstance[],
  directory: string,
): readonly string[] {
  const found = new Set<string>();
  for (const instance of instances) {
    for (const read of instance.source.reads) {
      for (const written of writtenPaths(repository, read, instance)) {
        const relative = path.isAbsolute(written) ? instance.relativePath(written) : written;
        if (relative === undefined) continue;
        const place = path.join(directory, relative).replace(/\/$/, '');
        if (place.startsWith('..') || place === directory || place === '.') continue;
        if (place === instance.source.directory) continue;
        found.add(read.isPattern ? plainGlob(place) : place);
      }
    }
  }
  return withoutCovered([...found]).sort();
}

/** A file set names each of its files too, and there may be thousands. */
function withoutCovered(places: readonly string[]): string[] {
  const globs = places.filter((place) => place.includes('*'));
  if (globs.length === 0) return [...places];
  const covered = picomatch([...globs], { dot: true, nobrace: true });
  return places.filter((place) => place.includes('*') || !covered(place));
}

function* writtenPaths(
  repository: Repository,
  { path: expression, source, block }: PathRead,
  instance: ModuleInstance,
): Iterable<string> {
  const turns = block === undefined ? [{}] : repetitions(repository, block, instance);
  for (const { each } of turns) yield* pathsOf(expression, source, withEach(instance, each));
}

/** The paths that an expression stands for: its value, or each item of it. */
function* pathsOf(expression: Expression, source: Source, scope: Scope): Iterable<string> {
  const value = evaluate(expression, source, scope);
  let open = value instanceof Unknown;
  for (const item of isList(value) ? value : [value]) {
    const text = asString(item);
    if (text !== undefined) yield text;
    else if (item instanceof Unknown) open = true;
  }
  if (open) yield* patternsOf(expression, source, scope);
}

/** What can be told of a path of which a part is not known. */
function* patternsOf(expression: Expression, source: Source, scope: Scope): Iterable<string> {
  switch (expression.kind) {
    case 'for':
      yield* patternsOf(expression.result, source, scope);
      break;
    case 'conditional':
      yield* pathsOf(expression.then, source, scope);
      yield* pathsOf(expression.otherwise, source, scope);
      break;
    case 'template': {
      const text = expression.parts
        .map((part) => pieceOf(part, (inner) => evaluate(inner, source, scope)))
        .join('');
      // Without a known beginning it would stand for every file there is.
      if (!text.startsWith('*')) yield text;
      break;
    }
    default:
  }
}

function pieceOf(part: TemplatePart, valueOf: (expression: Expression) => Evaluated): string {
  if (typeof part === 'string') return part;
  return (part.kind === 'interpolation' ? asString(valueOf(part.value)) : undefined) ?? '*';
}

/** `*.{json,yml}` and `?` as stars: a name that is written out may hold such a character. */
function plainGlob(pattern: string): string {
  return pattern.replace(/\{[^{}]*\}|\[[^[\]]*\]|\?/g, '*');
}
