import { toError } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import type { StackHooks } from '../schedule/hooks.js';
import type { StackOutcome } from '../schedule/outcome.js';
import type { Sidecars } from '../sidecar/sidecar.js';
import type { Stack } from '../stacks/workspace.js';
import { classifyDrift } from './classify-drift.js';
import { formatDriftRecord, parseDriftRecord, type DriftRecord } from './drift-record.js';
import { hasDrifted, type DriftFindings } from './findings.js';

/** Looks at each plan of a drift check, and remembers beside each state when it was checked. */
export class DriftWatch {
  readonly records: ReadonlyMap<string, DriftRecord>;
  readonly #findings = new Map<string, DriftFindings>();
  readonly #sidecars: Sidecars;
  readonly #now: () => number;
  readonly #log: Logger;
  #warned = false;

  private constructor(options: WatchOptions, records: ReadonlyMap<string, DriftRecord>) {
    this.#sidecars = options.sidecars;
    this.#now = options.now;
    this.#log = options.log;
    this.records = records;
  }

  /** Reads when each stack was last checked; what cannot be read counts as never. */
  static async open(stacks: readonly Stack[], options: WatchOptions): Promise<DriftWatch> {
    const entries = await Promise.all(
      stacks.map(async (stack) => {
        const text = await options
          .sidecars(stack)
          ?.read('drift')
          .catch((thrown: unknown) => {
            options.log.debug(`${stack.displayId}: ${toError(thrown).message}`);
            return undefined;
          });
        const record = text === undefined ? undefined : parseDriftRecord(text);
        return record === undefined ? [] : [[stack.id, record] as const];
      }),
    );
    return new DriftWatch(options, new Map(entries.flat()));
  }

  /** For the scheduler: `judge` gets the JSON of each plan that has changes. */
  get hooks(): Required<Pick<StackHooks, 'judge' | 'ended'>> {
    return {
      judge: ({ stack, json, alsoSensitive }) => {
        this.#findings.set(stack.id, classifyDrift(json, alsoSensitive));
        return Promise.resolve({ reasons: [] });
      },
      ended: (outcome) => this.#remember(outcome),
    };
  }

  /** The outcome with what has drifted, and since when. */
  complete(outcome: StackOutcome): StackOutcome {
    const findings = this.#findings.get(outcome.stack.id);
    if (findings === undefined || !wasChecked(outcome)) return outcome;
    const since = hasDrifted(findings) ? this.#since(outcome.stack) : undefined;
    return { ...outcome, drift: { ...findings, ...(since === undefined ? {} : { since }) } };
  }

  /** Undefined where the stack was in sync until now. */
  #since(stack: Stack): string | undefined {
    return this.records.get(stack.id)?.since;
  }

  async #remember(outcome: StackOutcome): Promise<void> {
    const { stack } = outcome;
    if (!wasChecked(outcome)) return;
    const checkedAt = new Date(this.#now()).toISOString();
    const record: DriftRecord = {
      version: 1,
      checkedAt,
      ...(hasDrifted(this.#findings.get(stack.id))
        ? { since: this.#since(stack) ?? checkedAt }
        : {}),
    };
    const sidecar = this.#sidecars(stack);
    try {
      await sidecar?.write('drift', formatDriftRecord(record));
    } catch (thrown) {
      if (this.#warned) return;
      this.#warned = true;
      this.#log.warning(
        `When a stack was checked cannot be kept (${toError(thrown).message}): with a time budget, the next run begins with the same ones. Let the plan role write to ${sidecar?.place ?? 'the state bucket'}.`,
      );
    }
  }
}

export interface WatchOptions {
  readonly sidecars: Sidecars;
  readonly now: () => number;
  readonly log: Logger;
}

/** Whether the world was looked at: what failed or did not start tells nothing. */
export function wasChecked({ end }: Pick<StackOutcome, 'end'>): boolean {
  return end.status === 'unchanged' || end.status === 'changes';
}
