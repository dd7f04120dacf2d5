import type { PlacedExpression } from './parse.js';
import type { Bindings, ScopeFiles } from './scope.js';
import { asString, isMap, Unknown, type Evaluated } from './value.js';

export type TemplateCall =
  | { readonly template: PlacedExpression; readonly variables: Bindings }
  | { readonly failure: string }
  | Unknown;

/** What `templatefile(path, variables)` is to evaluate; a variable may be unknown. */
export function templateCall(
  [path = null, variables = null]: readonly Evaluated[],
  files: ScopeFiles,
): TemplateCall {
  if (path instanceof Unknown) return path;
  if (variables instanceof Unknown) return variables;
  if (!isMap(variables)) return { failure: 'a map of variables is needed' };
  const template = files.template(asString(path) ?? '');
  if (template === undefined) {
    return { failure: `there is no template ${JSON.stringify(asString(path) ?? '')}` };
  }
  return { template, variables: new Map(Object.entries(variables)) };
}
