import type { AppliedOutputs } from '../terraform/events.js';
import type { PlannedOutputs } from '../terraform/planned-state.js';
import type { SensitiveValues } from './sensitive-values.js';

/** By name; none is sensitive, and larger ones are left out. */
export type OutputValues = ReadonlyMap<string, unknown>;

/** Characters of JSON: what is larger is no value to hand to a step. */
const largestValue = 4000;
const largestTogether = 20_000;

/** Values that the outputs will have after a plan, as far as they are known. */
export function plannedOutputValues(
  outputs: PlannedOutputs,
  secrets: SensitiveValues,
): OutputValues {
  const planned = [...outputs].flatMap(([name, { value }]) =>
    value === undefined || value === null || value.sensitive ? [] : [[name, value.json] as const],
  );
  return openValues(planned, secrets);
}

/** Values that an apply has told. */
export function appliedOutputValues(
  outputs: AppliedOutputs,
  secrets: SensitiveValues,
): OutputValues {
  const told = [...outputs].flatMap(([name, { sensitive, value }]) =>
    sensitive ? [] : [[name, value] as const],
  );
  return openValues(told, secrets);
}

/** Providers copy sensitive values without their mark: such an output is left out as a whole. */
function openValues(
  values: readonly (readonly [string, unknown])[],
  secrets: SensitiveValues,
): OutputValues {
  let room = largestTogether;
  return new Map(
    values.filter(([, value]) => {
      if (value === undefined) return false;
      const size = JSON.stringify(value).length;
      if (size > Math.min(largestValue, room) || secrets.isIn(value)) return false;
      room -= size;
      return true;
    }),
  );
}
