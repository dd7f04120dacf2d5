import path from 'node:path/posix';
import type { Edge } from '../stacks/workspace.js';

/** One stack's reading of another's state. */
export interface StateRead {
  /** Stack id. */
  readonly upstream: string;
  /** Names of the outputs that it uses; undefined where they cannot be told apart. */
  readonly outputs: readonly string[] | undefined;
  /** The data blocks: directory of the module, relative to the root, and label. */
  readonly blocks: readonly { readonly directory: string; readonly name: string }[];
  /** Names of the state by which it is read, where they are not its own. */
  readonly aliases: readonly string[];
  /** `tfe_outputs` asks HCP Terraform, and nothing can stand in for that. */
  readonly kind: 'remote-state' | 'tfe-outputs';
}

/** What a stack reads of others, by the graph. */
export function statesReadBy(stackId: string, edges: readonly Edge[]): readonly StateRead[] {
  return edges
    .filter(({ from }) => from === stackId)
    .flatMap(({ to, origins }): StateRead[] => {
      const reads = origins.flatMap((origin) => (origin.kind === 'after' ? [] : [origin]));
      if (reads.length === 0) return [];
      const named = reads.flatMap(({ outputs }) => outputs ?? []);
      return [
        {
          upstream: to,
          outputs: reads.some(({ outputs }) => outputs === undefined)
            ? undefined
            : [...new Set(named)].sort(),
          blocks: reads.map(({ name, at }) => ({
            directory: 'file' in at ? path.dirname(at.file) : '.',
            name,
          })),
          aliases: [...new Set(reads.flatMap(({ stateKey }) => stateKey ?? []))],
          kind: reads.some(({ kind }) => kind === 'tfe-outputs') ? 'tfe-outputs' : 'remote-state',
        },
      ];
    });
}

/** Those of `changed` that a stack uses; all where it cannot be told which it uses. */
export function usedOf(
  changed: readonly string[],
  { outputs }: Pick<StateRead, 'outputs'>,
): readonly string[] {
  return outputs === undefined ? changed : changed.filter((name) => outputs.includes(name));
}
