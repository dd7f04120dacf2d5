import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Stack } from '../stacks/workspace.js';
import { programName, type ProgramName } from './find.js';
import { stackFileName } from './stack-file.js';
import { maySendLock, tofuLock } from './tofu-lock.js';

/** Where the Terraform of a stack's command tells which lock it holds. */
export function lockLogFile(logDirectory: string, stack: Stack, command: string): string {
  return path.join(logDirectory, stackFileName(stack, `${command.replaceAll(' ', '-')}.log`));
}

/**
 * What makes a program write to `file` which lock it takes; nothing where the user logs elsewhere.
 * OpenTofu tells what it sends only where it debugs.
 */
export function lockLogEnvironment(
  file: string,
  own: Readonly<Record<string, string>>,
  program: string,
): Readonly<Record<string, string>> {
  if (['TF_LOG', 'TF_LOG_CORE', 'TF_LOG_PATH'].some((name) => Object.hasOwn(own, name))) return {};
  return { TF_LOG_CORE: programName(program) === 'tofu' ? 'DEBUG' : 'INFO', TF_LOG_PATH: file };
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

/**
 * The id of a lock that the Terraform or OpenTofu of a log took and did not give back; the log may
 * not be there. `lockText` is what stands in the lock's place: it is asked only for OpenTofu, which
 * does not log the id, and what cannot be read is no lock of ours.
 */
export async function heldLockIn(
  file: string,
  lockText: (() => Promise<string | undefined>) | undefined,
): Promise<string | undefined> {
  const log = await readFile(file, 'utf8').catch(() => '');
  const told = heldLock(log);
  if (told !== undefined || lockText === undefined || !maySendLock(log)) return told;
  return tofuLock(log, await lockText().catch(() => undefined));
}

/** `takenLock` of a file that may not be there. */
export async function takenLockIn(file: string): Promise<string | undefined> {
  return takenLock(await readFile(file, 'utf8').catch(() => ''));
}

/** The command that releases a lock. */
export function unlockCommand(program: ProgramName, directory: string, lockId: string): string {
  return `${program} -chdir=${directory} force-unlock ${lockId}`;
}
