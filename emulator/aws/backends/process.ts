import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../free-port.js';

const START_TIMEOUT_MS = 60_000;
const START_POLL_MS = 25;
const START_ATTEMPTS = 3;

/** What it takes to run one backend. */
export interface BackendDefinition {
  readonly name: string;
  /** Python module that runs the server. */
  readonly module: string;
  readonly args: (port: number) => readonly string[];
  readonly environment: (port: number) => Readonly<Record<string, string>>;
  /** A path that answers 2xx once the backend is up. */
  readonly healthPath: string;
}

/** Where a backend runs. */
export interface BackendOptions {
  readonly python: string;
  readonly logDirectory: string;
  readonly workingDirectory: string;
  /** Told when it ends without having been stopped. */
  readonly log: (line: string) => void;
}

/** A running backend on this machine. */
export interface Backend {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly agent: Agent;
  /** Sends one request and reads the whole answer. */
  send(options: BackendRequest): Promise<BackendResponse>;
  stop(): Promise<void>;
}

export interface BackendRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface BackendResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * Starts a backend on a free port of 127.0.0.1 and waits until it answers.
 *
 * Its output goes to `<logDirectory>/<name>.log`. It leads its own process group, so that Ctrl-C
 * in a terminal reaches the emulator first, and ends when the emulator does, SIGKILL included.
 */
export async function startBackend(
  definition: BackendDefinition,
  options: BackendOptions,
): Promise<Backend> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(definition, options, await freePort());
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(
  definition: BackendDefinition,
  options: BackendOptions,
  port: number,
): Promise<Backend> {
  const logFile = path.join(options.logDirectory, `${definition.name}.log`);
  const log = openSync(logFile, 'a');
  const launcher = path.join(import.meta.dirname, 'launch.py');
  const child = spawn(options.python, [launcher, definition.module, ...definition.args(port)], {
    cwd: options.workingDirectory,
    detached: true,
    stdio: ['pipe', log, log],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: options.workingDirectory,
      TMPDIR: options.workingDirectory,
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: process.env['PYTHONDONTWRITEBYTECODE'] ?? '',
      ...definition.environment(port),
    },
  });
  closeSync(log);
  let ended: string | undefined;
  let expected = true;
  const exit = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${String(code)}`;
      if (!expected) options.log(`${definition.name} ended by itself (${ended}), see ${logFile}`);
      resolve();
    });
  });
  // Nothing is ever written to it; its closing is what ends the backend.
  child.stdin?.on('error', () => undefined);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();

  // Both close idle connections without notice, and a reused one would fail a call now and then;
  // a new one costs next to nothing on this machine.
  const agent = new Agent({ keepAlive: false });
  const backend: Backend = {
    name: definition.name,
    port,
    pid: child.pid ?? 0,
    agent,
    send: (message) => send(agent, port, message),
    async stop() {
      expected = true;
      agent.destroy();
      // Its end is now waited for, which an unreferenced child alone does not keep us up for.
      child.ref();
      if (ended === undefined) child.kill('SIGKILL');
      await exit;
    },
  };

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (ended === undefined && Date.now() < deadline) {
    const status = await send(agent, port, { method: 'GET', path: definition.healthPath }).then(
      (response) => response.status,
      () => 0,
    );
    if (status >= 200 && status < 300) {
      expected = false;
      return backend;
    }
    await sleep(START_POLL_MS);
  }
  const reason = ended ?? `no answer within ${START_TIMEOUT_MS / 1000} s`;
  await backend.stop();
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-15).join('\n');
  throw new Error(`${definition.name} did not start (${reason}), see ${logFile}:\n${tail}`);
}

function send(agent: Agent, port: number, message: BackendRequest): Promise<BackendResponse> {
  return new Promise((resolve, reject) => {
    const body = message.body === undefined ? undefined : Buffer.from(message.body as Buffer);
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: message.method,
        path: message.path,
        headers: {
          ...message.headers,
          ...(body ? { 'content-length': String(body.length) } : {}),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 502,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
