import { OperationError, type Problem } from '../../shared/errors.js';
import type { Stack } from '../stacks/workspace.js';
import type { OperationEffect } from '../state/check-operations.js';
import type { DoneOperation } from './state-report.js';

/** Code: `state-needs-one-stack`. */
export function oneStackProblems(stacks: readonly Stack[]): readonly Problem[] {
  if (stacks.length === 1) return [];
  const names = stacks.slice(0, 20).map(({ displayId }) => displayId);
  const more = stacks.length > names.length ? ` and ${stacks.length - names.length} more` : '';
  return [
    {
      code: 'state-needs-one-stack',
      message:
        stacks.length === 0
          ? 'no stack is named'
          : `state works on one stack, and ${stacks.length} match: ${names.join(', ')}${more}`,
      at: { input: 'layers' },
      hint: 'name one by "layers" and "environment", for example layers: 01-foundation/dev',
    },
  ];
}

/** What ends the run after an operation that failed. */
export function operationFailed(
  stack: Stack,
  done: readonly DoneOperation[],
  effects: readonly OperationEffect[],
): OperationError {
  const succeeded = done.filter(({ run }) => run.end === 'succeeded').length;
  return new OperationError(
    'state-operation-failed',
    `operation ${done.length} of ${effects.length} failed in ${stack.displayId}; ${succeeded} before it are done, and the rest was not tried`,
    { details: { succeeded, total: effects.length } },
  );
}
