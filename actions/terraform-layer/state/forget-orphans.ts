import { formatJournal, readJournal, type JournalEntry } from '../sidecar/journal.js';
import { missingNow } from '../sidecar/orphans.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import { isWithin, parseAddress } from '../terraform/resource-address.js';
import type { WrittenAddress } from './operations.js';

/** What an apply that was killed made and the state does not know, by its journal. */
export async function journalOrphans(
  sidecar: Sidecar | undefined,
): Promise<readonly JournalEntry[]> {
  const journal = sidecar && (await readJournal(sidecar));
  if (sidecar === undefined || journal === undefined) return [];
  return missingNow(journal.resources, sidecar);
}

/** Whether an entry is at an address, is an instance of it, or stands inside it. */
export function isNamedBy(
  { address }: JournalEntry,
  { text, address: at }: WrittenAddress,
): boolean {
  const own = parseAddress(address);
  return own === undefined ? address === text : isWithin(own, at);
}

/**
 * Takes orphans out of the journal, so that nobody looks for them again. Says why not where it is
 * locked: its journal is then of an apply that runs.
 */
export async function forgetOrphans(
  sidecar: Sidecar,
  at: WrittenAddress,
): Promise<string | undefined> {
  if ((await sidecar.lockText()) !== undefined) {
    return 'the state is locked: whoever holds it may be writing the journal';
  }
  const journal = await readJournal(sidecar);
  if (journal === undefined) return undefined;
  const resources = journal.resources.filter((entry) => !isNamedBy(entry, at));
  if (resources.length === 0) await sidecar.remove('journal');
  else await sidecar.write('journal', formatJournal({ ...journal, resources }));
  return undefined;
}
