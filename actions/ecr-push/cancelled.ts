import { OperationError } from '../shared/errors.js';

/** How a command ends that was told to stop. */
export function cancelled(): OperationError {
  return new OperationError('cancelled', 'Cancelled before it was done.');
}
