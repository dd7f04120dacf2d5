import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { FaultRule } from '../../emulator/aws/faults.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** An emulator of one test suite, in a process of its own, and a directory that goes with it. */
export interface TestEmulator {
  readonly awsUrl: string;
  readonly githubUrl: string;
  /** The address of an incoming webhook of Slack. */
  readonly slackWebhookUrl: string;
  /** `127.0.0.1:port` of the registry. */
  readonly registryHost: string;
  readonly region: string;
  readonly pid: number;
  /** For the test's own files; removed by `stop`. */
  readonly directory: string;
  /** What a program needs in its environment to find the emulator; see `clientEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  calls(): Promise<Record<string, number>>;
  addFaults(...rules: FaultRule[]): Promise<void>;
  /** Empties AWS, GitHub and Slack, counters and rules. */
  reset(): Promise<void>;
  /** Moves the virtual time of ECS. */
  advance(seconds: number): Promise<void>;
  /** A request to `/_emulator/<path>` of the AWS side; gives the parsed answer. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** A request to `/_emulator/<path>` of the GitHub side; gives the parsed answer. */
  readonly githubControl: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** A request to `/_emulator/<path>` of the Slack side; gives the parsed answer. */
  readonly slackControl: (method: string, path: string, body?: unknown) => Promise<unknown>;
  stop(): Promise<void>;
}

/** What a client of AWS has to know of it. */
export type AwsEmulator = Pick<TestEmulator, 'awsUrl' | 'region'>;

interface Ready {
  readonly awsUrl: string;
  readonly githubUrl: string;
  readonly slackWebhookUrl: string;
  readonly registryHost: string;
  readonly region: string;
  readonly environment: Record<string, string>;
}

/**
 * Starts an emulator in a temporary directory; call it in `beforeAll`, and `stop` in `afterAll`.
 * It ends with the test's process too.
 */
export async function startTestEmulator(
  options: { readonly speed?: number } = {},
): Promise<TestEmulator> {
  const directory = await mkdtemp(path.join(tmpdir(), 'emulator-'));
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', path.join(ROOT, 'emulator/main.ts')],
      ...['--directory', path.join(directory, 'emulator'), '--speed', String(options.speed ?? 1)],
    ],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  );
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve(JSON.parse(line) as Ready);
    });
    void exited.then(() => {
      reject(new Error(`the emulator did not start:\n${log.join('\n')}`));
    });
  });

  const control = (method: string, name: string, body?: unknown): Promise<unknown> =>
    request(`${ready.awsUrl}/_emulator/${name}`, method, body);
  return {
    ...ready,
    pid: child.pid ?? 0,
    directory,
    control,
    githubControl: (method, name, body) =>
      request(`${ready.githubUrl}/_emulator/${name}`, method, body),
    slackControl: (method, name, body) =>
      request(`${new URL(ready.slackWebhookUrl).origin}/_emulator/${name}`, method, body),
    calls: async () => (await control('GET', 'calls')) as Record<string, number>,
    async addFaults(...rules) {
      await control('POST', 'faults', { rules });
    },
    async reset() {
      await control('POST', 'reset');
    },
    async advance(seconds) {
      await control('POST', 'clock', { advanceSeconds: seconds });
    },
    async stop() {
      child.stdin.end();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * The environment of a program that works against the emulator: the test's own without anything
 * of AWS, and the emulator's.
 */
export function clientEnvironment(emulator: TestEmulator): Record<string, string> {
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('AWS_') ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(own), ...emulator.environment };
}

/** Configuration of an AWS SDK client that talks to the emulator. */
export function sdkConfig(emulator: AwsEmulator): {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  return {
    region: emulator.region,
    endpoint: emulator.awsUrl,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

async function request(url: string, method: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
