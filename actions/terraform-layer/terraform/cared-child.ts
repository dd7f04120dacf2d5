import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ChildRequest, ChildResult, RunProcess } from '../../shared/process.js';
import type { CreatedResources } from '../sidecar/journal.js';
import type { WatchLock } from '../sidecar/lock-watch.js';
import type { Stack } from '../stacks/workspace.js';
import type { Aftermath, EndedChild } from './aftermath.js';
import { endOf } from './child-result.js';
import { noteChild, type RestInstructions } from './children.js';
import { lockLogEnvironment, lockLogFile } from './held-lock.js';
import type { TerraformRun } from './terraform.js';

/** What every Terraform of a run is started with, and what is done for it. */
export interface ChildCare {
  /** Absolute path of the program. */
  readonly program: string;
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** Where running children are noted for the post step. */
  readonly childrenDirectory: string;
  /** Where Terraform's own logs lie until the run ends. */
  readonly logDirectory: string;
  readonly runProcess: RunProcess;
  /** What the post step is told of a child, in case that this process is killed. */
  readonly restOf: (child: {
    readonly stack: Stack;
    readonly environment: Readonly<Record<string, string>>;
    readonly outputDirectory: string | undefined;
    readonly startedAt: number;
  }) => RestInstructions;
  /** Leaves word of the locks that children hold. */
  readonly watchLock: WatchLock;
  /** Puts in order what a child leaves; the post step still knows of the child meanwhile. */
  readonly afterChild: (ended: EndedChild) => Promise<Aftermath>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface CaredChild extends Pick<ChildRequest, 'onLine'> {
  readonly stack: Stack;
  /** Of Terraform: `apply`, `state mv`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute; where it runs instead of the stack's own directory. */
  readonly directory?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** What it gets beside that, and nobody who comes after it. */
  readonly more?: Readonly<Record<string, string>> | undefined;
  /** Whether it writes down which lock it takes. */
  readonly logsLock: boolean;
  readonly takesLock: boolean;
  /** Whether the post step may read what it prints. */
  readonly tellsOutput: boolean;
  /** What it has made by its own account. */
  readonly created?: Pick<CreatedResources, 'entries'>;
}

/**
 * Runs one Terraform in a session of its own: noted for the post step while it runs, with word of
 * the lock that it holds, and what it leaves put in order.
 */
export async function runWithCare(
  child: CaredChild,
  care: ChildCare,
): Promise<{
  readonly child: ChildResult;
  readonly end: TerraformRun['end'];
  readonly aftermath: Aftermath;
}> {
  const { stack, command, environment } = child;
  const startedAt = care.now();
  const lockLog = lockLogFile(care.logDirectory, stack, command);
  const watch = child.takesLock ? care.watchLock({ stack, command, lockLog }) : undefined;
  let note: Promise<() => Promise<void>> | undefined;
  const forget = async (): Promise<void> => {
    await (
      await note
    )?.();
    await rm(lockLog, { force: true });
  };
  const result = await care
    .runProcess({
      command: care.program,
      args: [...command.split(' '), ...child.args],
      cwd: child.directory ?? path.join(care.root, stack.directory),
      env: {
        ...environment,
        ...(child.logsLock ? lockLogEnvironment(lockLog, environment, care.program) : {}),
        ...child.more,
      },
      signal: care.signal,
      survivesParent: true,
      onStart: (processId, place) => {
        const { displayId, directory } = stack;
        const outputDirectory = child.tellsOutput ? place : undefined;
        note = noteChild(care.childrenDirectory, {
          ...{ processId, stack: displayId, command, directory, lockLog },
          rest: care.restOf({ stack, environment, outputDirectory, startedAt }),
        });
      },
      ...(child.onLine === undefined ? {} : { onLine: child.onLine }),
    })
    .catch(async (error: unknown) => {
      await watch?.close(undefined);
      await forget();
      throw error;
    });
  const end = endOf(result, command);
  // A note that cannot be written is told of afterwards: a lock that was left comes first.
  await note?.catch(() => undefined);
  const aftermath = await care.afterChild({
    ...{ stack, command, end, lockLog, environment, startedAt },
    created: child.created?.entries ?? [],
  });
  await watch?.close(aftermath.heldLockId);
  if (!aftermath.unfinished) await forget();
  return { child: result, end, aftermath };
}
