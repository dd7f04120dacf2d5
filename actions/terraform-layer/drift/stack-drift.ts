import type { Stack } from '../stacks/workspace.js';
import type { DriftedAttribute, DriftedResource, DriftFindings } from './findings.js';
import { editTo, type OfferedEdit, type Origin } from './literal.js';
import type { FindOrigin } from './code-origins.js';

/** An attribute with the place in the code that gives it its value. */
export interface LocatedAttribute extends DriftedAttribute {
  readonly origin?: Origin;
}

export interface LocatedResource extends DriftedResource {
  readonly attributes: readonly LocatedAttribute[];
}

/** An edit, and who else reads the file. */
export interface Offer {
  readonly edit: OfferedEdit;
  /** Display names of other stacks that read the same file, and would change with it. */
  readonly alsoIn: readonly string[];
}

/** All that is known of a stack whose world differs. */
export interface StackDrift {
  readonly stack: Stack;
  readonly findings: DriftFindings;
  readonly resources: readonly LocatedResource[];
  readonly offers: readonly Offer[];
}

/**
 * Joins what has drifted with the code: where each value stands, and the edits that would make the
 * code say what the world says. Pure but for what `find` reads.
 */
export function locateDrift(
  stack: Stack,
  findings: DriftFindings,
  find: FindOrigin,
  stacks: readonly Stack[],
): StackDrift {
  const offers = new Map<string, Offer>();
  const resources = findings.drifted.map((resource) => ({
    ...resource,
    attributes: resource.attributes.map((attribute): LocatedAttribute => {
      const origin = originOf(resource.address, attribute, find);
      if (origin === undefined) return attribute;
      if (attribute.world.kind === 'value') {
        const edit = editTo(origin, attribute.world.value);
        // Two edits of one line would undo each other: the first stands.
        const key = edit === undefined ? '' : `${edit.file}:${edit.line}`;
        if (edit !== undefined && !offers.has(key)) {
          offers.set(key, { edit, alsoIn: otherReaders(edit.file, stack, stacks) });
        }
      }
      return { ...attribute, origin };
    }),
  }));
  return { stack, findings, resources, offers: [...offers.values()] };
}

/** A place that says something else than the plan does is not where the value comes from. */
function originOf(
  address: string,
  { steps, code }: DriftedAttribute,
  find: FindOrigin,
): Origin | undefined {
  if (steps === undefined || code.kind !== 'value') return undefined;
  const origin = find(address, steps);
  if (origin === undefined || origin.value === undefined) return origin;
  return String(origin.value) === String(code.value) ? origin : undefined;
}

function otherReaders(file: string, stack: Stack, stacks: readonly Stack[]): readonly string[] {
  const slash = file.lastIndexOf('/');
  const directory = slash < 0 ? '.' : file.slice(0, slash);
  const isVarFile = /\.tfvars(?:\.json)?$/.test(file);
  const reads = (other: Stack): boolean =>
    other.varFiles.includes(file) ||
    (other.directory === directory && !(isVarFile && stack.varFiles.includes(file))) ||
    other.moduleDirectories.includes(directory);
  return stacks.filter((other) => other.id !== stack.id && reads(other)).map((o) => o.displayId);
}
