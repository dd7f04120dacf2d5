import type { OutputChange } from '../review/changes.js';
import type { StackOutcome } from '../schedule/outcome.js';
import type { Edge } from '../stacks/workspace.js';

/** Outputs of one upstream that change, as a stack that reads them sees it. */
export interface UpstreamOutputs {
  /** Id of the upstream. */
  readonly stack: string;
  /** Names that change, known and unknown. */
  readonly names: readonly string[];
  /** Those of them that are known only after the upstream is applied. */
  readonly unknown: readonly string[];
  /** What is known of the changes. */
  readonly changes: readonly OutputChange[];
  /** Whether the stack was planned with the new values; else it was planned with the old ones. */
  readonly planned: boolean;
}

/** For each stack of a run, by id: what changes in the outputs that it reads. */
export function upstreamOutputs(
  edges: readonly Edge[],
  outcomes: readonly StackOutcome[],
): ReadonlyMap<string, readonly UpstreamOutputs[]> {
  const byId = new Map(outcomes.map((outcome) => [outcome.stack.id, outcome]));
  const found = new Map<string, UpstreamOutputs[]>();
  const add = (reader: string, upstream: UpstreamOutputs): void => {
    if (upstream.names.length === 0) return;
    found.set(reader, [...(found.get(reader) ?? []), upstream]);
  };
  for (const { stack, plannedAgainst = [] } of outcomes) {
    for (const { stack: upstream, outputs, unknown } of plannedAgainst) {
      const changes = changesOf(byId.get(upstream), (name) => outputs.includes(name));
      add(stack.id, { stack: upstream, names: outputs, unknown, changes, planned: true });
    }
  }
  for (const { from, to, origins } of edges) {
    const reader = byId.get(from);
    if (reader?.plannedAgainst?.some(({ stack }) => stack === to) === true) continue;
    const read = outputsRead(origins);
    if (reader === undefined || read === undefined) continue;
    const upstream = byId.get(to);
    // What was unknown in its plan is known once it is applied.
    const applied = upstream?.end.status === 'applied';
    const changes = changesOf(upstream, read);
    const really = (upstream?.changedOutputs ?? []).filter(read);
    add(from, {
      stack: to,
      names: [...new Set([...changes.map(({ name }) => name), ...really])],
      unknown: changes
        .filter(({ after }) => after.kind === 'unknown' && !applied)
        .map(({ name }) => name),
      changes,
      planned: applied,
    });
  }
  return found;
}

function changesOf(
  upstream: StackOutcome | undefined,
  wanted: (name: string) => boolean,
): readonly OutputChange[] {
  return (upstream?.changes.outputs ?? []).filter(({ name }) => wanted(name));
}

/** Undefined where the edge reads no state. */
function outputsRead(origins: Edge['origins']): ((name: string) => boolean) | undefined {
  const reads = origins.flatMap((origin) => (origin.kind === 'after' ? [] : [origin.outputs]));
  if (reads.length === 0) return undefined;
  const names = new Set(reads.flatMap((outputs) => outputs ?? []));
  // One reader whose outputs cannot be told apart may use all of them.
  return reads.includes(undefined) ? () => true : (name) => names.has(name);
}
