import { code, paragraph, text, visible, type Block } from '../../shared/markdown.js';
import type { RunPlan } from '../plan.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { statesReadBy, usedOf } from '../schedule/state-reads.js';
import type { Stack } from '../stacks/workspace.js';
import { nameList, shortCode } from './name-list.js';

/** A stack that reads outputs which an apply has changed, and that took no part in it. */
export interface PendingReader {
  readonly stack: Stack;
  readonly upstream: Stack;
  /** Those of the changed outputs that it uses. */
  readonly outputs: readonly string[];
}

/** Lines of the head, and stacks of the message. */
const shown = 10;

/**
 * Who reads what an apply has really changed and was not planned after it: in other environments,
 * most often, which are applied by runs of their own.
 */
export function pendingReaders(
  { workspace, isLeg = false }: Pick<RunPlan, 'workspace' | 'isLeg'>,
  outcomes: readonly StackOutcome[],
): readonly PendingReader[] {
  const ran = new Set(outcomes.map(({ stack }) => stack.environment));
  const done = new Set([
    ...outcomes.map(({ stack }) => stack.id),
    // Those of its own environment are in later legs.
    ...workspace.stacks.flatMap(({ id, environment }) =>
      isLeg && ran.has(environment) ? [id] : [],
    ),
  ]);
  const changed = new Map(
    outcomes.flatMap(({ stack, changedOutputs = [] }) =>
      changedOutputs.length === 0 ? [] : [[stack.id, { stack, changedOutputs }] as const],
    ),
  );
  if (changed.size === 0) return [];
  const near = workspace.edges.filter(({ from, to }) => changed.has(to) && !done.has(from));
  const ids = new Set(near.map(({ from }) => from));
  return workspace.stacks
    .filter(({ id }) => ids.has(id))
    .flatMap((stack) =>
      statesReadBy(stack.id, near).flatMap((read): readonly PendingReader[] => {
        const upstream = changed.get(read.upstream);
        const outputs = usedOf(upstream?.changedOutputs ?? [], read);
        if (upstream === undefined || outputs.length === 0) return [];
        return [{ stack, upstream: upstream.stack, outputs }];
      }),
    );
}

/** Lines of the report's head. */
export function pendingReaderBlocks(readers: readonly PendingReader[]): readonly Block[] {
  const more = readers.length - shown;
  return [
    ...readers
      .slice(0, shown)
      .map(({ stack, upstream, outputs }) =>
        paragraph(
          ...[text('🔁 '), shortCode(stack.displayId), text(' reads outputs of ')],
          ...[shortCode(upstream.displayId), text(' that changed (')],
          ...[...nameList(outputs, 5), text('): plan and apply '), code(stack.environment)],
          text('.'),
        ),
      ),
    ...(more > 0
      ? [paragraph(`🔁 … and ${more} more stacks that read outputs that changed.`)]
      : []),
  ];
}

/** One message for the log; undefined where there is nothing to say. */
export function pendingReaderText(readers: readonly PendingReader[]): string | undefined {
  if (readers.length === 0) return undefined;
  const names = [...new Set(readers.map(({ stack }) => stack.displayId))];
  const environments = [...new Set(readers.map(({ stack }) => stack.environment))];
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return visible(
    `Outputs that changed are read by ${names.slice(0, shown).join(', ')}${more}, which this run ` +
      `did not plan: apply ${environments.join(', ')}.`,
  );
}
