import type { Edge, Stack, Workspace } from '../stacks/workspace.js';
import {
  collapseLayers,
  withoutShortcuts,
  type GraphNode,
  type NodeStatus,
  type PictureGraph,
} from './picture.js';
import { isReading } from './reading-edges.js';
import { wavesOf } from './waves.js';

export type { NodeStatus };
export type StatusMap = ReadonlyMap<string, NodeStatus>;

export interface RenderOptions {
  /** Status by stack id; a stack that is not in it is drawn without colour. */
  readonly statuses?: StatusMap;
  /** Ids of the stacks to draw; default all. Edges through the others are not drawn. */
  readonly only?: ReadonlySet<string>;
}

const colours: Readonly<Record<NodeStatus, { fill: string; stroke: string; text: string }>> = {
  unchanged: { fill: '#eaeef2', stroke: '#8c959f', text: '#24292f' },
  changes: { fill: '#ddf4ff', stroke: '#0969da', text: '#0a3069' },
  destroys: { fill: '#ffebe9', stroke: '#cf222e', text: '#82071e' },
  waiting: { fill: '#fff8c5', stroke: '#9a6700', text: '#4d2d00' },
  running: { fill: '#fbefff', stroke: '#8250df', text: '#3e1f79' },
  applied: { fill: '#dafbe1', stroke: '#1a7f37', text: '#044f1e' },
  stopped: { fill: '#bc4c00', stroke: '#762c00', text: '#ffffff' },
  failed: { fill: '#cf222e', stroke: '#82071e', text: '#ffffff' },
  'not-started': { fill: '#ffffff', stroke: '#8c959f', text: '#57606a' },
};

/** Limits of the renderer that GitHub uses (Mermaid's defaults `maxTextSize` and `maxEdges`). */
const mermaidMaximumCharacters = 50_000;
const mermaidMaximumEdges = 500;
/** `    n1["a/b"]` and its end of line. */
const shortestNodeText = 14;

/**
 * Mermaid text, one subgraph an environment, arrows in the order of work (upstream first), dotted
 * where the order comes from `after` alone. Too large for GitHub's renderer, it leaves out edges
 * that follow from others, and past that draws one node a layer. Hostile names come out as text.
 */
export function renderMermaid(workspace: Workspace, options: RenderOptions = {}): string {
  const full = pictureOf(workspace, options);
  // Where the nodes alone are too many, dropping edges helps nothing.
  const fewNodes = full.nodes.length * shortestNodeText <= mermaidMaximumCharacters;
  const smaller = [
    ...(fewNodes ? [() => full, () => withoutShortcuts(full)] : []),
    () => collapseLayers(full),
  ];
  let text = '';
  for (const shrink of smaller) {
    const picture = shrink();
    text = mermaidText(picture);
    const fits =
      text.length <= mermaidMaximumCharacters && picture.edges.length <= mermaidMaximumEdges;
    if (fits) break;
  }
  return text;
}

function mermaidText(picture: PictureGraph): string {
  const names = new Map(picture.nodes.map((node, index) => [node.id, `n${index}`]));
  const lines = ['flowchart LR'];
  let group = 0;
  for (const [environment, nodes] of byEnvironment(picture.nodes)) {
    lines.push(`  subgraph e${group++}["${mermaidEscape(environment)}"]`);
    for (const node of nodes) {
      const style = node.status === undefined ? '' : `:::${classOf(node.status)}`;
      lines.push(`    ${names.get(node.id) ?? ''}["${mermaidEscape(node.label)}"]${style}`);
    }
    lines.push('  end');
  }
  for (const edge of picture.edges) {
    const arrow = edge.orderOnly ? '-.->' : '-->';
    lines.push(`  ${names.get(edge.to) ?? ''} ${arrow} ${names.get(edge.from) ?? ''}`);
  }
  for (const status of usedStatuses(picture)) {
    const { fill, stroke, text } = colours[status];
    lines.push(`  classDef ${classOf(status)} fill:${fill},stroke:${stroke},color:${text}`);
  }
  return lines.join('\n') + '\n';
}

/** Graphviz text with the same content as the Mermaid one, never shortened. */
export function renderDot(workspace: Workspace, options: RenderOptions = {}): string {
  const picture = pictureOf(workspace, options);
  const lines = [
    'digraph stacks {',
    '  rankdir = "LR";',
    '  node [shape = "box", style = "rounded,filled", fillcolor = "#ffffff"];',
  ];
  let group = 0;
  for (const [environment, nodes] of byEnvironment(picture.nodes)) {
    lines.push(`  subgraph "cluster_${group++}" {`, `    label = ${dotString(environment)};`);
    for (const node of nodes) {
      const attributes = [`label = ${dotString(node.label)}`];
      if (node.status !== undefined) {
        const { fill, stroke, text } = colours[node.status];
        attributes.push(`fillcolor = "${fill}"`, `color = "${stroke}"`, `fontcolor = "${text}"`);
      }
      lines.push(`    ${dotString(node.id)} [${attributes.join(', ')}];`);
    }
    lines.push('  }');
  }
  for (const edge of picture.edges) {
    const style = edge.orderOnly ? ' [style = "dashed"]' : '';
    lines.push(`  ${dotString(edge.to)} -> ${dotString(edge.from)}${style};`);
  }
  lines.push('}');
  return lines.join('\n') + '\n';
}

/** What `renderJson` prints. Backend settings are left out: they may hold credentials. */
export interface GraphDocument {
  readonly version: 1;
  readonly environments: readonly { readonly name: string; readonly after: readonly string[] }[];
  readonly stacks: readonly (Pick<
    Stack,
    'id' | 'displayId' | 'name' | 'environment' | 'directory' | 'binding' | 'varFiles'
  > & {
    readonly layer?: string;
    readonly workspace?: string;
    readonly backend: string;
    readonly status?: NodeStatus;
  })[];
  readonly edges: readonly Edge[];
  /** Ids, by environment in promotion order, then wave by wave. */
  readonly waves: readonly {
    readonly environment: string;
    readonly stacks: readonly (readonly string[])[];
  }[];
}

/** The graph as JSON, two spaces indented; the shape is `GraphDocument`. */
export function renderJson(workspace: Workspace, options: RenderOptions = {}): string {
  const stacks = selected(workspace, options);
  const ids = new Set(stacks.map(({ id }) => id));
  const document: GraphDocument = {
    version: 1,
    environments: workspace.config.environments.map(({ name, after }) => ({ name, after })),
    stacks: stacks.map((stack) => {
      const status = options.statuses?.get(stack.id);
      return {
        id: stack.id,
        displayId: stack.displayId,
        name: stack.name,
        ...(stack.layer === undefined ? {} : { layer: stack.layer }),
        environment: stack.environment,
        directory: stack.directory,
        binding: stack.binding,
        varFiles: stack.varFiles,
        ...(stack.workspace === undefined ? {} : { workspace: stack.workspace }),
        backend: stack.backend.type,
        ...(status === undefined ? {} : { status }),
      };
    }),
    edges: workspace.edges.filter(({ from, to }) => ids.has(from) && ids.has(to)),
    waves: workspace.config.environments.flatMap(({ name }) => {
      const own = stacks.filter(({ environment }) => environment === name).map(({ id }) => id);
      return own.length === 0 ? [] : [{ environment: name, stacks: wavesOf(own, workspace.edges) }];
    }),
  };
  return JSON.stringify(document, null, 2) + '\n';
}

function selected(workspace: Workspace, { only }: RenderOptions): readonly Stack[] {
  return only === undefined ? workspace.stacks : workspace.stacks.filter(({ id }) => only.has(id));
}

function pictureOf(workspace: Workspace, options: RenderOptions): PictureGraph {
  const stacks = selected(workspace, options);
  const ids = new Set(stacks.map(({ id }) => id));
  return {
    nodes: stacks.map((stack) => {
      const status = options.statuses?.get(stack.id);
      return {
        id: stack.id,
        label: stack.displayId,
        group: stack.environment,
        layer: stack.layer ?? stack.name,
        ...(status === undefined ? {} : { status }),
      };
    }),
    edges: workspace.edges
      .filter(({ from, to }) => ids.has(from) && ids.has(to))
      .map((edge) => ({ from: edge.from, to: edge.to, orderOnly: !isReading(edge) })),
  };
}

function byEnvironment(nodes: readonly GraphNode[]): ReadonlyMap<string, readonly GraphNode[]> {
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const group = groups.get(node.group);
    if (group === undefined) groups.set(node.group, [node]);
    else group.push(node);
  }
  return groups;
}

function usedStatuses(picture: PictureGraph): readonly NodeStatus[] {
  const used = new Set(picture.nodes.map(({ status }) => status));
  return (Object.keys(colours) as NodeStatus[]).filter((status) => used.has(status));
}

function classOf(status: NodeStatus): string {
  return `s_${status.replaceAll('-', '_')}`;
}

/** Mermaid reads `#35;` as a character reference, so every other character is written as one. */
function mermaidEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9 _./@-]/gu, (character) => {
    const code = character.codePointAt(0) ?? 32;
    return code < 32 ? ' ' : `#${code};`;
  });
}

function dotString(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  return `"${escaped.replace(/[\u0000-\u001f]/g, ' ')}"`;
}
