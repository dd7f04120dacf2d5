import type { SourceLocation } from '../../shared/errors.js';
import { childrenOf, locate, type Body, type Expression, type Source } from '../hcl/syntax.js';
import { mergedAttributes, type NamedBlock } from './named-block.js';
import type { BlockRef, Repository } from './repository.js';
import type { EarlyExpression } from './workspace.js';

/** Arguments of a module call that OpenTofu works out before it installs the module. */
const ofCalls = ['source', 'version'];
/** Blocks in `terraform` whose arguments OpenTofu works out before it knows any state. */
const ofTerraform = new Set(['backend', 'cloud', 'encryption']);

/** Whether a text may hold an expression at all; quick, and sometimes wrong. */
const mayCompute = /[$%]\{|\(|\b(?:var|local|terraform|tofu|path|key_provider|method)\./;
const mayBeEarly = /\b(?:source|version)\s*=\s*(?:[^"\s]|"[^"\n]*[$%]\{)/;

/** Whether a module call may have an early expression; quick, and sometimes wrong. */
export function mayChooseModule(text: string): boolean {
  return mayBeEarly.test(text);
}

/** The source or the version of a module call, where it is an expression. */
export interface ChosenArgument {
  readonly name: string;
  readonly at: SourceLocation;
  readonly expression: Expression;
  readonly source: Source;
}

/**
 * What a module call says by an expression of where its module is: OpenTofu takes one since 1.8 (its
 * documentation, "Module Blocks"), Terraform since 1.15 (its changelog).
 */
export function chosenArguments(
  repository: Repository,
  call: NamedBlock,
): readonly ChosenArgument[] {
  const attributes = mergedAttributes(repository, call);
  return ofCalls.flatMap((name) => {
    const attribute = attributes.get(name);
    const value = attribute?.value;
    if (attribute === undefined || value === undefined || isConstant(value.expression)) return [];
    return [{ name, at: attribute.at, expression: value.expression, source: value.source }];
  });
}

/** Expressions of a `terraform` block that are worked out before any state is read. */
export function earlySettings(
  repository: Repository,
  blocks: readonly BlockRef[],
): readonly EarlyExpression[] {
  const found: EarlyExpression[] = [];
  const look = (body: Body, source: Source): void => {
    for (const attribute of body.attributes.values()) {
      const value = repository.value(attribute, source);
      if (value === undefined || isConstant(value.expression)) continue;
      found.push({ of: 'backend', at: locate(source, attribute.start) });
    }
    for (const inner of body.blocks) look(inner.body, source);
  };
  for (const ref of blocks) {
    const { text } = ref.source;
    if (!/\b(?:backend|cloud|encryption)\b/.test(text) || !mayCompute.test(text)) continue;
    for (const block of repository.block(ref)?.body.blocks ?? []) {
      if (ofTerraform.has(block.type)) look(block.body, ref.source);
    }
  }
  return found;
}

/** Whether a value is written out: it names nothing, and calls no function. */
function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true;
    case 'unary':
    case 'tuple':
    case 'object':
      return childrenOf(expression).every(isConstant);
    case 'template':
      return expression.parts.every((part) => typeof part === 'string');
    default:
      return false;
  }
}
