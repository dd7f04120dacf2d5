import { alg, Graph } from '@dagrejs/graphlib';
import { formatLocation, type Problem } from '../../shared/errors.js';
import type { Edge } from '../stacks/workspace.js';

/** One problem for each group of stacks that wait for each other, with every edge inside it. */
export function cycleProblems(edges: readonly Edge[]): readonly Problem[] {
  if (isAcyclic(edges)) return [];
  const graph = new Graph({ directed: true });
  for (const { from, to } of edges) graph.setEdge(from, to);
  return alg
    .findCycles(graph)
    .map((members) => {
      const inside = new Set(members);
      return edges.filter(({ from, to }) => inside.has(from) && inside.has(to));
    })
    .sort((a, b) => ((a[0]?.from ?? '') < (b[0]?.from ?? '') ? -1 : 1))
    .map(cycleProblem);
}

/** Takes away what nothing waits for until nothing is left; far cheaper than naming cycles. */
function isAcyclic(edges: readonly Edge[]): boolean {
  const waiting = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { from, to } of edges) {
    waiting.set(from, (waiting.get(from) ?? 0) + 1);
    if (!waiting.has(to)) waiting.set(to, 0);
    const list = dependents.get(to);
    if (list === undefined) dependents.set(to, [from]);
    else list.push(from);
  }
  const open = [...waiting].flatMap(([id, count]) => (count === 0 ? [id] : []));
  let done = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    done += 1;
    for (const dependent of dependents.get(next) ?? []) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) open.push(dependent);
    }
  }
  return done === waiting.size;
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
