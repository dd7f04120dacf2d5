import { alg, Graph } from '@dagrejs/graphlib';
import { formatLocation, type Problem } from '../../shared/errors.js';
import type { Edge } from '../stacks/workspace.js';

/** One problem for each group of stacks that wait for each other, with every edge inside it. */
export function cycleProblems(edges: readonly Edge[]): readonly Problem[] {
  // What is left after both is on a cycle, or between two: few, where naming cycles costs much.
  const behind = withoutLoose(edges, 'from', 'to');
  const inside = withoutLoose(behind, 'to', 'from');
  if (inside.length === 0) return [];
  const graph = new Graph({ directed: true });
  for (const { from, to } of inside) graph.setEdge(from, to);
  return alg
    .findCycles(graph)
    .map((members) => {
      const group = new Set(members);
      return inside.filter(({ from, to }) => group.has(from) && group.has(to));
    })
    .sort((a, b) => ((a[0]?.from ?? '') < (b[0]?.from ?? '') ? -1 : 1))
    .map(cycleProblem);
}

/** Takes away what has no edge by one end until nothing more goes; returns the edges that stay. */
function withoutLoose(
  edges: readonly Edge[],
  end: 'from' | 'to',
  other: 'from' | 'to',
): readonly Edge[] {
  const waiting = new Map<string, number>();
  const behind = new Map<string, string[]>();
  for (const edge of edges) {
    waiting.set(edge[end], (waiting.get(edge[end]) ?? 0) + 1);
    if (!waiting.has(edge[other])) waiting.set(edge[other], 0);
    const list = behind.get(edge[other]);
    if (list === undefined) behind.set(edge[other], [edge[end]]);
    else list.push(edge[end]);
  }
  const gone = new Set<string>();
  const open = [...waiting].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    gone.add(next);
    for (const id of behind.get(next) ?? []) {
      const left = (waiting.get(id) ?? 0) - 1;
      waiting.set(id, left);
      if (left === 0) open.push(id);
    }
  }
  return gone.size === waiting.size
    ? []
    : edges.filter(({ from, to }) => !gone.has(from) && !gone.has(to));
}

function cycleProblem(edges: readonly Edge[]): Problem {
  const ways = edges.map(({ from, to, origins }) => {
    const reasons = origins.map(({ kind, name, at }) => `${kind} "${name}", ${formatLocation(at)}`);
    return `${from} → ${to} (${reasons.join('; ')})`;
  });
  const at = edges[0]?.origins[0]?.at;
  const stacks = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return {
    code: 'stack-cycle',
    message:
      stacks.size === 1
        ? `a stack reads its own state: ${ways.join(', ')}`
        : `${stacks.size} stacks wait for each other: ${ways.join(', ')}`,
    ...(at === undefined ? {} : { at }),
    hint: 'take one of these away: read a value in another way, or move it to an earlier layer',
  };
}
