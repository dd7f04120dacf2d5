import type { SourceLocation } from '../../shared/errors.js';

/** Text that was parsed, and where it stands in its file. Offsets count UTF-16 code units. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** 1-based line of the text's first character. */
  readonly line: number;
  /** 1-based column of it; default 1. */
  readonly column?: number;
}

/** The place of an offset, 1-based. */
export function locate(source: Source, offset: number): SourceLocation {
  let line = source.line;
  let lineStart = 0;
  for (;;) {
    const end = source.text.indexOf('\n', lineStart);
    if (end < 0 || end >= offset) break;
    line += 1;
    lineStart = end + 1;
  }
  const firstColumn = lineStart === 0 ? (source.column ?? 1) : 1;
  return { file: source.file, line, column: offset - lineStart + firstColumn };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export type TraversalStep =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'index'; readonly key: Expression };

export type TemplatePart =
  | string
  | { readonly kind: 'interpolation'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: readonly TemplatePart[];
      readonly otherwise: readonly TemplatePart[];
    }
  | {
      readonly kind: 'for';
      readonly key?: string;
      readonly value: string;
      readonly collection: Expression;
      readonly body: readonly TemplatePart[];
    };

export type Expression = Span &
  (
    | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
    | { readonly kind: 'template'; readonly parts: readonly TemplatePart[] }
    | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
    | {
        readonly kind: 'object';
        readonly items: readonly { readonly key: Expression; readonly value: Expression }[];
      }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'step'; readonly of: Expression; readonly step: TraversalStep }
    | { readonly kind: 'splat'; readonly of: Expression; readonly steps: readonly TraversalStep[] }
    | {
        readonly kind: 'call';
        readonly name: string;
        readonly parameters: readonly Expression[];
        /** The last argument ends in `...`: its items are arguments. */
        readonly expandLast: boolean;
      }
    | {
        readonly kind: 'conditional';
        readonly condition: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
    | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: string;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'for';
        readonly key?: string;
        readonly value: string;
        readonly collection: Expression;
        readonly condition?: Expression;
        /** Absent: the result is a tuple. */
        readonly resultKey?: Expression;
        readonly result: Expression;
        /** `...` after the result: values of one key are grouped. */
        readonly grouped: boolean;
      }
    /** A part that the grammar knows and evaluation does not. */
    | { readonly kind: 'unsupported'; readonly what: string }
  );

/** `a.b[0]` as what it begins with, and the steps from there. */
export function traversalOf(expression: Expression): {
  readonly base: Expression;
  readonly steps: readonly TraversalStep[];
} {
  const steps: TraversalStep[] = [];
  let base = expression;
  while (base.kind === 'step') {
    steps.unshift(base.step);
    base = base.of;
  }
  return { base, steps };
}

/** An attribute whose value is not parsed yet; offsets count in the text of its body. */
export interface Attribute extends Span {
  readonly name: string;
  /** Where the value begins, behind the equals sign. */
  readonly valueStart: number;
}

export interface Block extends Span {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
}

export interface Body {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

/** Every expression directly inside `expression`. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'variable':
    case 'unsupported':
      return [];
    case 'template':
      return expression.parts.flatMap(partChildren);
    case 'tuple':
      return expression.items;
    case 'object':
      return expression.items.flatMap(({ key, value }) => [key, value]);
    case 'step':
      return [expression.of, ...stepChildren(expression.step)];
    case 'splat':
      return [expression.of, ...expression.steps.flatMap(stepChildren)];
    case 'call':
      return expression.parameters;
    case 'conditional':
      return [expression.condition, expression.then, expression.otherwise];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'for':
      return [
        expression.collection,
        ...(expression.condition === undefined ? [] : [expression.condition]),
        ...(expression.resultKey === undefined ? [] : [expression.resultKey]),
        expression.result,
      ];
  }
}

function stepChildren(step: TraversalStep): readonly Expression[] {
  return step.kind === 'index' ? [step.key] : [];
}

function partChildren(part: TemplatePart): readonly Expression[] {
  if (typeof part === 'string') return [];
  switch (part.kind) {
    case 'interpolation':
      return [part.value];
    case 'if':
      return [
        part.condition,
        ...part.then.flatMap(partChildren),
        ...part.otherwise.flatMap(partChildren),
      ];
    case 'for':
      return [part.collection, ...part.body.flatMap(partChildren)];
  }
}
