import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic } from './diagnostics.js';
import type { TerraformEvent } from './events.js';

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
}

export interface PlanRun extends TerraformRun {
  /** Whether applying the plan would do anything, outputs included; false unless it succeeded. */
  readonly hasChanges: boolean;
}

/** Terraform or OpenTofu, in one stack at a time; safe to call for several stacks at once. */
export interface Terraform {
  init(stack: Stack): Promise<TerraformRun>;
  plan(
    stack: Stack,
    options: {
      readonly planFile: string;
      readonly onEvent?: (event: TerraformEvent) => void;
      /** Plans to destroy everything of the stack. */
      readonly destroy?: boolean;
    },
  ): Promise<PlanRun>;
  /** The plan file as Terraform's JSON. Holds sensitive values in clear. */
  show(stack: Stack, planFile: string): Promise<unknown>;
  apply(
    stack: Stack,
    options: { readonly planFile: string; readonly onEvent?: (event: TerraformEvent) => void },
  ): Promise<TerraformRun>;
}
