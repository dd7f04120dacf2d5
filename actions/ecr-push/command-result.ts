import type { OperationError } from '../shared/errors.js';

/** What a command leaves behind for the step. */
export interface CommandResult {
  readonly outputs: Readonly<Record<string, string>>;
  /** Why the step fails though all was done; the outputs are set before. */
  readonly failure?: OperationError | undefined;
}
