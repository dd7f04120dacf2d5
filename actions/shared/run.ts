import * as core from '@actions/core';
import { actionsLogger } from './actions-log.js';
import { formatProblem, OperationError, toError, UserError } from './errors.js';
import { processEnv, type Env } from './env.js';
import { createSecrets, type Secrets } from './secrets.js';
import type { Logger } from './log.js';

/** What the composition root of an action is given. */
export interface ActionContext {
  readonly env: Env;
  readonly log: Logger;
  readonly secrets: Secrets;
  /** Aborted by the first SIGINT or SIGTERM: the job was cancelled. */
  readonly signal: AbortSignal;
  input(name: string): string;
  setOutput(name: string, value: string): void;
  /** For this step and every later one of the job. */
  exportVariable(name: string, value: string): void;
  /** Kept for this action's post step. */
  saveState(name: string, value: string): void;
  state(name: string): string;
}

/**
 * Runs an action's main step: the one place that fails a step, for any thrown value.
 *
 * A cancelled step fails with "cancelled" after `body` has come to rest.
 */
export async function runAction(body: (context: ActionContext) => Promise<void>): Promise<void> {
  const { context, dispose } = createContext();
  try {
    await body(context);
    if (context.signal.aborted) core.setFailed('Cancelled before it was done.');
  } catch (thrown) {
    fail(thrown, context);
  } finally {
    dispose();
  }
}

/** Runs an action's post step, which warns and never fails the job. */
export async function runPost(body: (context: ActionContext) => Promise<void>): Promise<void> {
  const { context, dispose } = createContext();
  try {
    await body(context);
  } catch (thrown) {
    core.warning(context.secrets.redact(toError(thrown).message));
  } finally {
    dispose();
  }
}

function createContext(): { readonly context: ActionContext; readonly dispose: () => void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    // Later signals must not kill this process: its children are still coming to rest.
    if (!controller.signal.aborted) controller.abort(new OperationError('cancelled', name));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    context: {
      env: processEnv,
      log: actionsLogger,
      secrets: createSecrets((value) => core.setSecret(value)),
      signal: controller.signal,
      input: (name) => core.getInput(name),
      setOutput: (name, value) => core.setOutput(name, value),
      exportVariable: (name, value) => core.exportVariable(name, value),
      saveState: (name, value) => core.saveState(name, value),
      state: (name) => core.getState(name),
    },
    dispose: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function fail(thrown: unknown, context: ActionContext): void {
  const error = toError(thrown);
  if (error instanceof UserError) {
    failWithProblems(error, context);
    return;
  }
  if (core.isDebug() && error.stack !== undefined) core.debug(error.stack);
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    context.log.info(context.secrets.redact(`caused by: ${cause.message}`));
  }
  core.setFailed(context.secrets.redact(error.message));
}

/** Problems in files become annotations at their line; the step's own message lists them all. */
function failWithProblems(error: UserError, context: ActionContext): void {
  for (const problem of error.problems) {
    if (problem.at !== undefined && 'file' in problem.at) {
      const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
      context.log.error(context.secrets.redact(`${problem.message}${hint}`), problem.at);
    }
  }
  const count = error.problems.length;
  const lines = error.problems.map(formatProblem);
  core.setFailed(
    context.secrets.redact(
      count === 1 ? (lines[0] ?? '') : [`${count} problems:`, ...lines].join('\n'),
    ),
  );
}
