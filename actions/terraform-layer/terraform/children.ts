import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { parseJsonAs } from '../../shared/json-text.js';
import { s3PlaceSchema } from '../sidecar/backend-place.js';

/** What a post step needs to bring a stack to rest after its run was killed. Holds no secret. */
const restSchema = z.object({
  /** Absolute path of Terraform. */
  program: z.string(),
  /** Absolute path of the stack's directory. */
  directory: z.string(),
  /** What commands on its state need to know where that is: names of var files. */
  early: z.array(z.string()).default([]),
  /** What Terraform's environment has that the job's own lacks or has otherwise. */
  environment: z.record(z.string(), z.string()),
  /** What it must not have. */
  withoutEnvironment: z.array(z.string()),
  /** Where Terraform's output goes, which tells what it made. */
  outputDirectory: z.string().optional(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  /** Set where several environments share the directory. */
  sharedBy: z.string().optional(),
  /** Where the state lies; absent where the post step cannot reach it. */
  state: z
    .discriminatedUnion('kind', [
      z.object({
        kind: z.literal('s3'),
        place: s3PlaceSchema,
        region: z.string(),
        /** File with the request for the role's session; absent: the job's own credentials. */
        sessionRequest: z.string().optional(),
      }),
      z.object({ kind: z.literal('local'), file: z.string() }),
    ])
    .optional(),
});

const childSchema = z.object({
  processId: z.number(),
  /** The stack's display id. */
  stack: z.string(),
  command: z.string(),
  /** Relative to the repository's root. */
  directory: z.string(),
  /** Where it tells which lock it holds. */
  lockLog: z.string(),
  rest: restSchema.optional(),
});

export type RestInstructions = z.infer<typeof restSchema>;

/** A Terraform that may outlive this process, noted so that the post step finds it. */
export type RunningChild = Readonly<z.infer<typeof childSchema>>;

/** Notes a child in `directory`; the function returned removes the note. */
export async function noteChild(
  directory: string,
  child: RunningChild,
): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${child.processId}.json`);
  await writeFile(file, JSON.stringify(child), { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** Children noted in `directory`: those whose end nobody has seen yet. */
export async function notedChildren(directory: string): Promise<readonly RunningChild[]> {
  const names = await readdir(directory).catch(() => []);
  const children = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      // Half written when its writer was killed, it is none: the process has only just begun.
      return parseJsonAs(childSchema, text) ?? [];
    }),
  );
  return children.flat();
}

/** Waits until none of the children runs, or the time is over; returns those that still do. */
export async function waitForChildren(options: {
  readonly directory: string;
  readonly isRunning: (processId: number) => boolean;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  readonly onWaiting: (children: readonly RunningChild[]) => void;
}): Promise<readonly RunningChild[]> {
  const { directory, isRunning, clock } = options;
  const end = clock.now() + options.timeoutSeconds * 1000;
  let told = false;
  for (;;) {
    const noted = await notedChildren(directory);
    const children = noted.filter(({ processId }) => isRunning(processId));
    if (children.length === 0 || clock.now() >= end) return children;
    if (!told) options.onWaiting(children);
    told = true;
    await clock.sleep(500);
  }
}

/**
 * Whether a process of this id runs; it may be another user's. One that has ended and whose parent
 * never asks how does not run: in a job's container the first process is `tail`, which takes in
 * what a killed step leaves and asks for nobody (actions/runner, `ContainerOperationProvider`).
 */
export function isProcessRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !hasEnded(processId);
}

/** The state is the letter after the name, which may hold anything (Linux, proc_pid_stat(5)). */
function hasEnded(processId: number): boolean {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    // No Linux, or it has gone this moment: the next question tells.
    return false;
  }
}
