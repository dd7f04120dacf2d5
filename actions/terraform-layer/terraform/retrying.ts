import pRetry from 'p-retry';
import type { Clock } from '../../shared/clock.js';
import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic } from './diagnostics.js';
import type { Terraform, TerraformRun } from './terraform.js';
import { transientError } from './transient.js';

/** A step that is about to be tried again. */
export interface Retry {
  readonly step: 'init' | 'plan';
  /** Which attempt comes next: 2 is the first retry. */
  readonly attempt: number;
  readonly attempts: number;
  readonly delayMilliseconds: number;
  readonly because: Diagnostic;
}

export interface RetryOptions {
  /** How often after the first attempt. */
  readonly retries: number;
  readonly clock: Pick<Clock, 'sleep'>;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onRetry: (stack: Stack, retry: Retry) => void;
}

const firstDelayMilliseconds = 1000;
const longestDelayMilliseconds = 30_000;

/**
 * A Terraform whose `init` and `plan` are tried again after errors that pass by themselves. Never
 * an apply: what it has done before its error is not known from here. A cancel ends the waiting.
 */
export function retryingTerraform(terraform: Terraform, options: RetryOptions): Terraform {
  return {
    ...terraform,
    init: (stack) => attempts(stack, 'init', () => terraform.init(stack), options),
    plan: (stack, plan) => attempts(stack, 'plan', () => terraform.plan(stack, plan), options),
    planAgainst: (stack, plan) =>
      attempts(stack, 'plan', () => terraform.planAgainst(stack, plan), options),
  };
}

/** Carries a failed run through `pRetry`. */
class TransientFailure extends Error {
  readonly because: Diagnostic;

  constructor(because: Diagnostic) {
    super(because.summary);
    this.because = because;
  }
}

async function attempts<R extends TerraformRun>(
  stack: Stack,
  step: Retry['step'],
  body: () => Promise<R>,
  { retries, clock, random, signal, onRetry }: RetryOptions,
): Promise<R> {
  let last: R | undefined;
  let count = 0;
  try {
    await pRetry(
      async () => {
        count += 1;
        last = await body();
        const because = last.end === 'failed' ? transientError(last.diagnostics) : undefined;
        if (because !== undefined) throw new TransientFailure(because);
      },
      {
        retries,
        // The waiting is done below, by the clock that was given.
        minTimeout: 0,
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (!(error instanceof TransientFailure) || retriesLeft === 0) return;
          signal.throwIfAborted();
          const delayMilliseconds = backoff(attemptNumber, random());
          const attempt = attemptNumber + 1;
          const { because } = error;
          onRetry(stack, { step, attempt, attempts: retries + 1, delayMilliseconds, because });
          await clock.sleep(delayMilliseconds, signal);
        },
        shouldRetry: ({ error }) => error instanceof TransientFailure,
      },
    );
  } catch (error) {
    // What ended the attempts is in the last run; anything else is not ours to judge.
    if (last === undefined || !(error instanceof TransientFailure || signal.aborted)) throw error;
  }
  if (last === undefined) throw new Error('no attempt was made');
  const end =
    signal.aborted && last.end === 'failed' && count <= retries ? 'interrupted' : last.end;
  return { ...last, end, ...(count > 1 ? { attempts: count } : {}) };
}

/** Doubles, up to a limit; from half of that to the whole, so that stacks do not move in step. */
function backoff(attempt: number, random: number): number {
  const whole = Math.min(longestDelayMilliseconds, firstDelayMilliseconds * 2 ** (attempt - 1));
  return Math.round(whole * (0.5 + random / 2));
}
