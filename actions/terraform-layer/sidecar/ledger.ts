import PQueue from 'p-queue';
import { z } from 'zod';
import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import { parseJsonAs } from '../../shared/json-text.js';
import type { Stack } from '../stacks/workspace.js';
import type { Sidecars } from './sidecar.js';
import type { Tolerate } from './tolerance.js';

/** What was last applied with success in one stack (facts: a push's own base loses changes). */
const appliedSchema = z.object({
  version: z.literal(1),
  /** The commit whose code the stack's state now has. */
  sha: z.string(),
  /** ISO 8601. */
  at: z.string(),
  runUrl: z.string().optional(),
  actor: z.string().optional(),
  /**
   * What has changed the state since, so that it is not what the commit says any more: `destroy`,
   * `state` operations, `move`, by which it went to another place, or an `apply` that did not reach
   * its end. The commit still says since when things are to be looked at.
   */
  stateChangedBy: z.string().optional(),
  /**
   * A later commit whose code was applied too. The stack is to be planned again since `sha` all the
   * same: something that it reads is yet to be brought to that commit.
   */
  heldBackAt: z.string().optional(),
});

export type AppliedEntry = z.infer<typeof appliedSchema>;

/** Enough to hide the way to S3 and back, and far below its limits. */
const requestsAtOnce = 32;

/** Undefined where the text is not an entry: what is unknown counts as never applied. */
export function parseApplied(text: string): AppliedEntry | undefined {
  return parseJsonAs(appliedSchema, text);
}

export function formatApplied(entry: AppliedEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/**
 * What was last applied, by stack id. Stacks without an entry, or without a place for one, are not
 * in it: they count as never applied. So do those whose entry cannot be read where `tolerate` is
 * given; else they are an error, since the gates of an apply are read at these commits.
 *
 * @throws UserError `applied-unreadable`, one for each bucket and fault
 */
export async function readLedger(
  stacks: readonly Stack[],
  sidecars: Sidecars,
  tolerate?: Tolerate,
): Promise<ReadonlyMap<string, AppliedEntry>> {
  const entries = new Map<string, AppliedEntry>();
  const faults: OperationError[] = [];
  const queue = new PQueue({ concurrency: requestsAtOnce });
  const consequence = 'stacks whose last apply cannot be read count as never applied';
  const strict: Tolerate = async ({ fallback }, body) => {
    try {
      return await body();
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      faults.push(thrown);
      return fallback;
    }
  };
  await queue.addAll(
    stacks.map((stack) => async () => {
      const sidecar = sidecars(stack);
      if (sidecar === undefined) return;
      const options = { fallback: undefined, consequence };
      const text = await (tolerate ?? strict)(options, () => sidecar.read('applied'));
      const entry = text === undefined ? undefined : parseApplied(text);
      if (entry !== undefined) entries.set(stack.id, entry);
    }),
  );
  if (faults.length > 0) throw new UserError(unreadable(faults));
  return entries;
}

/** Stacks of one bucket that fail alike are one problem. */
function unreadable(faults: readonly OperationError[]): Problem[] {
  const alike = new Map<string, OperationError[]>();
  for (const fault of faults) {
    const { code, details } = fault;
    const key = JSON.stringify([code, details['bucket']]);
    alike.set(key, [...(alike.get(key) ?? []), fault]);
  }
  return [...alike.values()].flatMap(([first, ...others]): Problem[] => {
    if (first === undefined) return [];
    const { code, message, details } = first;
    const more = others.length === 0 ? '' : `, and ${others.length} more like it`;
    return [
      {
        code: 'applied-unreadable',
        message: `what was last applied, and with it the gates, cannot be read: ${message}${more}`,
        hint:
          code === 'sidecar-denied'
            ? // Amazon S3 API reference, GetObject: without s3:ListBucket a missing object is denied.
              `let the role s3:GetObject and s3:PutObject on <state key>.infra/*, and s3:ListBucket on ${String(details['bucket'])} for that prefix`
            : 'run it again once the place of the states answers',
      },
    ];
  });
}

/** Notes one entry for stacks that were applied, or found to need nothing; never fails the run. */
export async function writeLedger(
  stacks: readonly Stack[],
  entry: AppliedEntry,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<void> {
  const queue = new PQueue({ concurrency: requestsAtOnce });
  const consequence = 'what was applied is not noted, and is taken for never applied next time';
  await queue.addAll(
    stacks.map((stack) => async () => {
      const sidecar = sidecars(stack);
      if (sidecar === undefined) return;
      const options = { fallback: undefined, consequence };
      await tolerate(options, () => sidecar.write('applied', formatApplied(entry)));
    }),
  );
}

/**
 * Notes that a stack's state is not what was last applied: the next apply covers the stack, whatever
 * changed. Never fails the run; does nothing where nothing was noted.
 */
export async function markLedger(
  stack: Stack,
  by: 'apply' | 'destroy' | 'state',
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<void> {
  const consequence =
    'an apply of what changed takes this stack for applied: apply it by its name in "layers"';
  await changeEntry(stack, sidecars, tolerate, consequence, (entry) =>
    entry.stateChangedBy === by ? undefined : { ...entry, stateChangedBy: by },
  );
}

/**
 * Notes that a stack has the code of `sha` and is to be planned again, since before it: its base
 * stays. Never fails the run; does nothing where nothing was noted.
 */
export async function noteHeldBack(
  stack: Stack,
  sha: string,
  sidecars: Sidecars,
  tolerate: Tolerate,
): Promise<void> {
  const consequence = 'that this commit was applied is not noted';
  await changeEntry(stack, sidecars, tolerate, consequence, (entry) => {
    const { stateChangedBy: _, ...clean } = entry;
    return { ...clean, heldBackAt: sha };
  });
}

async function changeEntry(
  stack: Stack,
  sidecars: Sidecars,
  tolerate: Tolerate,
  consequence: string,
  /** Undefined where it is to stay as it is. */
  change: (entry: AppliedEntry) => AppliedEntry | undefined,
): Promise<void> {
  const sidecar = sidecars(stack);
  if (sidecar === undefined) return;
  await tolerate({ fallback: undefined, consequence }, async () => {
    const text = await sidecar.read('applied');
    const entry = text === undefined ? undefined : parseApplied(text);
    const changed = entry && change(entry);
    if (changed !== undefined) await sidecar.write('applied', formatApplied(changed));
  });
}
