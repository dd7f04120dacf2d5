/** What is wrong with an action or a job before anything of it has run. */
export type RunnerErrorCode =
  | 'action-not-found'
  | 'action-invalid'
  | 'action-unsupported'
  | 'bundle-not-built'
  | 'expression-unsupported'
  | 'job-finished'
  | 'workspace-not-found'
  | 'github-refused';

export class RunnerError extends Error {
  override readonly name = 'RunnerError';
  readonly code: RunnerErrorCode;

  constructor(code: RunnerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
