import type { ActionDefinition } from './action-definition.js';
import { interpolate } from './expressions.js';
import type { JobContext } from './job-context.js';

/** `with:`; booleans and numbers become text. */
export type StepInputs = Readonly<Record<string, string | number | boolean>>;

/** `INPUT_*` as `core.getInput` reads them: upper case, spaces replaced, hyphens kept. */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}

/** Given inputs over the action's defaults; a name that the action does not have is passed on. */
export function effectiveInputs(
  action: ActionDefinition,
  given: StepInputs,
  context: JobContext,
): { readonly inputs: Record<string, string>; readonly warnings: string[] } {
  const inputs: Record<string, string> = {};
  const warnings: string[] = [];
  const byName = new Map(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  for (const input of action.inputs) {
    const value = byName.get(input.name.toLowerCase());
    byName.delete(input.name.toLowerCase());
    inputs[input.name] = value ?? interpolate(input.default, context.contexts);
    if (value !== undefined && input.deprecationMessage !== undefined) {
      warnings.push(`Input '${input.name}' has been deprecated: ${input.deprecationMessage}`);
    }
  }
  if (byName.size > 0) {
    const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');
    const valid = quoted(action.inputs.map(({ name }) => name));
    warnings.unshift(
      `Unexpected input(s) ${quoted([...byName.keys()])}, valid inputs are [${valid}]`,
    );
  }
  return { inputs: { ...inputs, ...Object.fromEntries(byName) }, warnings };
}
