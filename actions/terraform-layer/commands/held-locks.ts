import { UserError } from '../../shared/errors.js';
import { runOfLock } from '../sidecar/lock-notes.js';
import type { Sidecars } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import { parseLockInfo, type LockInfo } from '../terraform/lock-info.js';

/** What is known of the lock of one stack's state. */
export type StackLock =
  | { readonly kind: 'free'; readonly stack: Stack }
  | {
      readonly kind: 'held';
      readonly stack: Stack;
      readonly lock: LockInfo;
      /** Address of the run that took it, where it left word. */
      readonly runUrl: string | undefined;
      /** Undefined where it cannot be told. */
      readonly runInProgress: boolean | undefined;
    }
  /** Its backend keeps locks where they cannot be read from here. */
  | { readonly kind: 'untold'; readonly stack: Stack };

/** Whether a run of GitHub Actions still goes on; undefined where that cannot be told. */
export type RunInProgress = (runUrl: string) => Promise<boolean | undefined>;

/** Looks at the lock of one stack's state. */
export async function readLock(
  stack: Stack,
  sidecars: Sidecars,
  runInProgress: RunInProgress,
): Promise<StackLock> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return { kind: 'untold', stack };
  const lock = parseLockInfo(await sidecar.lockText());
  if (lock === undefined) return { kind: 'free', stack };
  const runUrl = await runOfLock(sidecar, lock.id);
  return {
    ...{ kind: 'held', stack, lock, runUrl },
    runInProgress: runUrl === undefined ? undefined : await runInProgress(runUrl),
  };
}

/**
 * The stack whose lock is to be released. Pure.
 *
 * @throws UserError `lock-not-held` where no selected stack is locked under this id,
 * `lock-run-in-progress` where the run that holds it goes on
 */
export function chooseLock(lockId: string, locks: readonly StackLock[]): StackLock {
  const held = locks.flatMap((lock) => (lock.kind === 'held' ? [lock] : []));
  const found = held.find(({ lock }) => lock.id === lockId);
  if (found !== undefined) {
    if (found.runInProgress !== true) return found;
    throw new UserError({
      code: 'lock-run-in-progress',
      message: `the run that holds "${lockId}" goes on: ${found.runUrl ?? ''}`,
      at: { input: 'lock-id' },
      hint: 'cancel it and let its post step release the lock',
    });
  }
  // Terraform itself refuses to release any other lock than this one.
  const untold = locks.filter(({ kind }) => kind === 'untold');
  const [only, ...others] = untold;
  if (only !== undefined && others.length === 0) return only;
  const known = held.map(({ stack, lock }) => `${stack.displayId}: ${lock.id}`);
  throw new UserError({
    code: 'lock-not-held',
    message: `no selected stack is locked under "${lockId}"`,
    at: { input: 'lock-id' },
    hint:
      known.length > 0
        ? `held are ${known.join(', ')}`
        : untold.length > 0
          ? 'select the one stack that it is about with "environment" and "layers"'
          : 'none of them is locked: nothing needs to be released',
  });
}
