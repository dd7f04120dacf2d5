import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Env } from '../shared/env.js';

/** Name of the state in which the post step finds the directory. */
export const workDirectoryState = 'work-directory';

const prefix = 'ecr-push-';

/** The step's private directory (mode 0700): login, digests, what an archive is unpacked to. */
export interface WorkDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes the directory; `announce` is told its path before anything is put in, so that the post
 * step can remove it when this process is killed.
 */
export async function makeWorkDirectory(
  env: Env,
  announce: (path: string) => void,
): Promise<WorkDirectory> {
  const path = await mkdtemp(join(env('RUNNER_TEMP') ?? tmpdir(), prefix));
  announce(path);
  return { path, remove: () => removeWorkDirectory(path) };
}

/**
 * Runs `body` with such a directory, and removes it afterwards: always where it fails, and unless it
 * `keeps` it where it comes through. The post step is told of it.
 */
export async function inWorkDirectory(
  step: {
    readonly env: Env;
    readonly keeps: boolean;
    saveState(name: string, value: string): void;
  },
  body: (path: string) => Promise<void>,
): Promise<void> {
  const work = await makeWorkDirectory(step.env, (path) =>
    step.saveState(workDirectoryState, path),
  );
  let keep = false;
  try {
    await body(work.path);
    keep = step.keeps;
  } finally {
    if (!keep) await work.remove();
  }
}

/** Removes what `makeWorkDirectory` made; a path that it cannot have made is left alone. */
export async function removeWorkDirectory(path: string): Promise<void> {
  if (!basename(path).startsWith(prefix)) return;
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
