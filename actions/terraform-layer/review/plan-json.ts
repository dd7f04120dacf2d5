import { diffAttributes, shown } from './attribute-diff.js';
import {
  byDanger,
  countChanges,
  type ActionInvocation,
  type AttributeChange,
  type ChangeKind,
  type OutputChange,
  type PlanChanges,
  type ResourceChange,
  type ShownValue,
} from './changes.js';
import {
  planDocument,
  sensitiveValues,
  type DocumentChange,
  type DocumentInvocation,
  type PlanDocument,
} from './plan-document.js';
import type { SensitiveValues } from './sensitive-values.js';
import type { Side } from './side.js';
import { keptSize, shortenChange, shortenValues } from './shorten.js';

/** Attributes of one resource that are kept. */
const keptAttributes = 1000;
/** Characters of all attributes that are kept: several times what a summary or a log group holds. */
const keptCharacters = 8_000_000;

/**
 * Reads `terraform show -json <plan>` (Terraform documentation, "JSON Output Format") into what
 * would be changed. Data sources and unchanged resources are left out; imports, moves and
 * resources that are forgotten are not, though Terraform calls the first two `no-op`. Values of
 * `alsoSensitive` are hidden like those that the plan itself marks.
 *
 * @throws OperationError `plan-unreadable`
 */
export function readPlan(json: unknown, alsoSensitive: readonly unknown[] = []): PlanChanges {
  const plan = planDocument(json);
  return changesOf(plan, sensitiveValues(plan, { also: alsoSensitive }));
}

/** As `readPlan`, of a plan whose sensitive values are gathered already. */
export function changesOf(plan: PlanDocument, secrets: SensitiveValues): PlanChanges {
  const resources = plan.resource_changes
    .flatMap((resource): (ResourceChange & { readonly change: DocumentChange })[] => {
      const { change } = resource;
      const imported = change.importing !== undefined && change.importing !== null;
      const { previous_address: previousAddress } = resource;
      const kind = kindOf(change.actions, imported, previousAddress !== undefined);
      if (resource.mode !== 'managed' || kind === undefined) return [];
      return [
        {
          address: resource.address,
          type: resource.type,
          kind,
          imported,
          ...(previousAddress === undefined ? {} : { previousAddress }),
          ...(resource.deposed === undefined ? {} : { deposed: resource.deposed }),
          ...(resource.action_reason === undefined ? {} : { reason: resource.action_reason }),
          attributes: [],
          change,
        },
      ];
    })
    .sort(byDanger)
    .map(withAttributes(secrets));
  const outputs = Object.entries(plan.output_changes)
    .flatMap(([name, change]): OutputChange[] => {
      const action = outputAction(change.actions);
      if (action === undefined) return [];
      const [before, after] = [beforeSide(change), afterSide(change)];
      const hidden = before.sensitive === true || after.sensitive === true;
      const output = { name, action, before: shown(before, hidden), after: shown(after, hidden) };
      return [shortenValues(hideValues(output, secrets))];
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const invocations = plan.action_invocations.map(invocationOf(secrets)).sort(byAddress);
  return {
    ...{ resources, outputs, counts: countChanges(resources) },
    ...(invocations.length === 0 ? {} : { invocations }),
  };
}

/** Within limits of its own: a plan has few of them, and none has the size of a resource. */
function invocationOf(
  secrets: SensitiveValues,
): (invocation: DocumentInvocation) => ActionInvocation {
  return ({ address, lifecycle_action_trigger: trigger, ...invocation }) => {
    const attributes = diffAttributes(
      { value: {}, sensitive: false, unknown: false },
      {
        value: invocation.config_values,
        sensitive: invocation.config_sensitive ?? false,
        unknown: invocation.config_unknown ?? false,
      },
    );
    return {
      address,
      trigger: trigger && {
        event: trigger.action_trigger_event,
        address: trigger.triggering_resource_address,
      },
      attributes: attributes
        .filter(({ after }) => !isNothing(after))
        .slice(0, keptAttributes)
        .map((attribute) => {
          const path = secrets.hideInside(attribute.path);
          return shortenChange(hideValues({ ...attribute, path }, secrets));
        }),
    };
  };
}

function byAddress(left: ActionInvocation, right: ActionInvocation): number {
  if (left.address === right.address) return 0;
  return left.address < right.address ? -1 : 1;
}

/**
 * Gives each resource its attributes, as long as there is room: in a plan of any size the most
 * dangerous ones come first, and the others keep how many attributes they change.
 */
function withAttributes(
  secrets: SensitiveValues,
): (resource: ResourceChange & { readonly change: DocumentChange }) => ResourceChange {
  let room = keptCharacters;
  return ({ change, ...resource }) => {
    const { kind } = resource;
    if (kind === 'destroy' || kind === 'forget') return resource;
    const all = diffAttributes(
      // What does not exist has no attributes: each one of the other side is shown.
      { ...beforeSide(change), value: change.before ?? {} },
      afterSide(change),
      change.replace_paths,
    ).filter(({ before, after }) => !isNothing(before) || !isNothing(after));
    const forcing = all.filter(({ forcesReplacement }) => forcesReplacement);
    const others = all.filter(({ forcesReplacement }) => !forcesReplacement);
    const attributes: AttributeChange[] = [];
    for (const attribute of [...forcing, ...others].slice(0, keptAttributes)) {
      if (room <= 0) break;
      const path = secrets.hideInside(attribute.path);
      const kept = shortenChange(hideValues({ ...attribute, path }, secrets));
      room -= keptSize(kept);
      attributes.push(kept);
    }
    const moreAttributes = all.length - attributes.length;
    return { ...resource, attributes, ...(moreAttributes === 0 ? {} : { moreAttributes }) };
  };
}

function hideValues<T extends { readonly before: ShownValue; readonly after: ShownValue }>(
  change: T,
  secrets: SensitiveValues,
): T {
  return { ...change, before: secrets.hide(change.before), after: secrets.hide(change.after) };
}

function kindOf(
  actions: readonly string[],
  imported: boolean,
  moved: boolean,
): ChangeKind | undefined {
  const has = (action: string): boolean => actions.includes(action);
  if (has('create')) return has('delete') || has('forget') ? 'replace' : 'create';
  if (has('delete')) return 'destroy';
  if (has('update')) return 'update';
  if (has('forget')) return 'forget';
  if (imported) return 'import';
  return moved ? 'move' : undefined;
}

function outputAction(actions: readonly string[]): OutputChange['action'] | undefined {
  const [action] = actions;
  return action === 'create' || action === 'update' || action === 'delete' ? action : undefined;
}

function isNothing(value: ShownValue): boolean {
  if (value.kind !== 'value') return value.kind === 'absent';
  const inner = value.value;
  return typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0;
}

function beforeSide(change: DocumentChange): Side {
  return { value: change.before, sensitive: change.before_sensitive, unknown: false };
}

function afterSide(change: DocumentChange): Side {
  return {
    value: change.after,
    sensitive: change.after_sensitive,
    unknown: change.after_unknown,
  };
}
