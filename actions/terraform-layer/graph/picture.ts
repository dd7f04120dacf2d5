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
  const indexes = new Map(graph.nodes.map(({ id }, index) => [id, index]));
  const upstreams: number[][] = graph.nodes.map(() => []);
  const places = graph.edges.flatMap(({ from, to }) => {
    const [own, upstream] = [indexes.get(from), indexes.get(to)];
    return own === undefined || upstream === undefined ? [] : [[own, upstream] as const];
  });
  for (const [own, upstream] of places) upstreams[own]?.push(upstream);
  const reachable = reachableSets(upstreams);
  const isShortcut = (from: number, to: number): boolean =>
    (upstreams[from] ?? []).some((other) => other !== to && reachable[other]?.has(to) === true);
  return {
    nodes: graph.nodes,
    edges: graph.edges.filter(({ from, to }) => {
      const [own, upstream] = [indexes.get(from), indexes.get(to)];
      return own === undefined || upstream === undefined || !isShortcut(own, upstream);
    }),
  };
}

/** Numbers below a limit, a bit each: sets of sets of nodes would not fit the memory. */
class BitSet {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  add(value: number): void {
    const word = value >>> 5;
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (value & 31));
  }

  addAll(other: BitSet): void {
    for (let word = 0; word < this.#words.length; word += 1) {
      this.#words[word] = (this.#words[word] ?? 0) | (other.#words[word] ?? 0);
    }
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5] ?? 0) & (1 << (value & 31))) !== 0;
  }
}

/** What is upstream of each node at any depth, worked out upstream first. */
function reachableSets(upstreams: readonly (readonly number[])[]): readonly (BitSet | undefined)[] {
  const sets: (BitSet | undefined)[] = upstreams.map(() => undefined);
  const downstreams: number[][] = upstreams.map(() => []);
  for (const [own, all] of upstreams.entries()) {
    for (const upstream of all) downstreams[upstream]?.push(own);
  }
  const waiting = upstreams.map(({ length }) => length);
  const open = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const set = new BitSet(upstreams.length);
    for (const upstream of upstreams[next] ?? []) {
      set.add(upstream);
      const further = sets[upstream];
      if (further !== undefined) set.addAll(further);
    }
    sets[next] = set;
    for (const downstream of downstreams[next] ?? []) {
      const left = (waiting[downstream] ?? 0) - 1;
      waiting[downstream] = left;
      if (left === 0) open.push(downstream);
    }
  }
  return sets;
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
