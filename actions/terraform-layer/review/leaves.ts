import { isDeepStrictEqual } from 'node:util';
import { memberPath, wholeValue } from './attribute-path.js';
import { holdsAnywhere, isObject, memberOf, type Side } from './side.js';

/** A place where two values are told apart. */
export interface Leaf {
  readonly path: string;
  /** Undefined: leaves below this one say it. */
  readonly before: Side | undefined;
  readonly after: Side | undefined;
}

export interface LeafOptions {
  /** Take the leaves that are equal, too: a replacement makes all of them anew. */
  readonly equalToo: boolean;
  /** Members are not told apart where one has such a name: paths are written in clear. */
  readonly isSecretName: (name: string) => boolean;
}

type Shape = 'none' | 'scalar' | 'list' | 'object';

/**
 * The leaves in which two values differ: scalars, empty lists and objects, and what is unknown or
 * sensitive as a whole. A value that is on one side only is taken apart like one that is on both,
 * so that the same value has the same paths whatever it is compared with. Null is no value.
 */
export function leavesOf(before: Side, after: Side, options: LeafOptions): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (path: string, left: Side, right: Side): void => {
    const keys = membersOf(left, right, options);
    if (keys === undefined) {
      if (options.equalToo ? isSomething(left) || isSomething(right) : differ(left, right)) {
        leaves.push({ path: path || wholeValue, before: left, after: right });
      }
      return;
    }
    const known = leaves.length;
    for (const key of keys) visit(memberPath(path, key), memberOf(left, key), memberOf(right, key));
    const [leftSize, rightSize] = [sizeOf(left), sizeOf(right)];
    if (leftSize === rightSize) return;
    // Members that are null leave no leaf, and an empty side is more than the lack of members.
    const here = { path: path || wholeValue, before: left, after: right };
    if (leaves.length === known) leaves.push(here);
    else if (leftSize === 0) leaves.push({ ...here, after: undefined });
    else if (rightSize === 0) leaves.push({ ...here, before: undefined });
  };
  visit('', before, after);
  return leaves;
}

/** Members to go on with, undefined where this is a leaf. */
function membersOf(
  left: Side,
  right: Side,
  { isSecretName }: LeafOptions,
): readonly (string | number)[] | undefined {
  if (left.sensitive === true || right.sensitive === true || right.unknown === true) {
    return undefined;
  }
  const shapes = new Set([shapeOf(left), shapeOf(right)]);
  shapes.delete('none');
  const [shape] = shapes;
  if (shapes.size !== 1 || shape === undefined || shape === 'scalar') return undefined;
  const parts = [left.value, right.value, right.unknown];
  if (shape === 'list') {
    const length = Math.max(...parts.map((part) => (Array.isArray(part) ? part.length : 0)));
    return length === 0 ? undefined : Array.from({ length }, (_, index) => index);
  }
  const keys = [...new Set(parts.flatMap((part) => (isObject(part) ? Object.keys(part) : [])))];
  return keys.length === 0 || keys.some(isSecretName) ? undefined : keys.sort();
}

/** Terraform leaves out what is unknown: then the mark alone tells the shape. */
function shapeOf({ value, unknown }: Side): Shape {
  const told = value ?? (holdsAnywhere(unknown) ? unknown : undefined);
  if (told === null || told === undefined) return 'none';
  if (Array.isArray(told)) return 'list';
  return typeof told === 'object' ? 'object' : 'scalar';
}

/** Number of members; undefined where there is no list and no object. */
function sizeOf(side: Side): number | undefined {
  const { value } = side;
  if (typeof value !== 'object' || value === null) {
    return holdsAnywhere(side.unknown) ? 1 : undefined;
  }
  const known = Array.isArray(value) ? value.length : Object.keys(value).length;
  return known === 0 && holdsAnywhere(side.unknown) ? 1 : known;
}

function differ(left: Side, right: Side): boolean {
  if (right.unknown === true) return true;
  if (!isSomething(left) && !isSomething(right)) return false;
  if (!isDeepStrictEqual(left.value ?? null, right.value ?? null)) return true;
  return holdsAnywhere(right.unknown) || (left.sensitive === true) !== (right.sensitive === true);
}

function isSomething({ value, unknown }: Side): boolean {
  return (value !== null && value !== undefined) || holdsAnywhere(unknown);
}
