import { formatPath } from './attribute-diff.js';
import { outputAddress } from './change-key.js';
import { beforeSide, currentState, identityOf, type CurrentState } from './current-state.js';
import { leavesOf } from './leaves.js';
import { markerOf, type Marker } from './marker.js';
import { notCompared, unknown, type Mark, type ReviewKey } from './marks.js';
import {
  planDocument,
  sensitiveValues,
  type DocumentChange,
  type DocumentInvocation,
  type DocumentResource,
} from './plan-document.js';
import type { ChangeRecord, LeafRecord, OutputRecord, PlannedRecord } from './record.js';
import type { SensitiveValues } from './sensitive-values.js';
import type { Side } from './side.js';
import { upstreamOutputs } from './upstream-outputs.js';

export interface RecordOptions {
  readonly stack: { readonly id: string; readonly environment: string };
  /** Absent: digests without a key, and what is sensitive is not compared. */
  readonly key?: ReviewKey | undefined;
  /** Globs over `address.attribute` that are not compared. */
  readonly volatile: readonly string[];
  /** Whether an output that a data source reads is known not to be sensitive. Default: none is. */
  readonly isPublicOutput?: (dataAddress: string, output: string) => boolean;
  /** Provider versions by source address, as the lock file has them. */
  readonly providers?: Readonly<Record<string, string>>;
}

/** A plan as a review sees it. */
export interface PlanReview {
  readonly record: PlannedRecord;
  /** Holds the plan's values: must not outlive the call. */
  readonly state: CurrentState;
}

/** What each kind of change is made of. */
interface Context {
  readonly marker: Marker;
  readonly secrets: SensitiveValues;
}

/**
 * Turns `terraform show -json <plan>` into its review record. Imports, moves and what is forgotten
 * count as changes though Terraform calls the first two `no-op`, and so do actions of providers that
 * changes set off; data reads, drift that the plan only noticed, and attributes that stay as they
 * are do not.
 *
 * @throws OperationError `plan-unreadable`
 */
export function recordOfPlan(json: unknown, options: RecordOptions): PlanReview {
  const plan = planDocument(json);
  const { stack, key, volatile, providers, isPublicOutput = () => false } = options;
  const secrets = sensitiveValues(plan);
  const marker = markerOf({
    stackId: stack.id,
    key,
    volatile,
    secrets,
    timestamp: plan.timestamp,
  });
  const context = { marker, secrets };
  const upstreams = upstreamOutputs(plan, marker, {
    keyed: key !== undefined,
    isPublicOutput,
  });
  return {
    record: {
      id: stack.id,
      environment: stack.environment,
      status: 'planned',
      ...(key === undefined ? {} : { key: key.fingerprint }),
      ...(plan.terraform_version === undefined ? {} : { terraformVersion: plan.terraform_version }),
      ...(providers === undefined ? {} : { providers }),
      changes: [
        ...plan.resource_changes
          .filter(isChange)
          .map((resource) => changeRecord(resource, context)),
        ...plan.action_invocations.map((invocation) => invocationRecord(invocation, context)),
      ].sort(byAddress),
      outputs: Object.entries(plan.output_changes)
        .filter(([, change]) => !isNoOp(change))
        .map(([name, change]) => outputRecord(name, change, context))
        .sort((left, right) => (left.name < right.name ? -1 : 1)),
      upstreams,
    },
    state: currentState(plan, marker),
  };
}

function isChange({ mode, previous_address: moved, change }: DocumentResource): boolean {
  if (mode !== 'managed' || change.actions.includes('read')) return false;
  return !isNoOp(change) || moved !== undefined || isImport(change);
}

function isNoOp({ actions }: DocumentChange): boolean {
  return actions.every((action) => action === 'no-op');
}

function isImport({ importing }: DocumentChange): boolean {
  return importing !== undefined && importing !== null;
}

function changeRecord(resource: DocumentResource, context: Context): ChangeRecord {
  const { address, type, deposed, previous_address: previousAddress, change } = resource;
  const { marker, secrets } = context;
  const identity = identityOf(address, beforeSide(change), marker);
  const replacePaths = (change.replace_paths ?? [])
    .map(formatPath)
    .filter((path) => !secrets.isInText(path))
    .sort();
  return {
    address,
    type,
    ...(deposed === undefined ? {} : { deposed }),
    ...(previousAddress === undefined ? {} : { previousAddress }),
    ...(isImport(change) ? { importing: importMark(address, change, marker) } : {}),
    actions: change.actions,
    ...(resource.action_reason === undefined ? {} : { reason: resource.action_reason }),
    ...(replacePaths.length === 0 ? {} : { replacePaths }),
    ...(identity === undefined ? {} : { identity }),
    leaves: removes(change) ? [] : leafRecords(address, change, context),
  };
}

/** Its address says what sets it off, too: one action may run before and after several resources. */
function invocationRecord(invocation: DocumentInvocation, context: Context): ChangeRecord {
  const { type, lifecycle_action_trigger: trigger } = invocation;
  const places = [trigger?.action_trigger_block_index, trigger?.actions_list_index];
  const address =
    trigger === undefined
      ? invocation.address
      : `${invocation.address} (${trigger.action_trigger_event} of ` +
        `${trigger.triggering_resource_address}, ${places.join('.')})`;
  const change = {
    actions: ['invoke'],
    after: invocation.config_values,
    after_sensitive: invocation.config_sensitive,
    after_unknown: invocation.config_unknown,
  };
  return { address, type, actions: change.actions, leaves: leafRecords(address, change, context) };
}

function outputRecord(name: string, change: DocumentChange, context: Context): OutputRecord {
  const leaves = leafRecords(outputAddress(name), change, context);
  return { name, actions: change.actions, leaves };
}

function leafRecords(address: string, change: DocumentChange, context: Context): LeafRecord[] {
  const { marker, secrets } = context;
  const replaces = change.actions.length > 1;
  const leaves = leavesOf(beforeSide(change), afterSide(change), {
    equalToo: replaces,
    isSecretName: (name) => secrets.isInText(name),
  });
  return leaves.map(({ path, before, after }): LeafRecord => {
    if (marker.isVolatile(address, path)) return [path, notCompared, notCompared];
    const next = marker.mark(address, path, after);
    // What the old object computed goes with it, and changes by itself until then.
    const forgetsBefore = replaces && next === unknown;
    return [path, forgetsBefore ? notCompared : marker.mark(address, path, before), next];
  });
}

/** Whether all of it goes: then which object it is counts, and not what the object is like. */
function removes({ actions }: DocumentChange): boolean {
  return actions.every((action) => action === 'delete' || action === 'forget');
}

const importPath = '(import id)';

function importMark(address: string, { importing }: DocumentChange, marker: Marker): Mark {
  if (importing?.unknown === true) return unknown;
  const { unknown: _, ...by } = importing ?? {};
  return marker.mark(address, importPath, { value: by, sensitive: false, unknown: false });
}

function afterSide(change: DocumentChange): Side {
  return {
    value: change.after,
    sensitive: change.after_sensitive ?? false,
    unknown: change.after_unknown ?? false,
  };
}

function byAddress(left: ChangeRecord, right: ChangeRecord): number {
  const order = compareText(left.address, right.address);
  return order === 0 ? compareText(left.deposed ?? '', right.deposed ?? '') : order;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
