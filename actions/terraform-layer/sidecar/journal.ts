import { z } from 'zod';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Diagnostic } from '../terraform/diagnostics.js';
import type { TerraformEvent } from '../terraform/events.js';
import type { Sidecar } from './sidecar.js';

/** A resource that an apply makes or has made. */
const entrySchema = z.object({
  address: z.string(),
  /** What the provider calls it; absent until it says that it has made it. */
  id: z.string().optional(),
  /** The provider answered the create with an error. */
  failed: z.literal(true).optional(),
  /** The run that made it. */
  runUrl: z.string().optional(),
});

const journalSchema = z.object({
  version: z.literal(1),
  /** The run that applies. */
  runUrl: z.string().optional(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** The lock that it holds, once it is known. */
  lockId: z.string().optional(),
  /** The state that it started from, as the sidecar tells versions apart. */
  stateVersion: z.string().optional(),
  resources: z.array(entrySchema),
});

export type JournalEntry = z.infer<typeof entrySchema>;

/** What an apply has made so far, kept beside the state while it runs. */
export type Journal = z.infer<typeof journalSchema>;

/** Undefined where the text is not a journal. */
export function parseJournal(text: string): Journal | undefined {
  return parseJsonAs(journalSchema, text);
}

/** The journal beside a state; undefined where there is none. @throws OperationError as `Sidecar` does */
export async function readJournal(sidecar: Sidecar): Promise<Journal | undefined> {
  const text = await sidecar.read('journal');
  return text === undefined ? undefined : parseJournal(text);
}

export function formatJournal(journal: Journal): string {
  return `${JSON.stringify(journal)}\n`;
}

/** What an apply's events say that it made; a create that began counts until more is known. */
export class CreatedResources {
  readonly #runUrl: string | undefined;
  readonly #byAddress = new Map<string, JournalEntry[]>();
  /** Ids of what is being destroyed, which the event of its end no longer names. */
  readonly #deleting = new Map<string, string>();

  constructor(runUrl: string | undefined, earlier: readonly JournalEntry[] = []) {
    this.#runUrl = runUrl;
    for (const entry of earlier) this.#add(entry);
  }

  get entries(): readonly JournalEntry[] {
    return [...this.#byAddress.values()].flat();
  }

  /** Takes one event in; true where the entries are others now. */
  note(event: TerraformEvent): boolean {
    if (event.kind === 'diagnostic') return this.#unanswered(event.diagnostic);
    if (event.kind !== 'resource') return false;
    const { action, phase, address, id } = event;
    if (action === 'create') return this.#created(phase, address, id);
    if (action === 'delete') return this.#deleted(phase, address, id);
    return false;
  }

  #created(phase: 'start' | 'complete' | 'errored', address: string, id?: string): boolean {
    const entries = this.#byAddress.get(address) ?? [];
    const pending = entries.find((entry) => entry.id === undefined);
    if (phase === 'start' && pending !== undefined && pending.failed !== true) return false;
    if (phase === 'errored' && (pending === undefined || pending.failed === true)) return false;
    const others = entries.filter((entry) => entry !== pending);
    this.#byAddress.set(address, others);
    this.#add({
      address,
      ...(phase === 'complete' && id !== undefined ? { id } : {}),
      ...(phase === 'errored' ? { failed: true } : {}),
      ...(this.#runUrl === undefined ? {} : { runUrl: this.#runUrl }),
    });
    return true;
  }

  /**
   * A provider that died has not answered: what it was making may be there. Source: the gRPC errors
   * of Terraform's plugin client.
   */
  #unanswered({ severity, summary, address }: Diagnostic): boolean {
    const died = /^(?:Plugin did not respond|Request cancelled|Plugin error)/.test(summary);
    if (severity !== 'error' || !died) return false;
    const concerned = address === undefined ? [...this.#byAddress.keys()] : [address];
    let changed = false;
    for (const one of concerned) {
      const entries = this.#byAddress.get(one) ?? [];
      if (!entries.some(({ failed }) => failed)) continue;
      this.#byAddress.set(
        one,
        entries.map(({ failed: _, ...entry }) => entry),
      );
      changed = true;
    }
    return changed;
  }

  #deleted(phase: 'start' | 'complete' | 'errored', address: string, id?: string): boolean {
    if (phase === 'start' && id !== undefined) this.#deleting.set(address, id);
    if (phase !== 'complete') return false;
    const gone = this.#deleting.get(address);
    const entries = this.#byAddress.get(address) ?? [];
    const left = entries.filter((entry) => entry.id === undefined || entry.id !== gone);
    this.#byAddress.set(address, left);
    return left.length < entries.length;
  }

  #add(entry: JournalEntry): void {
    const entries = this.#byAddress.get(entry.address) ?? [];
    if (!entries.some((other) => other.id === entry.id)) entries.push(entry);
    this.#byAddress.set(entry.address, entries);
  }
}
