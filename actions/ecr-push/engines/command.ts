import { cancelled } from '../cancelled.js';
import { OperationError, toError } from '../../shared/errors.js';
import type { ChildResult } from '../../shared/process.js';
import type { EnginePorts } from './engine.js';

/** A daemon that does not answer must not hold a job for longer. */
const probeTimeoutMilliseconds = 20_000;

/** Runs a short query of an engine; absent programs and silence are answers too. */
export async function probe(
  ports: EnginePorts,
  command: string,
  args: readonly string[],
): Promise<{ readonly stdout: string } | { readonly failure: string }> {
  const timeout = AbortSignal.timeout(probeTimeoutMilliseconds);
  try {
    const result = await ports.run({
      command,
      args,
      env: ports.environment,
      signal: AbortSignal.any([ports.signal, timeout]),
    });
    if (result.exitCode === 0) return { stdout: result.stdout };
    if (timeout.aborted) return { failure: 'does not answer' };
    return { failure: lastLine(result.stderr) ?? `"${command} ${args[0] ?? ''}" fails` };
  } catch (thrown) {
    if (thrown instanceof OperationError && thrown.code === 'command-not-found') {
      return { failure: 'not on the PATH' };
    }
    return { failure: toError(thrown).message };
  }
}

/**
 * Runs a step of an engine with its output in the log.
 *
 * @throws OperationError `code` with the engine's last words; `cancelled`
 */
export async function runStep(
  ports: EnginePorts,
  step: {
    readonly code: 'build-failed' | 'push-failed';
    readonly command: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly quiet?: boolean;
  },
): Promise<ChildResult> {
  const result = await ports.run({
    command: step.command,
    args: step.args,
    env: { ...ports.environment, ...step.env },
    signal: ports.signal,
    ...(step.quiet === true ? {} : { onLine: ports.onLine }),
  });
  if (ports.signal.aborted) throw cancelled();
  if (result.exitCode === 0) return result;
  const reason = lastLine(result.stderr) ?? lastLine(result.stdout);
  const how = result.endedBySignal ?? `exit code ${result.exitCode ?? 'unknown'}`;
  throw new OperationError(
    step.code,
    `${step.command} ${step.args[0] ?? ''} failed (${how})${reason === undefined ? '' : `: ${reason}`}`,
    { details: { engine: step.command, output: tail(result.stderr + result.stdout) } },
  );
}

export const digestPattern = /sha256:[0-9a-f]{64}/;

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    ?.trim();
}

function tail(text: string): string {
  return text.split('\n').slice(-20).join('\n');
}
