import type { StackHooks } from '../schedule/hooks.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { recordOptions, type RecordSources } from '../review/record-context.js';
import { emptyRecord, waitingRecord, type StackRecord } from '../review/record.js';
import { recordOfPlan } from '../review/record-of-plan.js';

/** Records what each stack's plan would do, as digests, for the apply to compare with. */
export class RecordKeeper {
  readonly #sources: RecordSources;
  readonly #records = new Map<string, StackRecord>();

  constructor(sources: RecordSources) {
    this.#sources = sources;
  }

  /** For the scheduler: `judge` sees each plan that has changes, the one that counts last. */
  get hooks(): Required<Pick<StackHooks, 'judge' | 'ended'>> {
    return {
      judge: async ({ stack, json }) => {
        const { record } = recordOfPlan(json, await recordOptions(stack, this.#sources));
        this.#records.set(stack.id, record);
        return { reasons: [] };
      },
      ended: (outcome) => {
        this.#note(outcome);
        return Promise.resolve();
      },
    };
  }

  /** By stack id; a stack that failed or did not start has none. */
  get records(): ReadonlyMap<string, StackRecord> {
    return this.#records;
  }

  #note({ stack, end }: StackOutcome): void {
    switch (end.status) {
      case 'changes':
      case 'stopped':
        return;
      case 'unchanged':
        this.#records.set(stack.id, emptyRecord(stack));
        return;
      case 'waiting':
        this.#records.set(stack.id, waitingRecord(stack, end.waitsFor));
        return;
      case 'applied':
      case 'failed':
      case 'interrupted':
      case 'not-started':
        this.#records.delete(stack.id);
    }
  }
}
