import { stepsOf } from './attribute-path.js';
import { outputAddress, outputKey, resourceKey, type ChangeKey } from './change-key.js';
import type { Marker } from './marker.js';
import { absent, notCompared, type Mark } from './marks.js';
import { priorResources, type PlanDocument } from './plan-document.js';
import { memberOf, type Side } from './side.js';

/**
 * What the world is like where a plan starts, in marks: it proves that a reviewed change is done.
 * Holds the plan's values, so it must not outlive the call.
 */
export interface CurrentState {
  /** Whether the state has it. What the plan is yet to import does not exist. */
  exists(key: ChangeKey): boolean;
  /** Mark of what stands at a path now. */
  mark(key: ChangeKey, path: string): Mark;
  /** Which object in the world it is; undefined where it has no id. */
  identity(key: ChangeKey): Mark | undefined;
}

/** A state without anything, which proves nothing but that things are gone. */
export const emptyState: CurrentState = {
  exists: () => false,
  mark: () => absent,
  identity: () => undefined,
};

interface Entry {
  readonly address: string;
  readonly side: Side;
}

/** The state as refreshed by the plan. Pure; marks are worked out when asked for. */
export function currentState(plan: PlanDocument, marker: Marker): CurrentState {
  const entries = new Map<ChangeKey, Entry>();
  for (const { address, mode, deposed_key: deposed, ...resource } of priorResources(plan)) {
    if (mode !== 'managed') continue;
    const { values, sensitive_values: sensitive } = resource;
    const side = { value: values, sensitive: sensitive ?? false, unknown: false };
    entries.set(resourceKey(address, deposed), { address, side });
  }
  for (const { address, mode, deposed, change } of plan.resource_changes) {
    if (mode !== 'managed') continue;
    const key = resourceKey(address, deposed);
    const imports = change.importing !== undefined && change.importing !== null;
    if (imports || change.before === null || change.before === undefined) entries.delete(key);
    else entries.set(key, { address, side: beforeSide(change) });
  }
  for (const [name, change] of Object.entries(plan.output_changes)) {
    if (change.before === null || change.before === undefined) continue;
    entries.set(outputKey(name), { address: outputAddress(name), side: beforeSide(change) });
  }
  return {
    exists: (key) => entries.has(key),
    mark(key, path) {
      const entry = entries.get(key);
      if (entry === undefined) return absent;
      if (marker.isVolatile(entry.address, path)) return notCompared;
      const steps = stepsOf(path);
      if (steps === undefined) return absent;
      const side = steps.reduce((inner, step) => memberOf(inner, step.key), entry.side);
      return marker.mark(entry.address, path, side);
    },
    identity(key) {
      const entry = entries.get(key);
      return entry && identityOf(entry.address, entry.side, marker);
    },
  };
}

/** Path of the digest that tells which object it is. */
const identityPath = '(identity)';

/** Mark of a resource's id and ARN; undefined where it has neither. */
export function identityOf(address: string, side: Side, marker: Marker): Mark | undefined {
  const parts = ['id', 'arn'].map((name) => memberOf(side, name));
  const values = parts.map(({ value }) => value ?? null);
  if (values.every((value) => value === null)) return undefined;
  const marks = parts.map((part) => part.sensitive);
  return marker.mark(address, identityPath, { value: values, sensitive: marks, unknown: false });
}

export function beforeSide(change: {
  readonly before?: unknown;
  readonly before_sensitive?: unknown;
}): Side {
  return { value: change.before, sensitive: change.before_sensitive ?? false, unknown: false };
}
