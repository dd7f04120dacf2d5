import { alg, Graph } from '@dagrejs/graphlib';
import { formatLocation, type Problem } from '../../shared/errors.js';
import type { Edge } from '../stacks/workspace.js';

/** One problem for each group of stacks that wait for each other, with every edge inside it. */
export function cycleProblems(edges: readonly Edge[]): readonly Problem[] {
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
