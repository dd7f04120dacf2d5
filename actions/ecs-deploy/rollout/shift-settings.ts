import { objectOf } from '../definition/task-definition.js';
import type { Json, JsonObject, TrafficShift } from '../model.js';

type ShiftSettings = Pick<
  TrafficShift,
  'strategy' | 'stepPercent' | 'stepBakeMinutes' | 'bakeMinutes'
>;

/**
 * How a service shifts traffic, by its `deploymentConfiguration`; `undefined` for a rolling update.
 * Defaults: API reference, "LinearConfiguration" and "CanaryConfiguration".
 */
export function shiftSettings(configuration: JsonObject): ShiftSettings | undefined {
  const strategy = configuration['strategy'];
  const linear = objectOf(configuration['linearConfiguration']);
  const canary = objectOf(configuration['canaryConfiguration']);
  const bakeMinutes = numberOf(configuration['bakeTimeInMinutes'], 0);
  switch (strategy) {
    case 'LINEAR':
      return {
        ...{ strategy, bakeMinutes, stepPercent: numberOf(linear['stepPercent'], 10) },
        stepBakeMinutes: numberOf(linear['stepBakeTimeInMinutes'], 6),
      };
    case 'CANARY':
      return {
        ...{ strategy, bakeMinutes, stepPercent: numberOf(canary['canaryPercent'], 5) },
        stepBakeMinutes: numberOf(canary['canaryBakeTimeInMinutes'], 10),
      };
    default:
      return typeof strategy === 'string' && strategy !== 'ROLLING'
        ? { strategy, bakeMinutes, stepPercent: undefined, stepBakeMinutes: 0 }
        : undefined;
  }
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

/** Waits between the shifts of a linear one, of which the first comes at once. */
export function linearWaits(stepPercent: number): number {
  return Math.ceil(100 / stepPercent) - 1;
}

/** Minutes that a deployment waits by its own settings. */
export function plannedMinutes(shift: ShiftSettings | undefined): number {
  if (shift === undefined) return 0;
  const { strategy, stepPercent = 100, stepBakeMinutes, bakeMinutes } = shift;
  const steps = strategy === 'LINEAR' ? linearWaits(stepPercent) : 1;
  return bakeMinutes + (stepPercent >= 100 ? 0 : steps * stepBakeMinutes);
}
