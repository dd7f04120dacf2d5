import { evaluate } from '../hcl/evaluate.js';
import type { Scope } from '../hcl/scope.js';
import { asNumber, isList, isMap, Unknown, type Evaluated } from '../hcl/value.js';
import { mergedAttributes, type NamedBlock } from './named-block.js';
import type { Repository } from './repository.js';

/** `each` of one instance, or `count.index` as its key. */
export interface Each {
  readonly key: Evaluated;
  readonly value: Evaluated;
}

interface Repetition {
  readonly each?: Each;
}

/**
 * The instances that `count` or `for_each` make of a block. Where these are not known there is
 * one, whose `each` is not known either: only what depends on it cannot be told.
 */
export function repetitions(
  repository: Repository,
  block: NamedBlock,
  scope: Scope,
): readonly Repetition[] {
  const attributes = mergedAttributes(repository, block);
  const count = attributes.get('count')?.value;
  const forEach = attributes.get('for_each')?.value;
  if (count !== undefined) {
    const value = evaluate(count.expression, count.source, scope);
    if (value instanceof Unknown) return [{ each: { key: value, value } }];
    const length = Math.min(asNumber(value) ?? 0, 1000);
    return Array.from({ length }, (_, index) => ({ each: { key: index, value: index } }));
  }
  if (forEach === undefined) return [{}];
  const value = evaluate(forEach.expression, forEach.source, scope);
  if (value instanceof Unknown) return [{ each: { key: value, value } }];
  if (isList(value)) return value.map((item) => ({ each: { key: item, value: item } }));
  if (!isMap(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ each: { key, value: item } }));
}

/** A scope in which `each` and `count` are those of one instance. */
export function withEach(scope: Scope, each: Each | undefined): Scope {
  if (each === undefined) return scope;
  return {
    lookup: (root, name) => {
      if (root === 'each') return name === 'key' ? each.key : each.value;
      if (root === 'count') return each.key;
      return scope.lookup(root, name);
    },
    moduleOutput: (name, key, output) => scope.moduleOutput(name, key, output),
    files: scope.files,
  };
}
