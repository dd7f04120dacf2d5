import { bind, type Bindings } from './scope.js';
import type { Expression, TemplatePart } from './syntax.js';
import { asBoolean, asString, Unknown, type Evaluated } from './value.js';

/** What a template asks of the evaluation that it is part of. */
export interface Evaluator {
  value(expression: Expression, bindings: Bindings): Evaluated;
  /** Keys and values of a collection, in Terraform's order. */
  items(
    collection: Expression,
    bindings: Bindings,
  ): readonly (readonly [Evaluated, Evaluated])[] | Unknown;
  unknown(reason: string, at: Expression): Unknown;
}

/** The text that the parts of a template make, `whole` being where it stands. */
export function templateText(
  evaluator: Evaluator,
  parts: readonly TemplatePart[],
  whole: Expression,
  bindings: Bindings,
): Evaluated {
  let text = '';
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : partValue(evaluator, part, whole, bindings);
    if (piece instanceof Unknown) return piece;
    const string = asString(piece);
    if (string === undefined) return evaluator.unknown('a template needs text here', whole);
    text += string;
  }
  return text;
}

function partValue(
  evaluator: Evaluator,
  part: Exclude<TemplatePart, string>,
  whole: Expression,
  bindings: Bindings,
): Evaluated {
  switch (part.kind) {
    case 'interpolation':
      return evaluator.value(part.value, bindings);
    case 'if': {
      const condition = evaluator.value(part.condition, bindings);
      if (condition instanceof Unknown) return condition;
      const chosen = asBoolean(condition) === true ? part.then : part.otherwise;
      return templateText(evaluator, chosen, whole, bindings);
    }
    case 'for': {
      const items = evaluator.items(part.collection, bindings);
      if (items instanceof Unknown) return items;
      const pieces = items.map(([key, value]) =>
        templateText(evaluator, part.body, whole, bind(bindings, part, key, value)),
      );
      const unknown = pieces.find((piece) => piece instanceof Unknown);
      return unknown ?? pieces.map((piece) => asString(piece) ?? '').join('');
    }
  }
}
