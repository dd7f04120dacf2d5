import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';
import { stackFileName } from './stack-file.js';

/** Where the Terraform of a stack's command tells which lock it holds. */
export function lockLogFile(logDirectory: string, stack: Stack, command: string): string {
  return path.join(logDirectory, stackFileName(stack, `${command.replaceAll(' ', '-')}.log`));
}

/** What makes Terraform write its lock's id to `file`; nothing where the user logs elsewhere. */
export function lockLogEnvironment(
  file: string,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (['TF_LOG', 'TF_LOG_CORE', 'TF_LOG_PATH'].some((name) => Object.hasOwn(own, name))) return {};
  return { TF_LOG_CORE: 'INFO', TF_LOG_PATH: file };
}

/**
 * The id of a lock that Terraform took and did not give back, from its core log. Only the S3
 * backend tells it (`tf_backend.lock.id`, seen in Terraform 1.11).
 */
export function heldLock(log: string): string | undefined {
  let held: string | undefined;
  for (const line of log.split('\n')) {
    const id = /tf_backend\.lock\.id=(\S+)/.exec(line)?.[1];
    if (id === undefined) continue;
    if (/: Locked remote state/.test(line)) held = id;
    else if (/: Unlocked remote state/.test(line) && held === id) held = undefined;
  }
  return held;
}

/** The last lock that Terraform took, given back or not, from its core log. */
export function takenLock(log: string): string | undefined {
  return [...log.matchAll(/: Locked remote state.*?tf_backend\.lock\.id=(\S+)/g)].at(-1)?.[1];
}

/** `heldLock` of a file that may not be there. */
export async function heldLockIn(file: string): Promise<string | undefined> {
  return heldLock(await readFile(file, 'utf8').catch(() => ''));
}

/** `takenLock` of a file that may not be there. */
export async function takenLockIn(file: string): Promise<string | undefined> {
  return takenLock(await readFile(file, 'utf8').catch(() => ''));
}

/** The command that releases a lock. */
export function unlockCommand(directory: string, lockId: string): string {
  return `terraform -chdir=${directory} force-unlock ${lockId}`;
}
