import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/clock.js';
import { toError } from '../../shared/errors.js';
import type { ProgramName } from './find.js';
import type { JournalEntry } from '../sidecar/journal.js';
import { writeRecovery } from '../sidecar/recovery.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import { missingFrom } from '../sidecar/state-resources.js';
import { parseStateFile } from '../state/state-file.js';
import type { RescueCommands } from './rescue-commands.js';

/** What became of a state that Terraform could not write. */
export type Recovery =
  | { readonly kind: 'none' }
  | { readonly kind: 'pushed' }
  /** Beside the state, under the same access; `why` the push was refused. */
  | { readonly kind: 'stored'; readonly place: string; readonly why: string }
  /** Still in the stack's directory: it must not be left there. */
  | { readonly kind: 'kept'; readonly file: string; readonly why: string };

/** Half a minute: an outage of the store, or a session that has just ended. */
const pausesMilliseconds = [0, 2000, 5000, 10_000, 15_000];

/**
 * Where Terraform leaves a state that it could not write, and what it is called in a directory that
 * stacks of several environments share: a name of its own keeps the next one from writing over it.
 */
export function erroredStateFiles(
  directory: string,
  sharedBy: string | undefined,
): { readonly errored: string; readonly own: string } {
  const errored = path.join(directory, 'errored.tfstate');
  return {
    errored,
    own: sharedBy === undefined ? errored : path.join(directory, `errored-${sharedBy}.tfstate`),
  };
}

/**
 * Saves the `errored.tfstate` that an apply leaves in its directory where the state could not be
 * written (Terraform's documentation, "Recovering from state disasters"): pushes it with fresh
 * credentials, never by force; else stores it beside the state; else leaves it where it is.
 */
export async function recoverState(options: {
  /** Absolute path of the stack's directory. */
  readonly directory: string;
  /** Sets stacks apart that share a directory; absent where none does. */
  readonly sharedBy?: string;
  /** What the apply made: a state without it is another stack's of the same directory. */
  readonly created: readonly JournalEntry[];
  readonly commands: Pick<RescueCommands, 'push'>;
  readonly sidecar: Sidecar | undefined;
  readonly clock: Clock;
  /** Version of the state right after the apply, while it still held the lock. */
  readonly stateVersion?: string | undefined;
  /** Aborted: no time to wait for better days. */
  readonly signal: AbortSignal;
}): Promise<Recovery> {
  const { directory, sharedBy, sidecar, clock, signal } = options;
  const { errored, own } = erroredStateFiles(directory, sharedBy);
  let file = own;
  let text = await textOf(own);
  if (text === undefined) {
    text = await textOf(errored);
    file = errored;
  }
  if (text === undefined) return { kind: 'none' };
  if (file === errored) {
    if (!belongs(text, options.created)) return { kind: 'none' };
    if (own !== errored && (await renamed(errored, own))) file = own;
  }
  let why = '';
  let refused = false;
  for (const pause of pausesMilliseconds) {
    if (pause > 0) {
      if (signal.aborted) break;
      await clock.sleep(pause, signal).catch(() => undefined);
    }
    try {
      await options.commands.push(file);
      await rm(file, { force: true });
      return { kind: 'pushed' };
    } catch (thrown) {
      why = toError(thrown).message;
      refused = isRefusal(why);
      if (refused) break;
    }
  }
  try {
    if (sidecar === undefined) return { kind: 'kept', file, why };
    // A refusal says that something else was written: nobody may put it back unseen.
    const place = await writeRecovery(sidecar, text, refused ? undefined : options.stateVersion);
    await rm(file, { force: true });
    return { kind: 'stored', place, why };
  } catch (thrown) {
    return { kind: 'kept', file, why: `${why}\n${toError(thrown).message}` };
  }
}

/** The version of the state as it is; undefined where that cannot be told. */
export async function versionOf(sidecar: Sidecar | undefined): Promise<string | undefined> {
  return sidecar?.stateVersion().catch(() => undefined);
}

/** The command that puts a saved state back, for people. */
export function pushCommand(program: ProgramName, directory: string, recovery: Recovery): string {
  switch (recovery.kind) {
    case 'stored':
      return recovery.place.startsWith('s3://')
        ? `aws s3 cp ${recovery.place} ${path.join(directory, 'recovery.tfstate')} && ${program} -chdir=${directory} state push recovery.tfstate`
        : `${program} -chdir=${directory} state push ${recovery.place}`;
    case 'kept':
      return `${program} -chdir=${directory} state push ${path.basename(recovery.file)}`;
    case 'none':
    case 'pushed':
      return '';
  }
}

/** Terraform has seen both states and says no: trying again changes nothing. */
function isRefusal(words: string): boolean {
  return /cannot import state with lineage|cannot overwrite existing state|newer than|lineage/i.test(
    words,
  );
}

function belongs(text: string, created: readonly JournalEntry[]): boolean {
  const state = parseStateFile(text);
  // One that is encrypted cannot be looked into; Terraform still compares its lineage.
  if (state === undefined) return true;
  return (
    missingFrom(
      created.filter(({ id }) => id !== undefined),
      state,
    ).length === 0
  );
}

function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
