import type { Orphan } from '../schedule/outcome.js';
import type { Stack } from '../stacks/workspace.js';
import { parseStateFile } from '../state/state-file.js';
import { parseLockInfo } from '../terraform/lock-info.js';
import { readJournal, type JournalEntry } from './journal.js';
import type { Sidecar, Sidecars } from './sidecar.js';
import { existsOutsideState, missingFrom, resourceType } from './state-resources.js';
import type { Tolerate } from './tolerance.js';

/**
 * What an apply that was killed made, and that the stack's state does not know: asked before the
 * stack is planned. Costs one request where there is no journal. A journal whose apply still runs
 * names nothing: its state is only written later.
 */
export async function orphansOf(
  stack: Stack,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<readonly Orphan[]> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return [];
  const consequence = 'what a killed apply may have left behind is not known';
  return tolerate({ fallback: [], consequence }, async () => {
    const journal = await readJournal(sidecar);
    if (journal === undefined || journal.resources.length === 0) return [];
    const lock = parseLockInfo(await sidecar.lockText());
    if (lock !== undefined && lock.id === journal.lockId) return [];
    return (await missingNow(journal.resources, sidecar)).map(toOrphan);
  });
}

/** Of the entries, those that the state does not have now and that exist outside of it. */
export async function missingNow(
  entries: readonly JournalEntry[],
  sidecar: Sidecar,
): Promise<readonly JournalEntry[]> {
  const outside = entries.filter(({ address }) => existsOutsideState(resourceType(address)));
  if (outside.length === 0) return [];
  const text = await sidecar.stateText();
  const state = text === undefined ? undefined : parseStateFile(text);
  // A state that cannot be read (encrypted) says nothing: better named twice than lost.
  return missingFrom(outside, state);
}

/** As a report names it. */
export function toOrphan({ address, id, failed, runUrl }: JournalEntry): Orphan {
  return {
    ...{ address, type: resourceType(address), id, runUrl },
    ...(failed === true ? { createFailed: true } : {}),
  };
}
