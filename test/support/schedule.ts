import type { StackPorts } from '../../actions/terraform-layer/schedule/stack-steps.js';
import { Upstreams } from '../../actions/terraform-layer/schedule/upstreams.js';
import type { Stack, Workspace } from '../../actions/terraform-layer/stacks/workspace.js';
import type { Terraform } from '../../actions/terraform-layer/terraform/terraform.js';

export function stackNamed({ stacks }: Workspace, displayId: string): Stack {
  const stack = stacks.find((candidate) => candidate.displayId === displayId);
  if (stack === undefined) throw new Error(`no stack ${displayId}`);
  return stack;
}

/** Ports of a run over the workspace's graph, time standing still. */
export function portsOf(
  workspace: Workspace,
  terraform: Terraform,
  rest: Partial<StackPorts> = {},
): StackPorts {
  return {
    terraform,
    edges: workspace.edges,
    upstreams: new Upstreams(workspace.edges),
    plannedOutputs: true,
    planDirectory: '/plans',
    hooks: {},
    publicOutputsOf: () => Promise.resolve(() => false),
    signal: new AbortController().signal,
    now: () => 0,
    onProgress: () => undefined,
    ...rest,
  };
}

/** How an output changes in a plan; `after` undefined: known only after apply. */
export interface PlannedOutputChange {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly sensitive?: boolean;
}

/** `terraform show -json` of a plan that changes outputs and makes a resource. */
export function planJson(outputs: Readonly<Record<string, PlannedOutputChange>>): unknown {
  const entries = Object.entries(outputs);
  return {
    resource_changes: [
      {
        address: 'terraform_data.x',
        mode: 'managed',
        type: 'terraform_data',
        name: 'x',
        change: { actions: ['create'], before: null, after: {}, after_unknown: { id: true } },
      },
    ],
    output_changes: Object.fromEntries(
      entries.map(([name, { before = null, after, sensitive = false }]) => [
        name,
        {
          actions: [before === null ? 'create' : before === after ? 'no-op' : 'update'],
          before,
          ...(after === undefined ? {} : { after }),
          after_unknown: after === undefined,
          before_sensitive: sensitive,
          after_sensitive: sensitive,
        },
      ]),
    ),
    planned_values: {
      outputs: Object.fromEntries(
        entries.map(([name, { after, sensitive = false }]) => [
          name,
          { sensitive, ...(after === undefined ? {} : { type: 'string', value: after }) },
        ]),
      ),
    },
  };
}
