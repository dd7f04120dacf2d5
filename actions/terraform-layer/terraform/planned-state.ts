import { z } from 'zod';
import { holdsAnywhere } from '../review/side.js';

/** What a plan says an output will be. */
export interface PlannedOutput {
  readonly changes: boolean;
  /** Undefined where it is known only after apply; `null` where there will be none. */
  readonly value:
    | {
        /** In clear, also where it is sensitive. */
        readonly json: unknown;
        /** Type constraint in Terraform's JSON form. */
        readonly type: unknown;
        readonly sensitive: boolean;
      }
    | null
    | undefined;
}

/** By name; outputs that do not change are among them. */
export type PlannedOutputs = ReadonlyMap<string, PlannedOutput>;

/** A state as it will be, for the stacks that read it. */
export interface PlannedState {
  /** The data blocks that read it: the directory of the module, relative to the root, and label. */
  readonly readers: readonly { readonly directory: string; readonly name: string }[];
  /** By which it is read (`Stack.stateKey` and aliases). */
  readonly stateKeys: readonly string[];
  /** `unknown`: something that is read of it is known only after apply. */
  readonly outputs: PlannedOutputs | 'unknown';
}

/** Name of what stands in for unknown states in a scratch copy; reports never show it. */
export const placeholderName = 'infra_actions_planned_outputs';

const planSchema = z.object({
  output_changes: z
    .record(
      z.string(),
      z.object({
        actions: z.array(z.string()),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
        after_unknown: z.unknown().optional(),
        after_sensitive: z.unknown().optional(),
      }),
    )
    .default({}),
  planned_values: z
    .object({
      outputs: z.record(z.string(), z.object({ type: z.unknown().optional() })).default({}),
    })
    .optional(),
});

/**
 * The outputs that a plan leads to (Terraform documentation, "JSON Output Format": `output_changes`
 * and `planned_values`). Part of a value that is not known makes all of it unknown.
 */
export function readPlannedOutputs(planJson: unknown): PlannedOutputs {
  const parsed = planSchema.safeParse(planJson);
  if (!parsed.success) return new Map();
  const types = parsed.data.planned_values?.outputs ?? {};
  return new Map(
    Object.entries(parsed.data.output_changes).map(([name, change]): [string, PlannedOutput] => {
      const changes = !change.actions.includes('no-op');
      if (holdsAnywhere(change.after_unknown)) return [name, { changes, value: undefined }];
      if (change.after === undefined || change.after === null) {
        return [name, { changes, value: null }];
      }
      const type = types[name]?.type;
      if (type === undefined) return [name, { changes, value: undefined }];
      const sensitive = holdsAnywhere(change.after_sensitive);
      return [name, { changes, value: { json: change.after, type, sensitive } }];
    }),
  );
}

/** The outputs before a plan, by name; those that do not exist are left out. Values in clear. */
export function outputsBeforePlan(planJson: unknown): ReadonlyMap<string, unknown> {
  const parsed = planSchema.safeParse(planJson);
  if (!parsed.success) return new Map();
  return new Map(
    Object.entries(parsed.data.output_changes).flatMap(([name, { before }]) =>
      before === undefined || before === null ? [] : [[name, before] as const],
    ),
  );
}

/** A state file (version 4) with these outputs and nothing else, for `terraform_remote_state`. */
export function stateFileOf(outputs: PlannedOutputs): string {
  return JSON.stringify({
    version: 4,
    terraform_version: '1.11.0',
    serial: 1,
    lineage: placeholderName,
    outputs: Object.fromEntries(
      [...outputs].flatMap(([name, { value }]) =>
        value === undefined || value === null
          ? []
          : [
              [
                name,
                {
                  value: value.json,
                  type: value.type,
                  ...(value.sensitive ? { sensitive: true } : {}),
                },
              ] as const,
            ],
      ),
    ),
    resources: [],
    check_results: null,
  });
}

/** The plan without what stood in for unknown states. */
export function withoutPlaceholders(planJson: unknown): unknown {
  if (Array.isArray(planJson)) {
    return (planJson as readonly unknown[]).flatMap((item) =>
      isPlaceholder(item) ? [] : [withoutPlaceholders(item)],
    );
  }
  if (typeof planJson !== 'object' || planJson === null) return planJson;
  return Object.fromEntries(
    Object.entries(planJson).map(([name, value]: [string, unknown]) => {
      // Only these lead to lists of resources: values are left as they are.
      if (structure.has(name)) return [name, withoutPlaceholders(value)];
      return [name, name === 'module_calls' ? withoutPlaceholdersInEach(value) : value];
    }),
  );
}

function withoutPlaceholdersInEach(calls: unknown): unknown {
  if (typeof calls !== 'object' || calls === null) return calls;
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [name, withoutPlaceholders(call)]),
  );
}

const structure = new Set([
  'resource_changes',
  'relevant_attributes',
  'planned_values',
  'configuration',
  'root_module',
  'child_modules',
  'module',
  'resources',
]);

function isPlaceholder(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const { name, type, resource } = item as Readonly<Record<string, unknown>>;
  if (type === 'terraform_data' && name === placeholderName) return true;
  return typeof resource === 'string' && resource.endsWith(`terraform_data.${placeholderName}`);
}
