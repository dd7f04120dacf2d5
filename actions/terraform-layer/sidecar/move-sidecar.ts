import { formatJournal, parseJournal, readJournal } from './journal.js';
import { formatApplied, type AppliedEntry } from './ledger.js';
import type { Sidecar } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

/**
 * Takes along what stands beside a state that was moved: what was last applied, so that the next
 * apply knows since when to look, and the journal of an apply that was killed. What the new place
 * has already stays. The former place keeps `entry`, so that an apply of the former code is refused
 * as older than what is there. Never fails the run.
 */
export async function moveSidecar(
  former: Sidecar,
  now: Sidecar | undefined,
  options: {
    readonly tolerate: Tolerate;
    /** Undefined where the commit is not known: then nothing is noted at the former place. */
    readonly entry: AppliedEntry | undefined;
  },
): Promise<void> {
  const { tolerate, entry } = options;
  const fallback = undefined;
  if (now !== undefined) {
    const consequence = 'what stood beside the former state is not taken along';
    await tolerate({ fallback, consequence }, async () => {
      const applied = await former.read('applied');
      if (applied !== undefined && (await now.read('applied')) === undefined) {
        await now.write('applied', applied);
      }
      const text = await former.read('journal');
      const journal = text === undefined ? undefined : parseJournal(text);
      if (journal !== undefined && journal.resources.length > 0) {
        const own = (await readJournal(now))?.resources ?? [];
        const both = { ...journal, resources: [...journal.resources, ...own] };
        await now.write('journal', formatJournal(both));
      }
      if (text !== undefined) await former.remove('journal');
    });
  }
  if (entry === undefined) return;
  const consequence = 'an apply of the former code is not refused: do not run one';
  await tolerate({ fallback, consequence }, () => former.write('applied', formatApplied(entry)));
}
