import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import { readJournal } from './journal.js';
import type { Sidecar, SidecarName } from './sidecar.js';

/**
 * Whoever may plan may write a note, so that it is believed only where it names a run of GitHub
 * Actions; more than its address is not taken from it.
 */
const noteSchema = z.object({
  version: z.literal(1),
  lockId: z.string(),
  runUrl: z.string().regex(/^https?:\/\/[^\s/?#]+\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+$/),
  /** Of Terraform: `apply`, `state mv`. */
  command: z.string(),
  /** ISO 8601: when the lock was seen to be held. */
  at: z.string(),
});

/** Which run holds a lock: kept beside the state while it does. */
export type LockNote = z.infer<typeof noteSchema>;

/**
 * The object of one lock's note. Each lock has its own, so that a run that takes its note back
 * cannot take that of the next holder. Undefined for an id that Terraform would not make up: what
 * is in a lock file is somebody else's word.
 */
export function noteName(lockId: string): SidecarName | undefined {
  return /^[\w-]{1,100}$/.test(lockId) ? `lock/${lockId}` : undefined;
}

export function formatLockNote(note: LockNote): string {
  return `${JSON.stringify(note)}\n`;
}

/** Undefined where the text is not a note. */
export function parseLockNote(text: string): LockNote | undefined {
  return parseJsonAs(noteSchema, text);
}

/**
 * Address of the run that holds this lock, where it left word: in the note, else in the journal of
 * its apply.
 *
 * @throws OperationError as `Sidecar` does
 */
export async function runOfLock(sidecar: Sidecar, lockId: string): Promise<string | undefined> {
  const name = noteName(lockId);
  const text = name === undefined ? undefined : await sidecar.read(name);
  const note = text === undefined ? undefined : parseLockNote(text);
  if (note?.lockId === lockId) return note.runUrl;
  const journal = await readJournal(sidecar);
  return journal?.lockId === lockId ? journal.runUrl : undefined;
}

/**
 * Takes back the word of a lock that is released.
 *
 * @throws OperationError as `Sidecar` does
 */
export async function forgetLock(sidecar: Sidecar, lockId: string): Promise<void> {
  const name = noteName(lockId);
  if (name !== undefined) await sidecar.remove(name);
}
