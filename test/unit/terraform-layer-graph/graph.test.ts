import fc from 'fast-check';
import { cycleProblems } from '../../../actions/terraform-layer/graph/cycles.js';
import { withoutShortcuts } from '../../../actions/terraform-layer/graph/picture.js';
import {
  dependenciesAmong,
  dependentsOf,
  wavesOf,
} from '../../../actions/terraform-layer/graph/waves.js';
import {
  renderDot,
  renderJson,
  renderMermaid,
  type GraphDocument,
  type NodeStatus,
} from '../../../actions/terraform-layer/graph/render.js';
import type { Edge, Stack, Workspace } from '../../../actions/terraform-layer/stacks/workspace.js';
import { layeredTree, load } from '../../support/stacks.js';

function edge(from: string, to: string): Edge {
  return { from, to, origins: [{ kind: 'after', name: to, at: { file: 'infra.yml', line: 1 } }] };
}

/** Ids `0` to `n-1`; every edge leads to a smaller id, so there is no cycle. */
const graphs = fc.integer({ min: 1, max: 25 }).chain((size) =>
  fc.record({
    ids: fc.constant(Array.from({ length: size }, (_, index) => String(index))),
    edges: fc
      .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 80 })
      .map((pairs) => pairs.filter(([a, b]) => a > b).map(([a, b]) => edge(String(a), String(b)))),
  }),
);

const selections = graphs.chain((graph) =>
  fc.subarray(graph.ids).map((selected) => ({ ...graph, selected })),
);

/** Everything a stack depends on, by plain search. */
function upstreamsOf(id: string, edges: readonly Edge[]): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { from, to } of edges) {
      if (from !== next || found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}

describe('waves', () => {
  it('hold every selected stack once, each after all it depends on, and as early as it can be', () => {
    fc.assert(
      fc.property(selections, ({ edges, selected }) => {
        const waves = wavesOf(selected, edges);
        expect(waves.flat().sort()).toEqual([...selected].sort());
        const waveOf = new Map(waves.flatMap((wave, index) => wave.map((id) => [id, index])));
        for (const id of selected) {
          const before = [...upstreamsOf(id, edges)]
            .filter((upstream) => selected.includes(upstream))
            .map((upstream) => waveOf.get(upstream) ?? Infinity);
          expect(waveOf.get(id)).toBe(before.length === 0 ? 0 : Math.max(...before) + 1);
        }
      }),
    );
  });

  it('keep the order of two stacks although what lies between them is not selected', () => {
    const edges = [edge('c', 'b'), edge('b', 'a')];
    expect(wavesOf(['c', 'a'], edges)).toEqual([['a'], ['c']]);
    expect(dependenciesAmong(['c', 'a'], edges).get('c')).toEqual(new Set(['a']));
  });

  it('are refused for a cycle', () => {
    expect(() => wavesOf(['a', 'b'], [edge('a', 'b'), edge('b', 'a')])).toThrow('cycle');
  });
});

describe('dependents', () => {
  it('are exactly the stacks that reach a given one', () => {
    fc.assert(
      fc.property(selections, ({ ids, edges, selected }) => {
        const expected = ids.filter(
          (id) =>
            !selected.includes(id) &&
            [...upstreamsOf(id, edges)].some((upstream) => selected.includes(upstream)),
        );
        expect([...dependentsOf(selected, edges)].sort()).toEqual(expected.sort());
      }),
    );
  });
});

function workspaceOf(names: readonly string[], edges: readonly Edge[]): Workspace {
  const stacks = names.map((name): Stack => ({
    id: name,
    displayId: name,
    name,
    environment: 'dev',
    directory: name,
    binding: 'directory',
    varFiles: [],
    backendConfigFiles: [],
    backend: { type: 's3', config: { access_key: 'AKIASECRET' } },
    stateKey: `s3://states/${name}`,
    rule: '{stack}',
    moduleDirectories: [],
    reads: [],
  }));
  const environment = {
    name: 'dev',
    apply: 'auto',
    after: [],
    unreviewed: 'allow',
    shared: false,
    gate: 'environment',
    approvals: 1,
    guards: { preventDestroy: [], maxDestroys: 0 },
    variables: {},
    stateNameAliases: [],
  } as const;
  const config = {
    version: 1,
    environments: [environment],
    stacks: [],
    stateName: '',
    externalStates: [],
    siblingState: 'allow',
    volatile: [],
    foundation: [],
  } as const;
  return { config, directory: '.', stacks, edges };
}

const hostile = 'x"]; click n0 "javascript:alert(1)" %% <b>&`\n end';

describe('a cycle', () => {
  it('is found among thousands of stacks before and behind it, without these', () => {
    const chain = (prefix: string): Edge[] =>
      Array.from({ length: 10_000 }, (_, index) =>
        edge(`${prefix}${index + 1}`, `${prefix}${index}`),
      );
    const edges = [
      ...chain('before'),
      ...chain('behind'),
      edge('a', 'before10000'),
      edge('a', 'b'),
      edge('b', 'a'),
      edge('behind0', 'a'),
    ];
    const problems = cycleProblems(edges);
    expect(problems.map(({ code }) => code)).toEqual(['stack-cycle']);
    expect(problems[0]?.message).toMatch(/^2 stacks/);
    expect(problems[0]?.message).not.toMatch(/before|behind/);
  });
});

describe('a picture of the graph', () => {
  it('is Mermaid, upstream first, one group an environment, coloured by status', async () => {
    const workspace = await load(layeredTree(['dev']));
    const statuses = new Map<string, NodeStatus>([
      ['layers/01-foundation/environments/dev', 'destroys'],
    ]);
    expect(renderMermaid(workspace, { statuses })).toBe(
      `flowchart LR
  subgraph e0["dev"]
    n0["01-foundation/dev"]:::s_destroys
    n1["02-platform/dev"]
    n2["service-a/dev"]
    n3["service-b/dev"]
  end
  n0 --> n1
  n1 --> n2
  n3 --> n2
  n1 --> n3
  classDef s_destroys fill:#ffebe9,stroke:#cf222e,color:#82071e
`,
    );
  });

  it('shows order without data as a dotted arrow', () => {
    expect(renderMermaid(workspaceOf(['a', 'b'], [edge('b', 'a')]))).toContain('n0 -.-> n1');
  });

  it('shows the chosen stacks only', () => {
    const workspace = workspaceOf(['a', 'b', 'c'], [edge('b', 'a'), edge('c', 'b')]);
    const text = renderMermaid(workspace, { only: new Set(['a', 'b']) });
    expect(text).toContain('n0 -.-> n1');
    expect(text).not.toContain('n2');
  });

  it('keeps hostile names inside of their label', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(hostile), fc.string({ unit: 'binary' })), (name) => {
        const lines = renderMermaid(workspaceOf([name], []))
          .trimEnd()
          .split('\n');
        expect(lines).toHaveLength(4);
        expect(lines[2]).toMatch(/^ {4}n0\["(?:[A-Za-z0-9 _./@-]|#\d+;)*"\]$/);
      }),
    );
  });

  it('stays within what GitHub draws: first without shortcuts, then by layer', () => {
    const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const all = names.flatMap((from, i) => names.slice(0, i).map((to) => edge(from, to)));
    const chain = renderMermaid(workspaceOf(names, all));
    expect(chain.match(/-\.->/g)).toHaveLength(59);

    const many = Array.from({ length: 3000 }, (_, index) => `layer-${index % 3}-stack-${index}`);
    const large = workspaceOf(many, []);
    const stacks = large.stacks.map((stack, index) => ({ ...stack, layer: `0${index % 3}` }));
    const text = renderMermaid({ ...large, stacks });
    expect(text).toContain('n2["02 #40;1000#41;"]');
    expect(text.length).toBeLessThan(1000);
  });

  it('leaves out shortcuts of long chains', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `s${index}`);
    const chain = names.slice(1).map((name, index) => edge(name, `s${index}`));
    const shortcuts = names.slice(2).map((name, index) => edge(name, `s${index}`));
    const picture = {
      nodes: names.map((id) => ({ id, label: id, group: 'dev', layer: id })),
      edges: [...chain, ...shortcuts].map(({ from, to }) => ({ from, to, orderOnly: false })),
    };
    expect(withoutShortcuts(picture).edges).toEqual(picture.edges.slice(0, chain.length));
  });

  it('of 10,000 stacks in one chain is still drawn', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
    const chain = names.slice(1).map((name, index) => edge(name, `s${index}`));
    const large = workspaceOf(names, chain);
    const stacks = large.stacks.map((stack) => ({ ...stack, layer: 'all' }));
    expect(renderMermaid({ ...large, stacks })).toContain('#40;10000#41;');
    expect(renderDot(large)).toContain('"s9998" -> "s9999"');
  });

  it('is DOT with quoted names', () => {
    const dot = renderDot(workspaceOf([hostile, 'b'], [edge('b', hostile)]));
    expect(dot).toContain('label = "x\\"]; click n0 \\"javascript:alert(1)\\" %% <b>&`  end"');
    expect(dot).toContain('"b" [label = "b"]');
    expect(dot).toContain('-> "b" [style = "dashed"];');
    expect(dot.split('\n')).toHaveLength(11);
  });

  it('is JSON with origins and waves, and without backend settings', async () => {
    const workspace = await load(layeredTree(['dev', 'production']));
    const document = JSON.parse(renderJson(workspace)) as GraphDocument;
    expect(document.waves.map(({ environment, stacks }) => [environment, stacks.length])).toEqual([
      ['dev', 4],
      ['production', 4],
    ]);
    expect(document.edges[0]?.origins[0]).toMatchObject({
      kind: 'remote-state',
      name: 'foundation',
    });
    expect(renderJson(workspaceOf(['a'], []))).not.toContain('AKIASECRET');
  });
});
