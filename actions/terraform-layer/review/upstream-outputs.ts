import type { Marker } from './marker.js';
import { sensitive, unknown, type Mark } from './marks.js';
import { priorResources, type PlanDocument } from './plan-document.js';
import { memberOf, type Side } from './side.js';
import type { UpstreamRecord } from './record.js';

/** Attributes that hold outputs, by the type of the data source. */
const holders: Readonly<Record<string, readonly string[]>> = {
  terraform_remote_state: ['outputs'],
  tfe_outputs: ['nonsensitive_values', 'values'],
};

export interface UpstreamOptions {
  /** Whether digests have a key. */
  readonly keyed: boolean;
  /**
   * Whether an output of a data source's upstream is known not to be sensitive. Terraform does not
   * say: `terraform_remote_state` gives sensitive outputs without their mark.
   */
  readonly isPublicOutput: (dataAddress: string, output: string) => boolean;
}

/**
 * Marks of the outputs of other stacks that contribute to the plan's changes (`relevant_attributes`
 * of Terraform's JSON output format), by data source.
 */
export function upstreamOutputs(
  plan: PlanDocument,
  marker: Marker,
  options: UpstreamOptions,
): UpstreamRecord[] {
  const reads = outputsRead(plan);
  const found = new Map<string, Record<string, Mark>>();
  const marksOf = (address: string): Record<string, Mark> => {
    const marks = found.get(address) ?? {};
    found.set(address, marks);
    return marks;
  };
  for (const { address, mode, type, ...resource } of priorResources(plan)) {
    if (mode !== 'data' || !Object.hasOwn(holders, type)) continue;
    const all = {
      value: resource.values,
      sensitive: resource.sensitive_values ?? false,
      unknown: false,
    };
    for (const holder of holders[type] ?? []) {
      const outputs = memberOf(all, holder);
      for (const name of namesIn(outputs)) {
        if (reads?.(address, name) === false) continue;
        const output = memberOf(outputs, name);
        const isPublic =
          options.keyed ||
          holder === 'nonsensitive_values' ||
          (type === 'terraform_remote_state' && options.isPublicOutput(address, name));
        const mark = isPublic ? marker.mark(address, name, output) : sensitive;
        const marks = marksOf(address);
        // What is listed as not sensitive comes first, and is listed again among all.
        if (!Object.hasOwn(marks, name)) marks[name] = mark;
      }
    }
  }
  for (const { address, mode, type } of plan.resource_changes) {
    // It is read only during the apply: what it says is not known.
    if (mode !== 'data' || !Object.hasOwn(holders, type)) continue;
    for (const name of namesRead(plan, address)) marksOf(address)[name] = unknown;
  }
  return [...found]
    .map(([address, outputs]) => ({ address, outputs: sorted(outputs) }))
    .sort((left, right) => (left.address < right.address ? -1 : 1));
}

/**
 * Values of other stacks' outputs that the plan has read and that may be sensitive: Terraform drops
 * that mark where another stack reads an output by remote state. `isPublic` tells which are known
 * not to be; what cannot be told, such as an output of a state of another repository, may be
 * sensitive. In clear.
 */
export function hiddenOutputs(
  plan: PlanDocument,
  isPublic: UpstreamOptions['isPublicOutput'],
): readonly unknown[] {
  return priorResources(plan).flatMap(({ address, mode, type, values = {} }) => {
    if (mode !== 'data') return [];
    switch (type) {
      case 'terraform_remote_state': {
        // What the reader itself says for an output that is not there.
        const defaults = new Map(entriesOf(values['defaults']));
        return entriesOf(values['outputs']).flatMap(([name, value]) =>
          isPublic(address, name) || isWord(value) || isSame(defaults.get(name), value)
            ? []
            : [value],
        );
      }
      case 'tfe_outputs': {
        const open = new Map(entriesOf(values['nonsensitive_values']));
        return entriesOf(values['values']).flatMap(([name, value]) =>
          open.has(name) || isWord(value) ? [] : [value],
        );
      }
      default:
        return [];
    }
  });
}

/** Hiding such a text wherever it stands would hide the page, and no secret. */
function isWord(value: unknown): boolean {
  return value === 'true' || value === 'false' || value === 'null';
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** Undefined where Terraform does not tell: then all outputs count as read. */
function outputsRead(
  plan: PlanDocument,
): ((address: string, output: string) => boolean) | undefined {
  if (plan.relevant_attributes === undefined) return undefined;
  const byAddress = new Map<string, Set<string> | 'all'>();
  for (const { resource, attribute } of plan.relevant_attributes) {
    const address = withoutIndexes(resource);
    const [, name] = attribute;
    const known = byAddress.get(address);
    if (name === undefined) byAddress.set(address, 'all');
    else if (known === undefined) byAddress.set(address, new Set([String(name)]));
    else if (known !== 'all') known.add(String(name));
  }
  return (address, output) => {
    const names = byAddress.get(withoutIndexes(address));
    return names === 'all' || names?.has(output) === true;
  };
}

function namesRead(plan: PlanDocument, address: string): readonly string[] {
  return (plan.relevant_attributes ?? []).flatMap(({ resource, attribute: [, name] }) =>
    name !== undefined && withoutIndexes(resource) === withoutIndexes(address)
      ? [String(name)]
      : [],
  );
}

/** `module.a[0].x.y["k"]`: `module.a.x.y`. Terraform names an instance, or the whole resource. */
export function withoutIndexes(address: string): string {
  return address.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g, '');
}

function namesIn({ value }: Side): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function sorted(marks: Readonly<Record<string, Mark>>): Record<string, Mark> {
  return Object.fromEntries(
    Object.entries(marks).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}
