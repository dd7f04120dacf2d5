import type { Clock } from '../../shared/clock.js';
import type { JournalSession } from '../schedule/hooks.js';
import type { Stack } from '../stacks/workspace.js';
import type { TerraformEvent } from '../terraform/events.js';
import { heldLockIn } from '../terraform/held-lock.js';
import type { TerraformRun } from '../terraform/terraform.js';
import { CreatedResources, formatJournal, parseJournal, type JournalEntry } from './journal.js';
import { missingNow } from './orphans.js';
import type { Sidecar, Sidecars } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

export interface JournalPorts {
  readonly sidecars: Sidecars;
  readonly tolerate: Tolerate;
  readonly clock: Clock;
  /** Address of this run. */
  readonly runUrl: string | undefined;
  /** Where the stack's apply tells which lock it holds. */
  readonly lockLogOf: (stack: Stack) => string;
}

const pauseMilliseconds = 1000;
const consequence = 'what this apply makes is not noted in case that it is killed';

/** Opens a stack's journal before its apply starts; without a sidecar it does nothing. */
export async function openJournal(stack: Stack, ports: JournalPorts): Promise<JournalSession> {
  const sidecar = ports.sidecars(stack);
  if (sidecar === undefined) {
    return { onEvent: () => undefined, close: () => Promise.resolve() };
  }
  const read = <T>(body: () => Promise<T>): Promise<T | undefined> =>
    ports.tolerate({ fallback: undefined, consequence }, body);
  const [earlier, lock, stateVersion] = await Promise.all([
    read(() => sidecar.read('journal')),
    ports.tolerate({ fallback: 'unknown', consequence }, async () =>
      (await sidecar.lockText()) === undefined ? 'free' : 'held',
    ),
    sidecar.stateVersion(),
  ]);
  const session = new OpenJournal(sidecar, ports, {
    lockLog: ports.lockLogOf(stack),
    stateVersion,
    earlier: earlier === undefined ? [] : (parseJournal(earlier)?.resources ?? []),
  });
  // Where another run holds the lock, or may, the journal is that run's until we have the lock.
  if (lock === 'free') await session.write();
  return session;
}

class OpenJournal implements JournalSession {
  readonly #sidecar: Sidecar;
  readonly #ports: JournalPorts;
  readonly #lockLog: string;
  readonly #created: CreatedResources;
  readonly #earlier: readonly JournalEntry[];
  readonly #startedAt: string;
  readonly #stateVersion: string | undefined;
  readonly #closing = new AbortController();
  #lockId: string | undefined;
  #changed = false;
  #dirty = false;
  #writer: Promise<void> | undefined;
  #written: string | undefined;

  constructor(
    sidecar: Sidecar,
    ports: JournalPorts,
    start: {
      readonly lockLog: string;
      readonly stateVersion: string | undefined;
      readonly earlier: readonly JournalEntry[];
    },
  ) {
    this.#sidecar = sidecar;
    this.#ports = ports;
    this.#lockLog = start.lockLog;
    this.#stateVersion = start.stateVersion;
    this.#earlier = start.earlier;
    this.#created = new CreatedResources(ports.runUrl, start.earlier);
    this.#startedAt = new Date(ports.clock.now()).toISOString();
  }

  onEvent(event: TerraformEvent): void {
    if (!this.#created.note(event)) return;
    this.#changed = true;
    this.#dirty = true;
    this.#writer ??= this.#writeWhileDirty();
  }

  async close(end: TerraformRun['end']): Promise<void> {
    this.#closing.abort();
    await this.#writer;
    const { tolerate } = this.#ports;
    const keep = 'the journal of this apply stays, and the next run looks at it';
    await tolerate({ fallback: undefined, consequence: keep }, async () => {
      if (end === 'succeeded' && this.#earlier.length === 0) {
        // We held the lock until now: whatever is there is ours.
        await this.#sidecar.remove('journal');
        return;
      }
      if (end !== 'succeeded' && !this.#changed) {
        if (this.#earlier.length === 0) await this.#removeOwn();
        return;
      }
      // Written before the state is asked, which is where this may end for a killed run.
      if (this.#dirty) await this.write();
      const { entries } = this.#created;
      // Named before this apply: it succeeded, so that what has no id has nothing more to tell.
      const told = end === 'succeeded' ? entries.filter(({ id }) => id !== undefined) : entries;
      const missing = await missingNow(told, this.#sidecar);
      if (missing.length === 0) await this.#sidecar.remove('journal');
      else await this.#put(missing);
    });
  }

  /** Writes what is known now. */
  async write(): Promise<void> {
    this.#dirty = false;
    await this.#ports.tolerate({ fallback: undefined, consequence }, async () => {
      this.#lockId ??= await heldLockIn(this.#lockLog, () => this.#sidecar.lockText());
      await this.#put(this.#created.entries);
    });
  }

  /** One write at a time and one a second; the last state of things is always written. */
  async #writeWhileDirty(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#dirty && !signal.aborted) {
      await this.write();
      await this.#ports.clock.sleep(pauseMilliseconds, signal).catch(() => undefined);
    }
    this.#writer = undefined;
  }

  async #put(resources: readonly JournalEntry[]): Promise<void> {
    const { runUrl } = this.#ports;
    const text = formatJournal({
      version: 1,
      startedAt: this.#startedAt,
      ...(runUrl === undefined ? {} : { runUrl }),
      ...(this.#lockId === undefined ? {} : { lockId: this.#lockId }),
      ...(this.#stateVersion === undefined ? {} : { stateVersion: this.#stateVersion }),
      resources: [...resources],
    });
    await this.#sidecar.write('journal', text);
    this.#written = text;
  }

  /** Leaves the journal of a run that has begun since alone. */
  async #removeOwn(): Promise<void> {
    if (this.#written === undefined) return;
    if ((await this.#sidecar.read('journal')) !== this.#written) return;
    await this.#sidecar.remove('journal');
  }
}

/**
 * Completes a journal from an apply's own output, for a run that was killed before it could: what
 * the state has is taken out, and an empty journal goes.
 */
export async function settleJournal(
  sidecar: Sidecar,
  events: readonly TerraformEvent[],
  clock: Pick<Clock, 'now'>,
): Promise<readonly JournalEntry[]> {
  const text = await sidecar.read('journal');
  const journal = text === undefined ? undefined : parseJournal(text);
  const created = new CreatedResources(journal?.runUrl, journal?.resources);
  for (const event of events) created.note(event);
  const missing = await missingNow(created.entries, sidecar);
  if (missing.length === 0) {
    if (text !== undefined) await sidecar.remove('journal');
  } else {
    const startedAt = journal?.startedAt ?? new Date(clock.now()).toISOString();
    await sidecar.write(
      'journal',
      formatJournal({ version: 1, startedAt, ...journal, resources: [...missing] }),
    );
  }
  return missing;
}
