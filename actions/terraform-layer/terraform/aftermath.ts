import path from 'node:path';
import type { Clock } from '../../shared/clock.js';
import type { RunProcess } from '../../shared/process.js';
import { localLockFile, localStateFile } from '../sidecar/backend-place.js';
import type { JournalEntry } from '../sidecar/journal.js';
import type { Sidecars } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import type { Diagnostic } from './diagnostics.js';
import { pushCommand, recoverState, versionOf, type Recovery } from './errored-state.js';
import { programName, type ProgramName } from './find.js';
import { heldLockIn } from './held-lock.js';
import { releaseLock, removeLocalLock } from './lock-release.js';
import { rescueCommands } from './rescue-commands.js';
import type { TerraformRun } from './terraform.js';

/** A Terraform of this run that has ended. */
export interface EndedChild {
  readonly stack: Stack;
  readonly command: string;
  readonly end: TerraformRun['end'];
  readonly lockLog: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What it said that it made. */
  readonly created: readonly JournalEntry[];
}

export interface Aftermath {
  readonly diagnostics: readonly Diagnostic[];
  /** A lock of ours that could not be released. */
  readonly heldLockId?: string;
  /** Whether something is left for the post step. */
  readonly unfinished: boolean;
}

/** Commands that take no lock and write no state. */
const harmless = ['init', 'show', 'output', 'state pull'];

/** Puts in order what a Terraform leaves that did not end well: its lock, and a state unwritten. */
export function childAftermath(ports: {
  readonly program: string;
  readonly root: string;
  readonly earlyFor: (stack: Stack) => readonly string[];
  readonly sidecars: Sidecars;
  readonly runProcess: RunProcess;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): (ended: EndedChild) => Promise<Aftermath> {
  return async (ended) => {
    const { stack, command, end } = ended;
    if (harmless.includes(command)) return { diagnostics: [], unfinished: false };
    const directory = path.join(ports.root, stack.directory);
    const { environment } = ended;
    const early = ports.earlyFor(stack);
    const commands = rescueCommands({ ...ports, directory, environment, early });
    const diagnostics: Diagnostic[] = [];
    const sidecar = ports.sidecars(stack);
    const unwritten = command === 'apply' && end !== 'succeeded';
    // Before the lock is given back, so that nobody has written it since.
    const stateVersion = unwritten ? await versionOf(sidecar) : undefined;
    // Also after a success: the lock's release may be what failed.
    let heldLockId = await heldLockIn(ended.lockLog, sidecar && (() => sidecar.lockText()));
    if (heldLockId !== undefined) {
      const release = await releaseLock(heldLockId, { ...ports, commands });
      if (release.kind === 'released') {
        diagnostics.push({
          severity: 'warning',
          summary: `${programName(ports.program)} ${command} left the lock ${heldLockId} on its state, and it was released`,
          detail: '',
        });
        heldLockId = undefined;
      }
    }
    const localState = localStateFile(stack, ports.root);
    if (end === 'killed' && localState !== undefined) {
      await removeLocalLock(localLockFile(localState), ended.startedAt);
    }
    const recovery: Recovery = unwritten
      ? await recoverState({
          ...ports,
          directory,
          ...(stack.binding === 'directory' ? {} : { sharedBy: stack.environment }),
          created: ended.created,
          commands,
          sidecar,
          stateVersion,
        })
      : { kind: 'none' };
    diagnostics.push(...recoveryDiagnostics(programName(ports.program), stack.directory, recovery));
    return {
      diagnostics,
      ...(heldLockId === undefined ? {} : { heldLockId }),
      unfinished: recovery.kind === 'kept' || heldLockId !== undefined,
    };
  };
}

/** What a recovery means for whoever reads of it. */
export function recoveryDiagnostics(
  program: ProgramName,
  directory: string,
  recovery: Recovery,
): readonly Diagnostic[] {
  switch (recovery.kind) {
    case 'none':
      return [];
    case 'pushed':
      return [
        {
          severity: 'warning',
          summary: 'the state could not be written by the apply, and was pushed after it',
          detail: '',
        },
      ];
    case 'stored':
    case 'kept': {
      const where = recovery.kind === 'stored' ? recovery.place : recovery.file;
      return [
        {
          severity: 'error',
          summary: `the state of this apply could not be written: it is in ${where}`,
          detail: `${recovery.why}\n${afterwards(program, directory, recovery)}`,
        },
      ];
    }
  }
}

function afterwards(program: ProgramName, directory: string, recovery: Recovery): string {
  const byHand = `To put it back: ${pushCommand(program, directory, recovery)}`;
  return recovery.kind === 'stored'
    ? `The next apply puts it back where nothing has written the state since. ${byHand}`
    : byHand;
}
