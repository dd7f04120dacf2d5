import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic } from './diagnostics.js';
import type { TerraformEvent } from './events.js';
import type { ProgramName } from './find.js';
import type { PlannedState } from './planned-state.js';

/** How one run of Terraform in one stack ended. */
export interface TerraformRun {
  /**
   * `interrupted`: our SIGINT came first. `killed`: something else ended it by a signal, and its
   * lock may still stand.
   */
  readonly end: 'succeeded' | 'failed' | 'interrupted' | 'killed';
  readonly diagnostics: readonly Diagnostic[];
  /** What it printed, as lines for people; sensitive values are not in it. */
  readonly lines: readonly string[];
  readonly milliseconds: number;
  /** The lock that it left behind, where that is known. */
  readonly heldLockId?: string;
  /** How often it was tried, where more than once. */
  readonly attempts?: number;
}

export interface PlanRun extends TerraformRun {
  /** Whether applying the plan would do anything, outputs included; false unless it succeeded. */
  readonly hasChanges: boolean;
}

/** Where a plan goes, and who hears of it. */
export interface PlanOptions {
  readonly planFile: string;
  readonly onEvent?: (event: TerraformEvent) => void;
}

/** Terraform or OpenTofu, in one stack at a time; safe to call for several stacks at once. */
export interface Terraform {
  readonly name: ProgramName;
  init(stack: Stack): Promise<TerraformRun>;
  plan(
    stack: Stack,
    options: PlanOptions & {
      /** Plans to destroy all that the state knows. */
      readonly destroy?: boolean;
    },
  ): Promise<PlanRun>;
  /**
   * Plans a stack that was initialised as if its upstreams' states were as planned, in a private
   * copy and without a lock. The plan is there to be read, and must never be applied.
   */
  planAgainst(
    stack: Stack,
    options: PlanOptions & { readonly upstreams: readonly PlannedState[] },
  ): Promise<PlanRun>;
  /** The plan file as Terraform's JSON. Holds sensitive values in clear. */
  show(stack: Stack, planFile: string): Promise<unknown>;
  apply(stack: Stack, options: PlanOptions): Promise<TerraformRun>;
  /**
   * The outputs that the state has, by name. Holds sensitive values in clear.
   *
   * @throws OperationError `outputs-unreadable`, `cancelled`
   */
  outputs(stack: Stack): Promise<ReadonlyMap<string, unknown>>;
}
