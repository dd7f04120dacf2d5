import { callFunction } from './functions.js';
import { templateEnd } from './parse.js';
import { templateCall } from './template-file.js';
import { templateText, type Evaluator } from './template-value.js';
import { traversalOf, type Expression, type Source, type TraversalStep } from './syntax.js';
import {
  binaryResult,
  decidedByLeft,
  firstDecided,
  memberOf,
  operandsOf,
  unaryResult,
} from './operations.js';
import { bind, emptyScope, noBindings, type Bindings, type Scope } from './scope.js';
import {
  asBoolean,
  asString,
  isList,
  isMap,
  mapOf,
  entriesInOrder,
  Unknown,
  type Evaluated,
} from './value.js';

const rootsOfScope = new Set(['var', 'local', 'path', 'terraform', 'tofu', 'each', 'count']);

/**
 * The value of an expression as far as it can be told before Terraform runs. Never throws: what
 * cannot be told is an `Unknown` that says why, inside of lists and maps too.
 */
export function evaluate(expression: Expression, source: Source, scope: Scope): Evaluated {
  return new Evaluation(source, scope).value(expression, noBindings);
}

class Evaluation implements Evaluator {
  readonly #source: Source;
  readonly #scope: Scope;

  constructor(source: Source, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
  }

  value(expression: Expression, bindings: Bindings): Evaluated {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'template':
        return this.#template(expression, bindings);
      case 'tuple':
        return expression.items.map((item) => this.value(item, bindings));
      case 'object':
        return this.#object(expression, bindings);
      case 'variable':
      case 'step':
        return this.#traversal(expression, bindings);
      case 'splat':
        return this.#splat(expression, bindings);
      case 'call':
        return this.#call(expression, bindings);
      case 'conditional':
        return this.#conditional(expression, bindings);
      case 'unary':
        return this.#unary(expression, bindings);
      case 'binary':
        return this.#binary(expression, bindings);
      case 'for':
        return this.#for(expression, bindings);
      case 'unsupported':
        return this.unknown(`${expression.what} is not understood`, expression);
    }
  }

  unknown(reason: string, at: { readonly start: number; readonly end: number }): Unknown {
    return new Unknown(reason, this.#source, at.start, at.end);
  }

  #deferred(expression: Expression): Unknown {
    const reason = `${this.#text(expression)} is known only to Terraform`;
    return new Unknown(reason, this.#source, expression.start, expression.end, true);
  }

  #template(expression: Expression & { kind: 'template' }, bindings: Bindings): Evaluated {
    const [only] = expression.parts;
    // `"${x}"` alone is x itself, of any type.
    if (expression.parts.length === 1 && typeof only === 'object' && only.kind === 'interpolation')
      return this.value(only.value, bindings);
    return templateText(this, expression.parts, expression, bindings);
  }

  #object(expression: Expression & { kind: 'object' }, bindings: Bindings): Evaluated {
    const entries: [string, Evaluated][] = [];
    for (const item of expression.items) {
      const key = this.value(item.key, bindings);
      if (key instanceof Unknown) return key;
      const name = asString(key);
      if (name === undefined) return this.unknown('a key must be text', item.key);
      entries.push([name, this.value(item.value, bindings)]);
    }
    return mapOf(entries);
  }

  #traversal(
    expression: Expression & { kind: 'variable' | 'step' },
    bindings: Bindings,
  ): Evaluated {
    const { base, steps } = traversalOf(expression);
    if (base.kind !== 'variable') {
      return this.#follow(this.value(base, bindings), steps, expression, bindings);
    }
    const bound = bindings.get(base.name);
    if (bound !== undefined) return this.#follow(bound, steps, expression, bindings);
    const [first, ...rest] = steps;
    if (first?.kind !== 'attribute') {
      return this.unknown(`${this.#text(expression)} is not a value`, expression);
    }
    if (base.name === 'module') return this.#module(first.name, rest, expression, bindings);
    if (!rootsOfScope.has(base.name)) {
      return this.#deferred(expression);
    }
    const found = this.#scope.lookup(base.name, first.name);
    if (found === undefined) {
      return this.unknown(`there is no ${base.name}.${first.name} here`, expression);
    }
    return this.#follow(found, rest, expression, bindings);
  }

  #module(
    name: string,
    steps: readonly TraversalStep[],
    expression: Expression,
    bindings: Bindings,
  ): Evaluated {
    const [first, second] = steps;
    const key = first?.kind === 'index' ? this.value(first.key, bindings) : undefined;
    const output = first?.kind === 'index' ? second : first;
    if (output?.kind !== 'attribute') {
      return this.#deferred(expression);
    }
    const found = this.#scope.moduleOutput(name, key, output.name);
    if (found === undefined) {
      return this.#deferred(expression);
    }
    return this.#follow(found, steps.slice(first?.kind === 'index' ? 2 : 1), expression, bindings);
  }

  #follow(
    start: Evaluated,
    steps: readonly TraversalStep[],
    expression: Expression,
    bindings: Bindings,
  ): Evaluated {
    let value = start;
    for (const step of steps) {
      if (value instanceof Unknown) return value;
      const key = step.kind === 'attribute' ? step.name : this.value(step.key, bindings);
      if (key instanceof Unknown) return key;
      const next = memberOf(value, key);
      if (next === undefined) {
        const shown = typeof key === 'string' || typeof key === 'number' ? String(key) : 'this key';
        return this.unknown(`${this.#text(expression)}: there is no "${shown}"`, expression);
      }
      value = next;
    }
    return value;
  }

  #splat(expression: Expression & { kind: 'splat' }, bindings: Bindings): Evaluated {
    const value = this.value(expression.of, bindings);
    if (value instanceof Unknown) return value;
    const items = isList(value) ? value : value === null ? [] : [value];
    return items.map((item) => this.#follow(item, expression.steps, expression, bindings));
  }

  #call(expression: Expression & { kind: 'call' }, bindings: Bindings): Evaluated {
    const { name, parameters } = expression;
    const values = parameters.map((parameter) => this.value(parameter, bindings));
    if (name === 'try' || name === 'can') {
      const decided = firstDecided(values);
      if (decided instanceof Unknown) return decided;
      if (name === 'can') return decided !== undefined;
      return decided ?? values.at(-1) ?? this.unknown('try() without an argument', expression);
    }
    if (expression.expandLast) {
      const last = values.pop() ?? null;
      if (last instanceof Unknown) return last;
      if (!isList(last)) return this.unknown('"..." needs a list', expression);
      values.push(...last);
    }
    if (/^(?:core::)?templatefile$/.test(name)) return this.#templateFile(values, expression);
    const result = callFunction(name, values, this.#scope.files);
    return 'failure' in result
      ? this.unknown(`${name}(): ${result.failure}`, expression)
      : result.value;
  }

  /** A template sees its own variables and files, and no other name. */
  #templateFile(values: readonly Evaluated[], whole: Expression): Evaluated {
    const { files } = this.#scope;
    const call = templateCall(values, files);
    if (call instanceof Unknown) return call;
    if ('failure' in call) return this.unknown(`templatefile(): ${call.failure}`, whole);
    const { template, variables } = call;
    const inner = new Evaluation(template.source, { ...emptyScope, files });
    const text = inner.value(template.expression, variables);
    return typeof text === 'string' ? text.replace(templateEnd, '') : text;
  }

  #conditional(expression: Expression & { kind: 'conditional' }, bindings: Bindings): Evaluated {
    const condition = this.value(expression.condition, bindings);
    if (condition instanceof Unknown) return condition;
    const chosen = asBoolean(condition);
    if (chosen === undefined) return this.unknown('a condition must be true or false', expression);
    return this.value(chosen ? expression.then : expression.otherwise, bindings);
  }

  #unary(expression: Expression & { kind: 'unary' }, bindings: Bindings): Evaluated {
    const { operator } = expression;
    const value = this.value(expression.operand, bindings);
    if (value instanceof Unknown) return value;
    return unaryResult(operator, value) ?? this.unknown(operandsOf(operator), expression);
  }

  #binary(expression: Expression & { kind: 'binary' }, bindings: Bindings): Evaluated {
    const { operator } = expression;
    const left = this.value(expression.left, bindings);
    const decided = decidedByLeft(operator, left);
    if (decided !== undefined) return decided;
    const right = this.value(expression.right, bindings);
    if (left instanceof Unknown) return left;
    if (right instanceof Unknown) return right;
    return binaryResult(operator, left, right) ?? this.unknown(operandsOf(operator), expression);
  }

  #for(expression: Expression & { kind: 'for' }, bindings: Bindings): Evaluated {
    const items = this.items(expression.collection, bindings);
    if (items instanceof Unknown) return items;
    const list: Evaluated[] = [];
    const map = new Map<string, Evaluated>();
    const groups = new Map<string, Evaluated[]>();
    for (const [key, value] of items) {
      const inner = bind(bindings, expression, key, value);
      if (expression.condition !== undefined) {
        const condition = this.value(expression.condition, inner);
        if (condition instanceof Unknown) return condition;
        if (asBoolean(condition) !== true) continue;
      }
      const result = this.value(expression.result, inner);
      if (expression.resultKey === undefined) {
        list.push(result);
        continue;
      }
      const resultKey = this.value(expression.resultKey, inner);
      if (resultKey instanceof Unknown) return resultKey;
      const name = asString(resultKey);
      if (name === undefined) return this.unknown('a key must be text', expression.resultKey);
      map.set(name, result);
      groups.set(name, [...(groups.get(name) ?? []), result]);
    }
    if (expression.resultKey === undefined) return list;
    return mapOf(expression.grouped ? groups : map);
  }

  items(
    collection: Expression,
    bindings: Bindings,
  ): readonly (readonly [Evaluated, Evaluated])[] | Unknown {
    const value = this.value(collection, bindings);
    if (value instanceof Unknown) return value;
    if (isList(value)) return value.map((item, index) => [index, item] as const);
    if (isMap(value)) return entriesInOrder(value);
    return this.unknown('"for" needs a list or a map', collection);
  }

  #text(expression: Expression): string {
    return this.#source.text.slice(expression.start, expression.end);
  }
}
