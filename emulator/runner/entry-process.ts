import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** How long the runner waits before it goes further (actions/runner, `ProcessInvoker`). */
export interface RunnerTimes {
  /** After SIGINT, before SIGTERM: 7.5. */
  readonly interruptSeconds: number;
  /** After SIGTERM, before SIGKILL: 2.5. */
  readonly terminateSeconds: number;
  /** After the process has ended, for output pipes that something else holds open: 5. */
  readonly streamSeconds: number;
  /** After a cancellation, for what is left of the job, posts included: 300. */
  readonly cancelGraceSeconds: number;
}

export const githubTimes: RunnerTimes = {
  interruptSeconds: 7.5,
  terminateSeconds: 2.5,
  streamSeconds: 5,
  cancelGraceSeconds: 300,
};

export interface ProcessOptions {
  /** The script; Node's own binary runs it. */
  readonly script: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly times: RunnerTimes;
  readonly onLine: (line: string) => void;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  /** The signal that ended it. */
  readonly endedBy: NodeJS.Signals | null;
  readonly cancelled: boolean;
  /** The signals that the runner sent, in order. */
  readonly signalsSent: readonly NodeJS.Signals[];
  /** Whether something else still held its output open after it had ended. */
  readonly outputHeldOpen: boolean;
  readonly durationMilliseconds: number;
}

/** Cuts output into lines at `\n`, `\r` and `\r\n`, as the runner's reader does. */
function readLines(stream: Readable, onLine: (line: string) => void): () => void {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  stream.on('data', (chunk: Buffer) => {
    pending += decoder.write(chunk);
    // A \r at the very end may be the first half of a line break.
    const parts = pending.split(/\r\n|\n|\r(?!$)/);
    pending = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  });
  return () => {
    pending += decoder.end();
    if (pending !== '') onLine(pending.replace(/\r$/, ''));
    pending = '';
  };
}

/**
 * Runs the entry of an action. It gets a session of its own, so that Ctrl-C in a terminal reaches
 * it through this runner only: once, and as GitHub sends it. When `signal` is aborted, only the
 * entry process is signalled: SIGINT, then SIGTERM, then SIGKILL.
 */
export async function runEntry(options: ProcessOptions): Promise<ProcessResult> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [options.script], {
    cwd: options.directory,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const flush = [readLines(child.stdout, options.onLine), readLines(child.stderr, options.onLine)];
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const closed = once(child, 'close');
  // A process that cannot start rejects both; the first one is reported.
  closed.catch(() => undefined);

  const signalsSent: NodeJS.Signals[] = [];
  const settled = new AbortController();
  const send = async (signal: NodeJS.Signals, seconds: number): Promise<void> => {
    if (settled.signal.aborted) return;
    signalsSent.push(signal);
    child.kill(signal);
    await delay(seconds * 1000, undefined, { signal: settled.signal }).catch(() => undefined);
  };
  const cancel = async (): Promise<void> => {
    await send('SIGINT', options.times.interruptSeconds);
    await send('SIGTERM', options.times.terminateSeconds);
    await send('SIGKILL', 0);
  };
  let cancelling: Promise<void> | undefined;
  const onAbort = (): void => {
    cancelling = cancel();
  };
  if (options.signal.aborted) onAbort();
  else options.signal.addEventListener('abort', onAbort, { once: true });

  try {
    const [exitCode, endedBy] = await exited;
    settled.abort();
    const outputHeldOpen = await Promise.race([
      closed.then(() => false),
      delay(options.times.streamSeconds * 1000, true, { ref: false }),
    ]);
    for (const finish of flush) finish();
    child.stdout.destroy();
    child.stderr.destroy();
    return {
      exitCode,
      endedBy,
      cancelled: cancelling !== undefined,
      signalsSent,
      outputHeldOpen,
      durationMilliseconds: performance.now() - startedAt,
    };
  } finally {
    settled.abort();
    options.signal.removeEventListener('abort', onAbort);
    await cancelling;
  }
}
