import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic, LockHolder } from '../terraform/diagnostics.js';
import type { DriftFindings } from '../drift/findings.js';
import { noChanges, type PlanChanges } from '../review/changes.js';
import type { OutputValues } from '../review/output-values.js';
import type { ReviewSummary } from '../review/verdict.js';

/** How far a stack came, and why not further. */
export type StackEnd =
  | { readonly status: 'unchanged' }
  /** Planned: it would change. */
  | { readonly status: 'changes' }
  | { readonly status: 'applied' }
  /** Planned and not applied, though it would change something: a review, guard or policy says no. */
  | { readonly status: 'stopped'; readonly reasons: readonly StopReason[] }
  /** It reads states that do not exist yet: ids of those stacks, or what is known of them. */
  | { readonly status: 'waiting'; readonly waitsFor: readonly string[] }
  | {
      readonly status: 'failed';
      readonly step: StackStep;
      /** `release` is the command that releases it. */
      readonly lock: (LockHolder & { readonly release: string }) | undefined;
    }
  /** Cancelled while it ran; an interrupted apply has done a part. */
  | { readonly status: 'interrupted'; readonly step: StackStep }
  | { readonly status: 'not-started'; readonly why: NotStarted };

/** Why a plan is not applied. */
export type StopReason =
  /** It is not what was reviewed: see the outcome's `review`. */
  | { readonly kind: 'review' }
  | GuardReason
  /** The policy command's exit code was not 0: see the outcome's `hooks`. */
  | { readonly kind: 'policy' }
  /** An apply that was killed made them, and this plan does not take them in: see `orphans`. */
  | { readonly kind: 'orphans'; readonly addresses: readonly string[] }
  /** A state that an earlier apply could not write lies at `place` and was not put back. */
  | {
      readonly kind: 'recovery';
      readonly place: string;
      readonly why: string;
      readonly hint: string;
    };

/** A plan would take away more than a guard allows. */
export interface GuardReason {
  readonly kind: 'guard';
  readonly guard: 'prevent-destroy' | 'max-destroys';
  /** What would go. */
  readonly addresses: readonly string[];
  /** What allows it. */
  readonly hint: string;
}

/** The guards that would stop the apply of a plan that is only shown. */
export interface GuardForecast {
  readonly findings: readonly GuardReason[];
  /** Whether the step fails of it: everybody who could have allowed it was asked. */
  readonly fails: boolean;
}

/** What a command that was run on the plan said. */
export interface HookVerdict {
  readonly hook: 'policy' | 'cost';
  readonly passed: boolean;
  /** Its words, cut to what a comment bears; untrusted. */
  readonly text: string;
}

/** A resource that an apply which was killed made, and that no state knows. */
export interface Orphan {
  readonly address: string;
  readonly type: string;
  /** What an `import` block takes; undefined where the apply had not told it yet. */
  readonly id: string | undefined;
  /** The id is what its configuration says, so that it cannot be made twice; it may not exist. */
  readonly idFromConfiguration?: true;
  /** Its provider answered the create with an error, and most likely left nothing. */
  readonly createFailed?: true;
  /** Address of the run that made it. */
  readonly runUrl: string | undefined;
}

/** An upstream whose planned outputs stood in for its state. */
export interface PlannedUpstream {
  /** Stack id. */
  readonly stack: string;
  /** Outputs that it reads and that will change. */
  readonly outputs: readonly string[];
  /** Those of them that are known only after apply. */
  readonly unknown: readonly string[];
}

export type StackStep = 'init' | 'plan' | 'show' | 'apply';

export type NotStarted =
  | { readonly kind: 'cancelled' }
  /** The time that the run may take was over. */
  | { readonly kind: 'time-budget' }
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
  /** While something was done for it; without the time that it waited for others. */
  readonly milliseconds: number;
  /** Of that, for each step. */
  readonly stepMilliseconds?: Readonly<Partial<Record<StackStep, number>>>;
  /** Set where a drift check found something in its plan. */
  readonly drift?: DriftFindings;
  /** Set where an apply judged its plan. */
  readonly review?: ReviewSummary;
  /** Set where it was planned against outputs that its upstreams are yet to have. */
  readonly plannedAgainst?: readonly PlannedUpstream[];
  readonly hooks?: readonly HookVerdict[];
  /** Set where a guard would stop the apply of its plan. */
  readonly guards?: GuardForecast;
  /** What an earlier apply made and could not write down. */
  readonly orphans?: readonly Orphan[];
  /** Outputs that an apply really changed. */
  readonly changedOutputs?: readonly string[];
  /** Outputs after its plan or apply that may be handed on; undefined where they are not known. */
  readonly outputValues?: OutputValues;
  /** How often the step that needed most was tried, where more than once. */
  readonly attempts?: number;
}

/** The outcome of a stack for which nothing was done. */
export function notStarted(stack: Stack, why: NotStarted): StackOutcome {
  return {
    stack,
    end: { status: 'not-started', why },
    changes: noChanges,
    diagnostics: [],
    lines: [],
    milliseconds: 0,
  };
}

/** Whether what comes after the stack may start. */
export function isSuccess({ end }: StackOutcome): boolean {
  return end.status === 'unchanged' || end.status === 'changes' || end.status === 'applied';
}

/** Whether the step must fail because of it. */
export function isFailure({ end }: StackOutcome): boolean {
  return (
    end.status === 'failed' ||
    end.status === 'interrupted' ||
    end.status === 'stopped' ||
    (end.status === 'not-started' && end.why.kind !== 'time-budget')
  );
}
