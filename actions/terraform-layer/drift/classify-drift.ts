import type { AttributeChange, ResourceChange, ShownValue } from '../review/changes.js';
import { planDocument, sensitiveValues, type DocumentChange } from '../review/plan-document.js';
import { changesOf } from '../review/plan-json.js';
import type { SensitiveValues } from '../review/sensitive-values.js';
import { driftOf } from './attribute-drift.js';
import type {
  DriftedAttribute,
  DriftedResource,
  DriftFindings,
  PendingResource,
} from './findings.js';

/**
 * Tells drift from pending change in `terraform show -json` of a refreshing plan (Terraform
 * documentation, "JSON Output Format": `resource_drift` is what the refresh found, and a change
 * that undoes it has the world as its `before`).
 *
 * Drift is a value that differs between state and world, and that the plan would change: what the
 * code says as well, or ignores (`ignore_changes`), is in sync. Everything else in the plan is
 * pending. No sensitive value is in the result; `alsoSensitive` are those that the plan does not
 * mark.
 *
 * @throws OperationError `plan-unreadable`
 */
export function classifyDrift(
  planJson: unknown,
  alsoSensitive: readonly unknown[] = [],
): DriftFindings {
  const plan = planDocument(planJson);
  const secrets = sensitiveValues(plan, { drift: plan.resource_drift, also: alsoSensitive });
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
  const changes = changesOf(plan, sensitiveValues(plan, { also: alsoSensitive }));
  return {
    drifted: drifted.sort(inOrder),
    pending: changes.resources.flatMap((resource) => pendingOf(resource, byAddress)),
    pendingOutputs: changes.outputs.map(({ name }) => name),
  };
}

function driftedResource(
  drift: DocumentChange,
  undone: DocumentChange,
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
