import { getExecOutput } from '@actions/exec';
import { OperationError } from './errors.js';
import type { RunProcess } from './process.js';

/**
 * A `RunProcess` for short questions to a program (`git rev-parse`, `terraform version`), over the
 * toolkit's own exec. It cannot be interrupted: what may run for long goes through `runProcess`.
 *
 * @throws OperationError `command-not-found` where the program is missing or not executable.
 */
export const runQuery: RunProcess = async ({ command, args, cwd, env }) => {
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(command, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...env },
      silent: true,
      ignoreReturnCode: true,
    });
    return { exitCode, endedBySignal: undefined, stdout, stderr, interrupted: false };
  } catch (cause) {
    throw new OperationError('command-not-found', `cannot start ${command}`, {
      details: { command },
      cause,
    });
  }
};
