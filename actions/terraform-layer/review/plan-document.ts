import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import { SensitiveValues } from './sensitive-values.js';

const stepsSchema = z.array(z.union([z.string(), z.number()]));

const changeSchema = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(stepsSchema).optional(),
  importing: z
    .object({ id: z.string().optional(), unknown: z.boolean().optional() })
    .loose()
    .nullable()
    .optional(),
});

const resourceSchema = z.object({
  address: z.string(),
  previous_address: z.string().optional(),
  mode: z.string(),
  type: z.string(),
  deposed: z.string().optional(),
  action_reason: z.string().optional(),
  change: changeSchema,
});

const stateResourceSchema = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  deposed_key: z.string().optional(),
  values: z.record(z.string(), z.unknown()).optional(),
  sensitive_values: z.unknown().optional(),
});

/** A provider's action that a change sets off (Terraform 1.14 and later). */
const invocationSchema = z.object({
  address: z.string(),
  type: z.string(),
  config_values: z.unknown().optional(),
  config_sensitive: z.unknown().optional(),
  config_unknown: z.unknown().optional(),
  lifecycle_action_trigger: z
    .object({
      triggering_resource_address: z.string(),
      action_trigger_event: z.string(),
      action_trigger_block_index: z.number().optional(),
      actions_list_index: z.number().optional(),
    })
    .optional(),
});

const planSchema = z.object({
  terraform_version: z.string().optional(),
  /** What `plantimestamp()` gave. */
  timestamp: z.string().optional(),
  /** What a refresh found changed in the world. */
  resource_drift: z.array(resourceSchema).default([]),
  resource_changes: z.array(resourceSchema).default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
  action_invocations: z.array(invocationSchema).default([]),
  relevant_attributes: z
    .array(z.object({ resource: z.string(), attribute: stepsSchema }))
    .optional(),
  variables: z.record(z.string(), z.object({ value: z.unknown().optional() })).default({}),
  configuration: z
    .object({
      root_module: z
        .object({
          variables: z
            .record(z.string(), z.object({ sensitive: z.boolean().optional() }))
            .default({}),
        })
        .optional(),
    })
    .optional(),
  prior_state: z
    .object({ values: z.object({ root_module: z.unknown().optional() }).optional() })
    .optional(),
});

export type PlanDocument = z.infer<typeof planSchema>;
export type DocumentChange = z.infer<typeof changeSchema>;
export type DocumentResource = z.infer<typeof resourceSchema>;
export type DocumentInvocation = z.infer<typeof invocationSchema>;
export type StateResource = z.infer<typeof stateResourceSchema>;

/** Several readers look at one plan; it goes with the plan itself. */
const documents = new WeakMap<object, PlanDocument>();

/**
 * Reads what is needed of `terraform show -json <plan>` (Terraform documentation, "JSON Output
 * Format"). Values of attributes are taken as they are: a plan may hold megabytes of them.
 *
 * @throws OperationError `plan-unreadable`
 */
export function planDocument(json: unknown): PlanDocument {
  const known = typeof json === 'object' && json !== null ? documents.get(json) : undefined;
  if (known !== undefined) return known;
  const parsed = planSchema.safeParse(json);
  if (parsed.success) {
    if (typeof json === 'object' && json !== null) documents.set(json, parsed.data);
    return parsed.data;
  }
  throw new OperationError(
    'plan-unreadable',
    `the plan is not in Terraform's format: ${z.prettifyError(parsed.error)}`,
  );
}

/** Every resource of the state that the plan starts from, of all modules. */
export function priorResources(plan: PlanDocument): readonly StateResource[] {
  const found: StateResource[] = [];
  const modules: unknown[] = [plan.prior_state?.values?.root_module];
  while (modules.length > 0) {
    const module = modules.pop();
    for (const resource of listIn(module, 'resources')) {
      const parsed = stateResourceSchema.safeParse(resource);
      if (parsed.success) found.push(parsed.data);
    }
    modules.push(...listIn(module, 'child_modules'));
  }
  return found;
}

/**
 * The values that the plan, and the drift that is given, mark as sensitive anywhere: providers copy
 * them without the mark. `also` are those that are known to be sensitive without any mark.
 */
export function sensitiveValues(
  plan: PlanDocument,
  more: {
    readonly drift?: PlanDocument['resource_drift'];
    readonly also?: readonly unknown[];
  } = {},
): SensitiveValues {
  const { drift = [], also = [] } = more;
  const secrets = new SensitiveValues();
  const changes = [
    ...[...plan.resource_changes, ...drift].map(({ change }) => change),
    ...Object.values(plan.output_changes),
  ];
  for (const change of changes) {
    secrets.collect(change.before, change.before_sensitive);
    secrets.collect(change.after, change.after_sensitive);
  }
  for (const { config_values: values, config_sensitive: marks } of plan.action_invocations) {
    secrets.collect(values, marks);
  }
  const declared = plan.configuration?.root_module?.variables ?? {};
  for (const [name, { value }] of Object.entries(plan.variables)) {
    secrets.collect(value, declared[name]?.sensitive === true);
  }
  for (const value of also) secrets.collect(value, true);
  return secrets;
}

function listIn(value: unknown, key: 'resources' | 'child_modules'): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !(key in value)) return [];
  const list: unknown = (value as Readonly<Record<string, unknown>>)[key];
  return Array.isArray(list) ? list : [];
}
