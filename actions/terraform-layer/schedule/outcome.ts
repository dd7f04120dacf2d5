import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic, LockHolder } from '../terraform/diagnostics.js';
import type { PlanChanges } from '../review/changes.js';

/** How far a stack came, and why not further. */
export type StackEnd =
  | { readonly status: 'unchanged' }
  /** Planned: it would change. */
  | { readonly status: 'changes' }
  | { readonly status: 'applied' }
  /** It reads states that do not exist yet: ids of those stacks, or what is known of them. */
  | { readonly status: 'waiting'; readonly waitsFor: readonly string[] }
  | { readonly status: 'failed'; readonly step: StackStep; readonly lock: LockHolder | undefined }
  /** Cancelled while it ran; an interrupted apply has done a part. */
  | { readonly status: 'interrupted'; readonly step: StackStep }
  | { readonly status: 'not-started'; readonly why: NotStarted };

export type StackStep = 'init' | 'plan' | 'show' | 'apply';

export type NotStarted =
  | { readonly kind: 'cancelled' }
  /** Ids of the stacks whose failure kept it from starting. */
  | { readonly kind: 'upstream-failed'; readonly stacks: readonly string[] };

export type StackStatus = StackEnd['status'];

export interface StackOutcome {
  readonly stack: Stack;
  readonly end: StackEnd;
  /** What its plan would do, or did. */
  readonly changes: PlanChanges;
  readonly diagnostics: readonly Diagnostic[];
  /** What Terraform printed, step after step. */
  readonly lines: readonly string[];
  readonly milliseconds: number;
}

/** Whether what comes after the stack may start. */
export function isSuccess({ end }: StackOutcome): boolean {
  return end.status === 'unchanged' || end.status === 'changes' || end.status === 'applied';
}

/** Whether the step must fail because of it. */
export function isFailure({ end }: StackOutcome): boolean {
  return end.status === 'failed' || end.status === 'interrupted' || end.status === 'not-started';
}
