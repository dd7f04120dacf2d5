import { spawn, type ChildProcess } from 'node:child_process';
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { OperationError } from './errors.js';

export type OutputStream = 'stdout' | 'stderr';

export interface ChildRequest {
  /** A program on the PATH of `env`, or a path; no shell is involved. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment (`childEnvironment()`), nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to the child's standard input, which is then closed; empty by default. */
  readonly input?: string;
  /** Called for every complete line while the child runs. */
  readonly onLine?: (line: string, stream: OutputStream) => void;
  /**
   * Aborting sends SIGINT once, to this child alone, and goes on waiting for it: Terraform told
   * twice exits without cleaning up.
   */
  readonly signal?: AbortSignal;
  /**
   * Runs the child in a session of its own, its output going to files that are followed: it
   * outlives this process when the runner kills it, and holds no pipe of the runner's open.
   */
  readonly survivesParent?: boolean;
  /**
   * Told the process id once the child runs, for a post step that must wait for it, and where its
   * output goes as `stdout` and `stderr` where it `survivesParent`.
   */
  readonly onStart?: (processId: number, outputDirectory: string | undefined) => void;
}

export interface ChildResult {
  /** `undefined` when the child was ended by a signal. */
  readonly exitCode: number | undefined;
  readonly endedBySignal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True where our signal was sent before the child ended. */
  readonly interrupted: boolean;
}

/** Runs one child process to its end; a non-zero exit is a result, not an error. */
export type RunProcess = (request: ChildRequest) => Promise<ChildResult>;

/**
 * The real `RunProcess`.
 *
 * @throws OperationError `command-not-found` where the program is missing or not executable.
 */
export const runProcess: RunProcess = (request) =>
  request.survivesParent === true ? runFollowed(request) : runPiped(request);

async function runPiped(request: ChildRequest): Promise<ChildResult> {
  const child = execa(request.command, [...request.args], {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    env: request.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 1024 * 1024 * 1024,
    stdio: [request.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(request.input === undefined ? {} : { input: request.input }),
  });
  const { onLine } = request;
  if (onLine !== undefined) {
    const feed = { stdout: lineFeed(onLine, 'stdout'), stderr: lineFeed(onLine, 'stderr') };
    child.stdout.setEncoding('utf8').on('data', feed.stdout.push).on('end', feed.stdout.end);
    child.stderr.setEncoding('utf8').on('data', feed.stderr.push).on('end', feed.stderr.end);
  }
  const interruption = interruptOnce(child, request);
  const result = await child;
  return toChildResult(request, result, interruption.stop(), result.stdout, result.stderr);
}

async function runFollowed(request: ChildRequest): Promise<ChildResult> {
  const directory = await mkdtemp(join(tmpdir(), 'infra-child-'));
  const outputs = {
    stdout: await open(join(directory, 'stdout'), 'w+', 0o600),
    stderr: await open(join(directory, 'stderr'), 'w+', 0o600),
  };
  try {
    // Not execa: it offers no raw descriptor, and a pipe would die with this process.
    const child = spawn(request.command, [...request.args], {
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      env: { ...request.env },
      stdio: ['ignore', outputs.stdout.fd, outputs.stderr.fd],
      detached: true,
    });
    const interruption = interruptOnce(child, request, directory);
    const ended = new AbortController();
    const followers = [
      follow(outputs.stdout, 'stdout', request.onLine, ended.signal),
      follow(outputs.stderr, 'stderr', request.onLine, ended.signal),
    ] as const;
    const result = await endOf(child).finally(() => ended.abort());
    const [stdout, stderr] = await Promise.all(followers);
    return toChildResult(request, result, interruption.stop(), stdout, stderr);
  } finally {
    await Promise.all([outputs.stdout.close(), outputs.stderr.close()]);
    await rm(directory, { recursive: true, force: true });
  }
}

function endOf(child: ChildProcess): Promise<EndedChild> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code, message: error.message }),
    );
    child.once('exit', (exitCode, signal) =>
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
    );
  });
}

function interruptOnce(
  child: { readonly pid?: number | undefined; kill(signal: 'SIGINT'): boolean },
  request: ChildRequest,
  outputDirectory?: string,
): { readonly stop: () => boolean } {
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = child.kill('SIGINT') || interrupted;
  };
  if (child.pid !== undefined) request.onStart?.(child.pid, outputDirectory);
  if (request.signal?.aborted === true) interrupt();
  else request.signal?.addEventListener('abort', interrupt, { once: true });
  return {
    stop: () => {
      request.signal?.removeEventListener('abort', interrupt);
      return interrupted;
    },
  };
}

interface EndedChild {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

function toChildResult(
  request: ChildRequest,
  result: EndedChild,
  interrupted: boolean,
  stdout: string,
  stderr: string,
): ChildResult {
  if (result.exitCode === undefined && result.signal === undefined) {
    throw new OperationError(
      'command-not-found',
      `cannot start ${request.command}: ${result.code ?? result.message ?? 'unknown reason'}`,
      { details: { command: request.command } },
    );
  }
  return {
    exitCode: result.exitCode,
    endedBySignal: result.signal,
    stdout,
    stderr,
    interrupted,
  };
}

/** Reads a file that grows until `ended`, and then what is left. */
async function follow(
  file: Awaited<ReturnType<typeof open>>,
  stream: OutputStream,
  onLine: ChildRequest['onLine'],
  ended: AbortSignal,
): Promise<string> {
  const feed = onLine === undefined ? undefined : lineFeed(onLine, stream);
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(64 * 1024);
  const parts: string[] = [];
  let position = 0;
  for (;;) {
    // Looked at before the read: what the child wrote last is then always read.
    const last = ended.aborted;
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead > 0) {
      position += bytesRead;
      const chunk = decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      parts.push(chunk);
      feed?.push(chunk);
    } else if (last) {
      feed?.end();
      return parts.join('');
    } else {
      await delay(50, undefined, { signal: ended }).catch(() => undefined);
    }
  }
}

function lineFeed(
  onLine: (line: string, stream: OutputStream) => void,
  stream: OutputStream,
): { readonly push: (chunk: string) => void; readonly end: () => void } {
  let rest = '';
  return {
    push: (chunk) => {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, stream);
    },
    end: () => {
      if (rest !== '') onLine(rest, stream);
      rest = '';
    },
  };
}
