import { z } from 'zod';
import { OperationError } from '../../shared/errors.js';
import type { AttributeChange, ResourceChange, ShownValue } from '../review/changes.js';
import { readPlan } from '../review/plan-json.js';
import { SensitiveValues } from '../review/sensitive-values.js';
import { driftOf } from './attribute-drift.js';
import type {
  DriftedAttribute,
  DriftedResource,
  DriftFindings,
  PendingResource,
} from './findings.js';

const changeSchema = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
});
type Change = z.infer<typeof changeSchema>;

const resourceSchema = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  deposed: z.string().optional(),
  change: changeSchema,
});

const planSchema = z.object({
  resource_drift: z.array(resourceSchema).default([]),
  resource_changes: z.array(resourceSchema).default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
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
});
type Plan = z.infer<typeof planSchema>;

/**
 * Tells drift from pending change in `terraform show -json` of a refreshing plan (Terraform
 * documentation, "JSON Output Format": `resource_drift` is what the refresh found, and a change
 * that undoes it has the world as its `before`).
 *
 * Drift is a value that differs between state and world, and that the plan would change: what the
 * code says as well, or ignores (`ignore_changes`), is in sync. Everything else in the plan is
 * pending. No sensitive value is in the result.
 *
 * @throws OperationError `plan-unreadable`
 */
export function classifyDrift(planJson: unknown): DriftFindings {
  const parsed = planSchema.safeParse(planJson);
  if (!parsed.success) {
    throw new OperationError(
      'plan-unreadable',
      `the plan is not in Terraform's format: ${z.prettifyError(parsed.error)}`,
    );
  }
  const plan = parsed.data;
  const secrets = sensitiveValues(plan);
  const planned = new Map(
    plan.resource_changes
      .filter(({ deposed }) => deposed === undefined)
      .map((resource) => [resource.address, resource.change]),
  );
  const drifted = plan.resource_drift.flatMap((resource): DriftedResource[] => {
    const { address, type, mode, deposed, change } = resource;
    const undone = planned.get(address);
    if (mode !== 'managed' || deposed !== undefined || undone === undefined) return [];
    const found = driftedResource(change, undone);
    if (found === undefined) return [];
    const attributes = found.attributes.map((attribute) => hideValues(attribute, secrets));
    return [{ address, type, kind: found.kind, attributes }];
  });
  const byAddress = new Map(drifted.map((resource) => [resource.address, resource]));
  const changes = readPlan(planJson);
  return {
    drifted: drifted.sort(inOrder),
    pending: changes.resources.flatMap((resource) => pendingOf(resource, byAddress)),
    pendingOutputs: changes.outputs.map(({ name }) => name),
  };
}

function driftedResource(
  drift: Change,
  undone: Change,
): Pick<DriftedResource, 'kind' | 'attributes'> | undefined {
  const creates = undone.actions.includes('create');
  if (drift.actions.includes('delete')) {
    return creates ? { kind: 'deleted', attributes: [] } : undefined;
  }
  // What the code no longer has is destroyed or forgotten, whatever the world did to it.
  if (!creates && !undone.actions.includes('update')) return undefined;
  const attributes = driftOf({
    state: { value: drift.before, sensitive: drift.before_sensitive, unknown: false },
    world: { value: drift.after, sensitive: drift.after_sensitive, unknown: false },
    code: {
      value: undone.after,
      sensitive: undone.after_sensitive,
      unknown: undone.after_unknown,
    },
  });
  return attributes.length === 0 ? undefined : { kind: 'changed', attributes };
}

/** What of a planned change is not there to undo drift. */
function pendingOf(
  resource: ResourceChange,
  drifted: ReadonlyMap<string, DriftedResource>,
): readonly PendingResource[] {
  const { address, kind } = resource;
  const drift = resource.deposed === undefined ? drifted.get(address) : undefined;
  if (drift?.kind === 'deleted') return [];
  const rest = resource.attributes.filter(
    ({ path }) => !(drift?.attributes ?? []).some((attribute) => covers(attribute.path, path)),
  );
  const known = rest.filter(({ after }) => after.kind !== 'unknown');
  if (drift !== undefined && known.length === 0) return [];
  const shownOnes: readonly AttributeChange[] = known.length > 0 ? known : rest;
  return [
    { address, kind, attributes: kind === 'create' ? [] : shownOnes.map(({ path }) => path) },
  ];
}

function covers(outer: string, path: string): boolean {
  const inner = path.replace(/^tags_all(?=$|[.[])/, 'tags');
  return (
    inner === outer || (inner.startsWith(outer) && /^(?:[.[]| →)/.test(inner.slice(outer.length)))
  );
}

function inOrder(left: DriftedResource, right: DriftedResource): number {
  return left.address < right.address ? -1 : left.address > right.address ? 1 : 0;
}

function hideValues(attribute: DriftedAttribute, secrets: SensitiveValues): DriftedAttribute {
  const hide = (value: ShownValue): ShownValue => secrets.hide(value);
  const { added, removed } = attribute;
  return {
    ...attribute,
    state: hide(attribute.state),
    world: hide(attribute.world),
    code: hide(attribute.code),
    ...(added === undefined ? {} : { added: added.map(hide) }),
    ...(removed === undefined ? {} : { removed: removed.map(hide) }),
  };
}

function sensitiveValues(plan: Plan): SensitiveValues {
  const secrets = new SensitiveValues();
  const changes = [
    ...plan.resource_drift.map(({ change }) => change),
    ...plan.resource_changes.map(({ change }) => change),
    ...Object.values(plan.output_changes),
  ];
  for (const change of changes) {
    secrets.collect(change.before, change.before_sensitive);
    secrets.collect(change.after, change.after_sensitive);
  }
  const declared = plan.configuration?.root_module?.variables ?? {};
  for (const [name, { value }] of Object.entries(plan.variables)) {
    secrets.collect(value, declared[name]?.sensitive === true);
  }
  return secrets;
}
