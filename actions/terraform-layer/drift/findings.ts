import type { ChangeKind, ShownValue } from '../review/changes.js';

/** One value that the world has changed and that the code does not want so. */
export interface DriftedAttribute {
  /** `desired_count`, `tags.Owner`, `assume_role_policy → Statement[0].Effect`. */
  readonly path: string;
  /** The same as steps; absent inside a JSON document. */
  readonly steps?: readonly (string | number)[];
  /** What the last apply or refresh wrote down. */
  readonly state: ShownValue;
  /** What is there now. */
  readonly world: ShownValue;
  /** What an apply would set. */
  readonly code: ShownValue;
  /** Items of a list that the world has and the state has not; absent for what is no list. */
  readonly added?: readonly ShownValue[];
  readonly removed?: readonly ShownValue[];
}

/** One resource that the world has changed. */
export interface DriftedResource {
  readonly address: string;
  readonly type: string;
  readonly kind: 'changed' | 'deleted';
  /** Empty where it was deleted. */
  readonly attributes: readonly DriftedAttribute[];
}

/** One resource that an apply would change though the world has not changed it. */
export interface PendingResource {
  readonly address: string;
  readonly kind: ChangeKind;
  /** Paths of what would change. */
  readonly attributes: readonly string[];
}

/** What a refreshing plan shows, told apart by who has changed: the world, or the code. */
export interface DriftFindings {
  readonly drifted: readonly DriftedResource[];
  readonly pending: readonly PendingResource[];
  readonly pendingOutputs: readonly string[];
  /** ISO 8601: since when an earlier check has seen it drift; absent where none has. */
  readonly since?: string;
}

/** Whether the world differs; what the code has changed alone is no drift. */
export function hasDrifted(findings: DriftFindings | undefined): boolean {
  return findings !== undefined && findings.drifted.length > 0;
}
