/** What a stack is shown as; each has a colour that reads on light and dark pages. */
export type NodeStatus =
  | 'unchanged'
  | 'changes'
  | 'destroys'
  | 'waiting'
  | 'running'
  | 'applied'
  /** Planned, and kept from being applied by a review, a guard or a policy. */
  | 'stopped'
  | 'failed'
  | 'not-started';

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly layer: string;
  readonly status?: NodeStatus;
}

/** What is drawn: a graph without the details that only JSON shows. */
export interface PictureGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly orderOnly: boolean;
  }[];
}

/** Drops each edge that a longer way already says (transitive reduction of an acyclic graph). */
export function withoutShortcuts(graph: PictureGraph): PictureGraph {
  const upstreams = new Map<string, string[]>();
  for (const { from, to } of graph.edges) upstreams.set(from, [...(upstreams.get(from) ?? []), to]);
  const reachable = new Map<string, Set<string>>();
  const reach = (id: string): Set<string> => {
    const known = reachable.get(id);
    if (known !== undefined) return known;
    const found = new Set<string>();
    reachable.set(id, found);
    for (const next of upstreams.get(id) ?? []) {
      found.add(next);
      for (const further of reach(next)) found.add(further);
    }
    return found;
  };
  return {
    nodes: graph.nodes,
    edges: graph.edges.filter(
      ({ from, to }) =>
        !(upstreams.get(from) ?? []).some((other) => other !== to && reach(other).has(to)),
    ),
  };
}

/** The most telling status comes first: a layer shows the worst of its stacks. */
const severity: readonly NodeStatus[] = [
  'failed',
  'stopped',
  'destroys',
  'running',
  'changes',
  'waiting',
  'not-started',
  'applied',
  'unchanged',
];

/** One node for all stacks of a layer in an environment, labelled with their number. */
export function collapseLayers(graph: PictureGraph): PictureGraph {
  const keyOf = (node: GraphNode): string => JSON.stringify([node.group, node.layer]);
  const members = new Map<string, GraphNode[]>();
  const keys = new Map<string, string>();
  for (const node of graph.nodes) {
    const key = keyOf(node);
    keys.set(node.id, key);
    const list = members.get(key);
    if (list === undefined) members.set(key, [node]);
    else list.push(node);
  }
  const edges = new Map<string, { from: string; to: string; orderOnly: boolean }>();
  for (const edge of graph.edges) {
    const from = keys.get(edge.from);
    const to = keys.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${from}\n${to}`;
    const orderOnly = edge.orderOnly && (edges.get(key)?.orderOnly ?? true);
    edges.set(key, { from, to, orderOnly });
  }
  return {
    nodes: [...members].map(([id, nodes]) => {
      const [first] = nodes;
      const status = severity.find((candidate) => nodes.some((node) => node.status === candidate));
      return {
        id,
        label: `${first?.layer ?? ''} (${nodes.length})`,
        group: first?.group ?? '',
        layer: first?.layer ?? '',
        ...(status === undefined ? {} : { status }),
      };
    }),
    edges: [...edges.values()],
  };
}
