import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.js';
import { toError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { RunProcess } from '../../shared/process.js';
import { localLockFile } from '../sidecar/backend-place.js';
import { orphansText } from '../sidecar/import-block.js';
import { CreatedResources } from '../sidecar/journal.js';
import { forgetLock } from '../sidecar/lock-notes.js';
import { settleJournal } from '../sidecar/journal-session.js';
import { toOrphan } from '../sidecar/orphans.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import { recoveryDiagnostics } from './aftermath.js';
import {
  notedChildren,
  waitForChildren,
  type RestInstructions,
  type RunningChild,
} from './children.js';
import { recoverState, versionOf } from './errored-state.js';
import { parseEvent, type TerraformEvent } from './events.js';
import { programName, type ProgramName } from './find.js';
import { heldLockIn, takenLockIn, unlockCommand } from './held-lock.js';
import { releaseLock, removeLocalLock } from './lock-release.js';
import { rescueCommands } from './rescue-commands.js';

/** A cancelled job kills the step after ten seconds; Terraform may need longer to come to rest. */
const waitSeconds = 240;

export interface RestPorts {
  readonly isRunning: (processId: number) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly runProcess: RunProcess;
  /** The job's own environment with changes on top. */
  readonly environmentWith: (
    changes: Readonly<Record<string, string | undefined>>,
  ) => Readonly<Record<string, string>>;
  /** What stands beside the state that a child worked on. */
  readonly sidecarOf: (rest: RestInstructions) => Sidecar | undefined;
}

/**
 * What the post step does for a main step that was killed: waits for Terraform, which lives on in
 * a session of its own, then releases the lock that it took and could not give back, saves a state
 * that it could not write, and completes the journal of what it made.
 */
export async function bringToRest(runDirectory: string, ports: RestPorts): Promise<void> {
  const { log } = ports;
  const directory = join(runDirectory, 'children');
  const left = await waitForChildren({
    ...ports,
    directory,
    timeoutSeconds: waitSeconds,
    onWaiting: (children) => {
      const names = children.map(({ stack, command }) => `${stack} (${command})`).join(', ');
      log.info(`Waiting up to ${waitSeconds} s for Terraform to come to rest: ${names}`);
    },
  });
  const running = new Set(left.map(({ processId }) => processId));
  for (const child of await notedChildren(directory)) {
    if (running.has(child.processId)) {
      await nameRunning(child, ports);
      continue;
    }
    log.info(`${programOf(child)} ${child.command} of ${child.stack} has ended`);
    try {
      await settle(child, ports);
    } catch (thrown) {
      // The other children are to come to rest all the same.
      log.warning(`${child.stack}: ${toError(thrown).message}`);
    }
  }
}

async function nameRunning(child: RunningChild, ports: RestPorts): Promise<void> {
  const { log } = ports;
  const about = `${programOf(child)} ${child.command} of ${child.stack} still runs (process ${child.processId})`;
  const lockId = await heldLockOf(child, ports);
  log.warning(
    lockId === undefined
      ? `${about}: its state may stay locked, and the next run then names the lock.`
      : `${about} and holds the lock ${lockId}. To release it once it has ended: ${unlockCommand(programOf(child), child.directory, lockId)}`,
  );
}

async function settle(child: RunningChild, ports: RestPorts): Promise<void> {
  const { log } = ports;
  const { rest, stack, command } = child;
  const lockId = await heldLockOf(child, ports);
  if (rest === undefined) {
    if (lockId !== undefined) log.warning(standing(child, lockId, ''));
    return;
  }
  // Before the lock is given back, so that nobody has written it since.
  const stateVersion = command === 'apply' ? await versionOf(ports.sidecarOf(rest)) : undefined;
  const absent = rest.withoutEnvironment.map((name) => [name, undefined] as const);
  const environment = ports.environmentWith({ ...Object.fromEntries(absent), ...rest.environment });
  const { program, directory, early } = rest;
  const commands = rescueCommands({ ...ports, program, directory, environment, early });
  let stands = false;
  if (lockId !== undefined) {
    const release = await releaseLock(lockId, { ...ports, commands });
    stands = release.kind === 'stands';
    if (release.kind === 'released') {
      log.notice(
        `${programOf(child)} ${command} of ${stack} left the lock ${lockId}: it was released.`,
      );
    } else {
      log.warning(standing(child, lockId, release.why));
    }
  }
  if (!stands) await takeWordBack(child, rest, lockId, ports);
  if (rest.state?.kind === 'local') {
    await removeLocalLock(localLockFile(rest.state.file), rest.startedAt);
  }
  if (command === 'apply') await settleApply(child, rest, { ...ports, commands, stateVersion });
  if (rest.outputDirectory !== undefined) {
    await rm(rest.outputDirectory, { recursive: true, force: true });
  }
}

function heldLockOf(
  { lockLog, rest }: RunningChild,
  { sidecarOf }: RestPorts,
): Promise<string | undefined> {
  // A local state's lock ends with its process.
  const ofS3 = rest?.state?.kind === 's3' ? rest : undefined;
  return heldLockIn(lockLog, ofS3 && (async () => sidecarOf(ofS3)?.lockText()));
}

/** The run that was to take back the word of its lock was killed. */
async function takeWordBack(
  { stack, lockLog }: RunningChild,
  rest: RestInstructions,
  released: string | undefined,
  { log, sidecarOf }: RestPorts,
): Promise<void> {
  const taken = released ?? (await takenLockIn(lockLog));
  if (taken === undefined || rest.state?.kind !== 's3') return;
  try {
    const sidecar = sidecarOf(rest);
    if (sidecar !== undefined) await forgetLock(sidecar, taken);
  } catch (thrown) {
    // What is left says of a lock that is gone who held it: it harms nobody.
    log.info(`${stack}: ${toError(thrown).message}`);
  }
}

async function settleApply(
  { stack, directory }: RunningChild,
  rest: RestInstructions,
  ports: RestPorts & {
    readonly commands: ReturnType<typeof rescueCommands>;
    readonly stateVersion: string | undefined;
  },
): Promise<void> {
  const { log } = ports;
  const events = await eventsOf(rest, directory);
  const created = new CreatedResources(undefined);
  for (const event of events) created.note(event);
  const sidecar = ports.sidecarOf(rest);
  const recovery = await recoverState({
    ...{ directory: rest.directory, sidecar, created: created.entries },
    ...(rest.sharedBy === undefined ? {} : { sharedBy: rest.sharedBy }),
    ...{ commands: ports.commands, clock: ports.clock, signal: ports.signal },
    stateVersion: ports.stateVersion,
  });
  for (const { severity, summary, detail } of recoveryDiagnostics(
    programName(rest.program),
    directory,
    recovery,
  )) {
    log[severity](`${stack}: ${summary}${detail === '' ? '' : `\n${detail}`}`);
  }
  if (sidecar === undefined) return;
  const missing = (await settleJournal(sidecar, events, ports.clock)).map(toOrphan);
  if (missing.length === 0) return;
  log.warning(orphansText({ displayId: stack }, missing));
}

async function eventsOf(
  { outputDirectory }: RestInstructions,
  directory: string,
): Promise<readonly TerraformEvent[]> {
  if (outputDirectory === undefined) return [];
  const text = await readFile(join(outputDirectory, 'stdout'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => parseEvent(line, directory) ?? []);
}

/** A note without instructions names no program. */
function programOf({ rest }: RunningChild): ProgramName {
  return programName(rest?.program ?? 'terraform');
}

function standing(child: RunningChild, lockId: string, why: string): string {
  const { command, stack, directory } = child;
  const program = programOf(child);
  const words = why === '' ? '' : ` (${why})`;
  return `${program} ${command} of ${stack} has ended and left the lock ${lockId} on its state${words}. To release it: ${unlockCommand(program, directory, lockId)}`;
}
