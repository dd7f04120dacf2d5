import type { Node } from 'web-tree-sitter';
import type { Expression, TraversalStep } from './syntax.js';
import { heredocParts, quotedParts, unescapeQuoted } from './template-text.js';

/** Converts an `expression` node. */
export function expressionOf(node: Node, text: string): Expression {
  const children = meaningful(node);
  const [first] = children;
  if (children.length === 1 && first?.type === 'conditional') return conditionalOf(first, text);
  return termOf(children, text);
}

function meaningful(node: Node): Node[] {
  return node.children.filter(({ type }) => type !== 'comment');
}

function span(nodes: readonly Node[]): { start: number; end: number } {
  return { start: nodes[0]?.startIndex ?? 0, end: nodes.at(-1)?.endIndex ?? 0 };
}

function unsupported(nodes: readonly Node[]): Expression {
  return { kind: 'unsupported', what: nodes[0]?.type ?? 'nothing', ...span(nodes) };
}

/** The grammar groups `a ? b : c ? d : e` to the left; the language groups it to the right. */
function conditionalOf(node: Node, text: string): Expression {
  const [condition, , then, , otherwise] = meaningful(node);
  if (condition === undefined || then === undefined || otherwise === undefined) {
    return unsupported([node]);
  }
  const inner = meaningful(condition);
  const result = expressionOf(otherwise, text);
  const outer = { start: node.startIndex, end: node.endIndex };
  if (inner.length === 1 && inner[0]?.type === 'conditional') {
    const left = conditionalOf(inner[0], text);
    return appendBranch(left, expressionOf(then, text), result, outer.end);
  }
  return {
    kind: 'conditional',
    condition: expressionOf(condition, text),
    then: expressionOf(then, text),
    otherwise: result,
    ...outer,
  };
}

function appendBranch(
  left: Expression,
  then: Expression,
  otherwise: Expression,
  end: number,
): Expression {
  if (left.kind !== 'conditional') {
    return { kind: 'conditional', condition: left, then, otherwise, start: left.start, end };
  }
  return { ...left, otherwise: appendBranch(left.otherwise, then, otherwise, end), end };
}

/** A base and what follows it: attributes, indexes, splats. */
function termOf(nodes: readonly Node[], text: string): Expression {
  const [first] = nodes;
  if (first === undefined) return unsupported(nodes);
  const parenthesised = first.type === '(';
  const base = parenthesised ? nodes[1] : first;
  if (base === undefined) return unsupported(nodes);
  let result = parenthesised ? expressionOf(base, text) : primaryOf(base, text);
  for (const node of nodes.slice(parenthesised ? 3 : 1)) {
    const start = first.startIndex;
    const end = node.endIndex;
    if (node.type === 'splat') {
      const [kind] = node.children;
      const steps = meaningful(kind ?? node).slice(1);
      // `a.*.b[0]` takes the index from the list, `a[*].b[0]` from each item.
      const legacyEnd =
        kind?.type === 'attr_splat' ? steps.findIndex(({ type }) => type === 'index') : -1;
      const own = legacyEnd < 0 ? steps : steps.slice(0, legacyEnd);
      result = { kind: 'splat', of: result, steps: own.map((s) => stepOf(s, text)), start, end };
      for (const step of legacyEnd < 0 ? [] : steps.slice(legacyEnd)) {
        result = { kind: 'step', of: result, step: stepOf(step, text), start, end };
      }
    } else {
      result = { kind: 'step', of: result, step: stepOf(node, text), start, end };
    }
  }
  return result;
}

function stepOf(node: Node, text: string): TraversalStep {
  if (node.type === 'get_attr') {
    return { kind: 'attribute', name: node.children[1]?.text ?? '' };
  }
  const [index] = node.children;
  const key = index === undefined ? undefined : meaningful(index)[1];
  if (index?.type === 'new_index' && key !== undefined) {
    return { kind: 'index', key: expressionOf(key, text) };
  }
  const place = { start: node.startIndex, end: node.endIndex };
  const value = Number(node.text.replace('.', ''));
  return { kind: 'index', key: { kind: 'literal', value, ...place } };
}

function primaryOf(node: Node, text: string): Expression {
  const place = { start: node.startIndex, end: node.endIndex };
  const inner = node.children[0];
  switch (node.type) {
    case 'literal_value':
      return inner === undefined ? unsupported([node]) : literalOf(inner, text);
    case 'variable_expr':
      return { kind: 'variable', name: node.text, ...place };
    case 'template_expr':
      return {
        kind: 'template',
        parts:
          inner?.type === 'heredoc_template'
            ? heredocParts(inner, text, expressionOf)
            : quotedParts(inner ?? node, text, expressionOf),
        ...place,
      };
    case 'collection_value':
      return inner === undefined ? unsupported([node]) : collectionOf(inner, text);
    case 'function_call':
      return callOf(node, text);
    case 'for_expr':
      return inner === undefined ? unsupported([node]) : forOf(inner, text);
    case 'operation':
      return inner === undefined ? unsupported([node]) : operationOf(inner, text);
    default:
      return unsupported([node]);
  }
}

function literalOf(node: Node, text: string): Expression {
  const place = { start: node.startIndex, end: node.endIndex };
  const written = text.slice(place.start, place.end);
  switch (node.type) {
    case 'string_lit':
      return { kind: 'literal', value: unescapeQuoted(written.slice(1, -1)), ...place };
    case 'numeric_lit':
      return { kind: 'literal', value: Number(written), ...place };
    case 'bool_lit':
      return { kind: 'literal', value: written === 'true', ...place };
    case 'null_lit':
      return { kind: 'literal', value: null, ...place };
    default:
      return unsupported([node]);
  }
}

function collectionOf(node: Node, text: string): Expression {
  const place = { start: node.startIndex, end: node.endIndex };
  if (node.type === 'tuple') {
    const items = node.children.filter(({ type }) => type === 'expression');
    return { kind: 'tuple', items: items.map((item) => expressionOf(item, text)), ...place };
  }
  const items = node.children.flatMap((element) => {
    if (element.type !== 'object_elem') return [];
    const [key, value] = element.children.filter(({ type }) => type === 'expression');
    if (key === undefined || value === undefined) return [];
    return [{ key: objectKeyOf(key, text), value: expressionOf(value, text) }];
  });
  return { kind: 'object', items, ...place };
}

/** A bare word is a name, unless it stands in parentheses. */
function objectKeyOf(node: Node, text: string): Expression {
  const children = meaningful(node);
  const [only] = children;
  if (children.length === 1 && only?.type === 'variable_expr') {
    return { kind: 'literal', value: only.text, start: node.startIndex, end: node.endIndex };
  }
  return expressionOf(node, text);
}

function callOf(node: Node, text: string): Expression {
  const passed = node.children.find(({ type }) => type === 'function_arguments')?.children ?? [];
  return {
    kind: 'call',
    name: node.children[0]?.text ?? '',
    parameters: passed
      .filter(({ type }) => type === 'expression')
      .map((argument) => expressionOf(argument, text)),
    expandLast: passed.some(({ type }) => type === 'ellipsis'),
    start: node.startIndex,
    end: node.endIndex,
  };
}

function forOf(node: Node, text: string): Expression {
  const intro = node.children.find(({ type }) => type === 'for_intro');
  const condition = node.children.find(({ type }) => type === 'for_cond');
  const results = node.children.filter(({ type }) => type === 'expression');
  const names = intro?.children.filter(({ type }) => type === 'identifier') ?? [];
  const collection = intro?.children.find(({ type }) => type === 'expression');
  const test = condition?.children.find(({ type }) => type === 'expression');
  const result = results.at(-1);
  const value = names.at(-1);
  if (collection === undefined || result === undefined || value === undefined) {
    return unsupported([node]);
  }
  const key = names.length > 1 ? names[0] : undefined;
  const resultKey = results.length > 1 ? results[0] : undefined;
  return {
    kind: 'for',
    ...(key === undefined ? {} : { key: key.text }),
    value: value.text,
    collection: expressionOf(collection, text),
    ...(test === undefined ? {} : { condition: expressionOf(test, text) }),
    ...(resultKey === undefined ? {} : { resultKey: expressionOf(resultKey, text) }),
    result: expressionOf(result, text),
    grouped: node.children.some(({ type }) => type === 'ellipsis'),
    start: node.startIndex,
    end: node.endIndex,
  };
}

const operators = new Set(['*', '/', '%', '+', '-', '>', '>=', '<', '<=', '==', '!=', '&&', '||']);

function operationOf(node: Node, text: string): Expression {
  const place = { start: node.startIndex, end: node.endIndex };
  const children = meaningful(node);
  if (node.type === 'unary_operation') {
    const operator = children[0]?.type ?? '';
    return { kind: 'unary', operator, operand: termOf(children.slice(1), text), ...place };
  }
  const at = children.findIndex(({ type, isNamed }) => !isNamed && operators.has(type));
  const operator = children[at]?.type;
  if (operator === undefined) return unsupported([node]);
  return {
    kind: 'binary',
    operator,
    left: termOf(children.slice(0, at), text),
    right: termOf(children.slice(at + 1), text),
    ...place,
  };
}
