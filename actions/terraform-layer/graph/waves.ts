import type { Edge } from '../stacks/workspace.js';

/**
 * For each of `ids`, those of `ids` that must be finished before it: its upstreams, and, where an
 * upstream is not in `ids`, that one's upstreams in turn. So a selection keeps its order although
 * what lies between two stacks is left out.
 */
export function dependenciesAmong(
  ids: Iterable<string>,
  edges: readonly Edge[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const selected = new Set(ids);
  const upstreams = adjacency(edges, 'from', 'to');
  const result = new Map<string, ReadonlySet<string>>();
  for (const id of selected) {
    const found = new Set<string>();
    const seen = new Set<string>([id]);
    const open = [...(upstreams.get(id) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (selected.has(next)) found.add(next);
      else open.push(...(upstreams.get(next) ?? []));
    }
    result.set(id, found);
  }
  return result;
}

/**
 * Groups `ids` so that each stack stands in a later wave than everything it depends on, and as
 * early as that allows. Within a wave the order of `ids` is kept. Edges must not form a cycle:
 * `loadWorkspace` never returns one.
 */
export function wavesOf(ids: Iterable<string>, edges: readonly Edge[]): string[][] {
  const dependencies = dependenciesAmong(ids, edges);
  const open = new Map([...dependencies].map(([id, upstreams]) => [id, upstreams.size]));
  const dependents = new Map<string, string[]>();
  for (const [id, upstreams] of dependencies) {
    for (const upstream of upstreams) push(dependents, upstream, id);
  }
  const position = new Map([...dependencies.keys()].map((id, index) => [id, index]));
  const waves: string[][] = [];
  let placed = 0;
  let wave = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  while (wave.length > 0) {
    waves.push(wave);
    placed += wave.length;
    const next: string[] = [];
    for (const id of wave) {
      for (const dependent of dependents.get(id) ?? []) {
        const left = (open.get(dependent) ?? 0) - 1;
        open.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    wave = next.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  }
  if (placed < dependencies.size) throw new Error('the edges given to wavesOf form a cycle');
  return waves;
}

/** Everything reachable from `ids` against the arrows: what may have to be planned again. */
export function dependentsOf(ids: Iterable<string>, edges: readonly Edge[]): ReadonlySet<string> {
  const downstreams = adjacency(edges, 'to', 'from');
  const start = new Set(ids);
  const found = new Set<string>();
  const open = [...start];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependent of downstreams.get(next) ?? []) {
      if (start.has(dependent) || found.has(dependent)) continue;
      found.add(dependent);
      open.push(dependent);
    }
  }
  return found;
}

function adjacency(
  edges: readonly Edge[],
  key: 'from' | 'to',
  value: 'from' | 'to',
): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const edge of edges) push(map, edge[key], edge[value]);
  return map;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
