import type { PlanChanges } from '../review/changes.js';
import type { ReviewSummary } from '../review/verdict.js';
import type { Stack } from '../stacks/workspace.js';
import type { TerraformEvent } from '../terraform/events.js';
import type { TerraformRun } from '../terraform/terraform.js';
import type { GuardForecast, HookVerdict, Orphan, StackOutcome, StopReason } from './outcome.js';

/** A plan that would change something. */
export interface PlannedStack {
  readonly stack: Stack;
  /** `terraform show -json`: holds sensitive values in clear, and must not outlive the call. */
  readonly json: unknown;
  readonly changes: PlanChanges;
  /**
   * What is sensitive though the plan does not mark it: outputs of other stacks. In clear, and must
   * not outlive the call either.
   */
  readonly alsoSensitive: readonly unknown[];
}

/** Whether a plan may be applied, and what was found on the way. */
export interface Judgement {
  /** Empty: it may. */
  readonly reasons: readonly StopReason[];
  readonly review?: ReviewSummary;
  readonly hooks?: readonly HookVerdict[];
  /** Of a plan that is only shown: what would stop its apply. */
  readonly guards?: GuardForecast;
}

/** Hears what one apply does. */
export interface JournalSession {
  onEvent(event: TerraformEvent): void;
  /** Resolves once what must be kept is kept. */
  close(end: TerraformRun['end']): Promise<void>;
}

/** What became of a state that an earlier apply could not write. */
export type PutBack =
  | { readonly kind: 'none' }
  | { readonly kind: 'done'; readonly place: string }
  /** It stays where it lies; nothing may be applied before somebody has looked at it. */
  | {
      readonly kind: 'pending';
      readonly place: string;
      readonly why: string;
      /** What to do next. */
      readonly hint: string;
    };

/** What a run does around the plan and the apply of each stack; absent ones do nothing. */
export interface StackHooks {
  /** Called with each plan that has changes: before it is applied, or only to be shown. */
  readonly judge?: (planned: PlannedStack) => Promise<Judgement>;
  /** Called before an apply starts. */
  readonly openJournal?: (stack: Stack) => Promise<JournalSession>;
  /** What an apply that was killed has left behind, asked before the stack is planned. */
  readonly orphans?: (stack: Stack) => Promise<readonly Orphan[]>;
  /** Asked before a stack is applied: puts a state back that an earlier apply could not write. */
  readonly putBack?: (stack: Stack) => Promise<PutBack>;
  /** Told of each stack that has ended, before what depends on it starts. */
  readonly ended?: (outcome: StackOutcome) => Promise<void>;
}

/**
 * Several sets of hooks as one: every judge is asked and all their reasons count, every `ended` is
 * told; of `openJournal`, `orphans` and `putBack` there is one.
 */
export function combinedHooks(sets: readonly StackHooks[]): StackHooks {
  const judges = sets.flatMap(({ judge }) => judge ?? []);
  const told = sets.flatMap(({ ended }) => ended ?? []);
  const openJournal = sets.find((set) => set.openJournal !== undefined)?.openJournal;
  const orphans = sets.find((set) => set.orphans !== undefined)?.orphans;
  const putBack = sets.find((set) => set.putBack !== undefined)?.putBack;
  return {
    ...(putBack === undefined ? {} : { putBack }),
    ...(openJournal === undefined ? {} : { openJournal }),
    ...(orphans === undefined ? {} : { orphans }),
    ...(judges.length === 0
      ? {}
      : {
          judge: async (planned): Promise<Judgement> => {
            const all: Judgement[] = [];
            for (const judge of judges) all.push(await judge(planned));
            const review = all.find((judgement) => judgement.review !== undefined)?.review;
            const hooks = all.flatMap((judgement) => judgement.hooks ?? []);
            const guards = all.find((judgement) => judgement.guards !== undefined)?.guards;
            return {
              reasons: all.flatMap(({ reasons }) => reasons),
              ...(review === undefined ? {} : { review }),
              ...(hooks.length === 0 ? {} : { hooks }),
              ...(guards === undefined ? {} : { guards }),
            };
          },
        }),
    ended: async (outcome) => {
      for (const ended of told) await ended(outcome);
    },
  };
}
