import { isReading } from '../graph/reading-edges.js';
import { dependenciesAmong, dependentsOf, wavesOf } from '../graph/waves.js';
import type { Stack, Workspace } from '../stacks/workspace.js';
import type { StackOutcome } from './outcome.js';
import type { EnvironmentStage } from './run-stacks.js';
import { statesReadBy, usedOf } from './state-reads.js';

/**
 * The stages with the stacks that nobody asked for and that read, at any depth, one that somebody
 * did: they run where an output that they use has changed. Only those of the stages' environments.
 */
export function withReaders(
  stages: readonly EnvironmentStage[],
  { stacks, edges }: Pick<Workspace, 'stacks' | 'edges'>,
): readonly EnvironmentStage[] {
  const selected = new Set(stages.flatMap((stage) => stage.stacks.map(({ stack }) => stack.id)));
  const environments = new Set(stages.map(({ environment }) => environment));
  const readers = dependentsOf(selected, edges.filter(isReading));
  const added = stacks.filter(({ id, environment }) => {
    return readers.has(id) && environments.has(environment);
  });
  if (added.length === 0) return stages;
  const ids = [...selected, ...added.map(({ id }) => id)];
  const before = dependenciesAmong(ids, edges);
  const depths = new Map(
    wavesOf(ids, edges).flatMap((wave, depth) => wave.map((id) => [id, depth] as const)),
  );
  const depth = ({ stack }: { readonly stack: Stack }): number => depths.get(stack.id) ?? 0;
  return stages.map((stage) => ({
    ...stage,
    stacks: [
      ...stage.stacks.map((task) => ({ ...task, after: [...(before.get(task.stack.id) ?? [])] })),
      ...added
        .filter(({ environment }) => environment === stage.environment)
        .map((stack) => ({
          stack,
          after: [...(before.get(stack.id) ?? [])],
          onlyIfNeeded: true,
        })),
    ].sort((left, right) => depth(left) - depth(right)),
  }));
}

/** Remembers which outputs applies have really changed, and whom that concerns. */
export class ChangedOutputs {
  readonly #changed = new Map<string, readonly string[]>();

  note({ stack, changedOutputs }: StackOutcome): void {
    if (changedOutputs !== undefined) this.#changed.set(stack.id, changedOutputs);
  }

  /** Whether a stack uses an output that was changed. */
  concern(stack: Stack, edges: Workspace['edges']): boolean {
    return statesReadBy(stack.id, edges).some(
      (read) => usedOf(this.#changed.get(read.upstream) ?? [], read).length > 0,
    );
  }
}
