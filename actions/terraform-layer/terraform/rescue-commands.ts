import { OperationError } from '../../shared/errors.js';
import type { RunProcess } from '../../shared/process.js';

/** What is done to one stack's state by short commands of Terraform's own. */
export interface RescueCommands {
  /**
   * Writes `file` over the state. Terraform itself refuses another lineage and an older serial.
   *
   * @throws OperationError `terraform-refused` with Terraform's words
   */
  push(file: string): Promise<void>;
  /**
   * Releases exactly this lock. Terraform refuses where another one is held.
   *
   * @throws OperationError `terraform-refused` with Terraform's words
   */
  forceUnlock(lockId: string): Promise<void>;
}

export function rescueCommands(options: {
  readonly program: string;
  /** Absolute path of an initialised stack's directory. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What these commands need to know where the state is: `earlyArguments`. */
  readonly early: readonly string[];
  readonly runProcess: RunProcess;
}): RescueCommands {
  const { early } = options;
  const run = async (args: readonly string[]): Promise<void> => {
    const child = await options.runProcess({
      command: options.program,
      args,
      cwd: options.directory,
      env: options.environment,
      // Never interrupted: what it does is what an interruption needs.
      survivesParent: true,
    });
    if (child.exitCode === 0) return;
    const words = `${child.stderr}\n${child.stdout}`.trim();
    throw new OperationError('terraform-refused', words, { details: { command: args[0] } });
  };
  return {
    push: (file) => run(['state', 'push', '-lock-timeout=30s', ...early, file]),
    forceUnlock: (lockId) => run(['force-unlock', '-no-color', '-force', ...early, lockId]),
  };
}
