import { isReading } from '../graph/reading-edges.js';
import type { Edge, Stack } from '../stacks/workspace.js';
import type { Diagnostic } from '../terraform/diagnostics.js';
import { missingUpstreamStates } from '../terraform/diagnostics.js';
import type { PlannedOutputs, PlannedState } from '../terraform/planned-state.js';
import { canStandIn } from '../terraform/state-override.js';
import type { PlannedUpstream } from './outcome.js';
import { statesReadBy, usedOf, type StateRead } from './state-reads.js';

/** What a stack's plan has to reckon with. */
export type Against =
  /** Nothing that it reads will change: its plan holds. */
  | { readonly kind: 'states' }
  /** What it reads will be otherwise: it is planned against that. */
  | {
      readonly kind: 'planned';
      readonly states: readonly PlannedState[];
      readonly upstreams: readonly PlannedUpstream[];
    }
  /** It cannot be planned before these stacks are applied. */
  | {
      readonly kind: 'waits';
      readonly waitsFor: readonly string[];
      readonly upstreams: readonly PlannedUpstream[];
    };

/** What the plans of a run have shown about states: which are not there, and what they will hold. */
export class Upstreams {
  readonly #edges: ReadonlyMap<string, readonly Edge[]>;
  readonly #read: ReadonlySet<string>;
  readonly #absent = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #planned = new Map<
    string,
    { readonly stack: Stack; readonly outputs: PlannedOutputs }
  >();

  constructor(edges: readonly Edge[]) {
    const from = new Map<string, Edge[]>();
    for (const edge of edges) from.set(edge.from, [...(from.get(edge.from) ?? []), edge]);
    this.#edges = from;
    this.#read = new Set(edges.filter(isReading).map(({ to }) => to));
  }

  readsOf(stack: Stack): readonly StateRead[] {
    return statesReadBy(stack.id, this.#edges.get(stack.id) ?? []);
  }

  /** Whether a stack's outputs are of use to another. */
  isRead({ id }: Stack): boolean {
    return this.#read.has(id);
  }

  noteAbsent(ids: readonly string[]): void {
    for (const id of ids) this.#absent.add(id);
  }

  noteWaiting({ id }: Stack): void {
    this.#waiting.add(id);
  }

  /** What a plan with changes leads to. */
  notePlanned(stack: Stack, outputs: PlannedOutputs): void {
    this.#planned.set(stack.id, { stack, outputs });
  }

  /**
   * What upstreams call sensitive: Terraform drops that mark where another stack reads the output.
   * In clear.
   */
  sensitiveValues(): readonly unknown[] {
    return [...this.#planned.values()].flatMap(({ outputs }) =>
      [...outputs.values()].flatMap(({ value }) => (value?.sensitive === true ? [value.json] : [])),
    );
  }

  /** Whether a plan against the states as they are is bound to fail. */
  readsAbsent(stack: Stack): boolean {
    return this.readsOf(stack).some(({ upstream }) => this.#absent.has(upstream));
  }

  /**
   * What to plan a stack against, once all it reads has had its turn. `suspects`: upstreams one of
   * whose states was missing, where the plan did not tell which.
   */
  against(stack: Stack, suspects: readonly string[]): Against {
    const states: PlannedState[] = [];
    const upstreams: PlannedUpstream[] = [];
    const blocked = new Set<string>();
    const reads = this.readsOf(stack);
    for (const read of reads) {
      const { upstream: id } = read;
      const planned = this.#planned.get(id);
      const absent = this.#absent.has(id);
      if (planned === undefined) {
        if (absent) blocked.add(id);
        continue;
      }
      const { outputs } = planned;
      const all = [...outputs.keys()].sort();
      const changed = usedOf(
        all.filter((name) => outputs.get(name)?.changes === true),
        read,
      );
      if (!absent && !suspects.includes(id) && changed.length === 0) continue;
      const told = absent ? usedOf(all, read) : changed;
      if (read.kind === 'tfe-outputs' || !canStandIn(planned.stack.stateKey)) {
        if (!absent && changed.length === 0) continue;
        blocked.add(id);
        upstreams.push({ stack: id, outputs: told, unknown: told });
        continue;
      }
      const unknown = usedOf(all, read).filter((name) => outputs.get(name)?.value === undefined);
      states.push({
        readers: read.blocks,
        stateKeys: [planned.stack.stateKey, ...read.aliases],
        outputs: unknown.length > 0 ? 'unknown' : outputs,
      });
      upstreams.push({
        stack: id,
        outputs: [...new Set([...told, ...unknown])].sort(),
        unknown,
      });
    }
    if (blocked.size > 0) {
      const waitsFor = reads
        .map(({ upstream }) => upstream)
        .filter((id) => blocked.has(id) || this.#waiting.has(id));
      return { kind: 'waits', waitsFor, upstreams: upstreams.filter((u) => blocked.has(u.stack)) };
    }
    return states.length > 0 ? { kind: 'planned', states, upstreams } : { kind: 'states' };
  }
}

/**
 * The stacks whose state a failed plan did not find; undefined where it failed for another reason
 * too. A data block in a module that several call, or that the graph does not know, may stand for
 * several stacks: then all that it can be are named, and that is not certain.
 */
export function missingUpstreams(
  stack: Stack,
  diagnostics: readonly Diagnostic[],
  edges: readonly Edge[],
): { readonly ids: readonly string[]; readonly certain: boolean } | undefined {
  const missing = missingUpstreamStates(diagnostics);
  if (missing === undefined || !missing.only) return undefined;
  const read = statesReadBy(stack.id, edges);
  const named = read.filter(({ blocks }) =>
    blocks.some(({ name }) => missing.dataNames.includes(name)),
  );
  const certain = named.length > 0 && missing.addresses.length >= named.length;
  return { ids: (named.length > 0 ? named : read).map(({ upstream }) => upstream), certain };
}
