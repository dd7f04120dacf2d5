import { collectionFunctions, movingFunctions } from './collection-functions.js';
import { BadArgument, type Implementation, type Implementations } from './function-arguments.js';
import { encodingFunctions } from './encoding-functions.js';
import { fileFunctions } from './file-functions.js';
import { numberFunctions } from './number-functions.js';
import type { ScopeFiles } from './scope.js';
import { textFunctions } from './text-functions.js';
import { firstUnknown, Unknown, type Evaluated } from './value.js';

export type FunctionResult = { readonly value: Evaluated } | { readonly failure: string };

/** Functions that only move values: unknown parts stay where they are. */
const movers = tableOf(movingFunctions);

/** Functions that look into their arguments: an unknown part makes the result unknown. */
const computers = tableOf(
  collectionFunctions,
  encodingFunctions,
  fileFunctions,
  numberFunctions,
  textFunctions,
);

function tableOf(...topics: readonly Implementations[]): ReadonlyMap<string, Implementation> {
  return new Map(topics.flatMap((functions) => Object.entries(functions)));
}

/**
 * Calls a function of Terraform's language. An unknown argument makes the result unknown, but the
 * functions that only move values (merge, concat, lookup …) keep unknown parts as they are.
 * Semantics: Terraform's "Functions" reference.
 */
export function callFunction(
  name: string,
  values: readonly Evaluated[],
  files: ScopeFiles,
): FunctionResult {
  const plainName = name.replace(/^core::/, '');
  const moving = movers.get(plainName);
  const implementation = moving ?? computers.get(plainName);
  if (implementation === undefined) {
    return { failure: 'this function is evaluated by Terraform only' };
  }
  for (const value of values) {
    const unknown = value instanceof Unknown ? value : moving ? undefined : firstUnknown(value);
    if (unknown !== undefined) return { value: unknown };
  }
  try {
    return { value: implementation(values, files) };
  } catch (error) {
    if (error instanceof BadArgument) return { failure: error.message };
    throw error;
  }
}
