import path from 'node:path/posix';
import { evaluate, type Scope } from '../hcl/evaluate.js';
import type { TemplatePart } from '../hcl/syntax.js';
import { asString, Unknown, type Evaluated } from '../hcl/value.js';
import type { ModuleInstance } from './module-instance.js';
import type { PathRead } from './module-source.js';

/**
 * What a stack reads beside its configuration: arguments of `file()`, `templatefile()`, `fileset()`
 * and their like, and every string that begins with `path.module` or `path.root` (a source of an
 * archive or an object). A part that is not known becomes `*`. Relative to the repository's root;
 * what lies outside of it, or is the configuration's own directory, is left out.
 */
export function pathsRead(
  instances: readonly ModuleInstance[],
  directory: string,
): readonly string[] {
  const found = new Set<string>();
  for (const instance of instances) {
    for (const read of instance.source.reads) {
      const written = pathOf(read, instance);
      if (written === undefined || path.isAbsolute(written)) continue;
      const place = path.join(directory, written).replace(/\/$/, '');
      if (place.startsWith('..') || place === directory || place === '.') continue;
      if (place === instance.source.directory) continue;
      found.add(place);
    }
  }
  return [...found].sort();
}

function pathOf({ expression, source }: PathRead, scope: Scope): string | undefined {
  const value = evaluate(expression, source, scope);
  if (!(value instanceof Unknown)) return asString(value);
  if (expression.kind !== 'template') return undefined;
  const text = expression.parts
    .map((part) => pieceOf(part, (inner) => evaluate(inner, source, scope)))
    .join('');
  // Without a known beginning it would stand for every file there is.
  return text.startsWith('*') ? undefined : text;
}

function pieceOf(
  part: TemplatePart,
  valueOf: (expression: PathRead['expression']) => Evaluated,
): string {
  if (typeof part === 'string') return part;
  return (part.kind === 'interpolation' ? asString(valueOf(part.value)) : undefined) ?? '*';
}
