import { evaluate } from '../hcl/evaluate.js';
import type { Scope } from '../hcl/scope.js';
import { Unknown } from '../hcl/value.js';
import { localDirectory, type ChosenCall } from './module-source.js';
import { notEvaluable } from './not-evaluable.js';
import type { Repository } from './repository.js';

/**
 * Where the module lies that a call chooses by an expression, relative to the root; undefined where
 * it is no local one. What cannot be told is added to the problems.
 */
export function chosenDirectory(options: {
  readonly repository: Repository;
  readonly call: ChosenCall;
  /** Of the module that calls. */
  readonly scope: Scope;
  /** Its directory. */
  readonly from: string;
  /** Where Terraform runs. */
  readonly directory: string;
}): string | undefined {
  const { repository, call, scope, from, directory } = options;
  let found: string | undefined;
  for (const { name, expression, source } of call.arguments) {
    const value = evaluate(expression, source, scope);
    if (value instanceof Unknown) {
      const what = `module "${call.name}": ${name}`;
      const written = expression;
      repository.problems.add(
        notEvaluable({ what, written, source, unknown: value, directory, hint }),
      );
    } else if (name === 'source' && typeof value === 'string') {
      found = localDirectory(from, value);
    }
  }
  return found;
}

const hint =
  'variables that have a value, locals and terraform.workspace can be told before `init`; ' +
  'else write the path or address itself';
