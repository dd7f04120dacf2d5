import type { AttributeChange, ShownValue } from './changes.js';
import { pairByIdentity, pairByValue, type ItemPair } from './list-pairs.js';
import {
  equalValues,
  holdsAnywhere,
  isObject,
  jsonDocuments,
  memberOf,
  sideOf,
  type Side,
} from './side.js';

/** An item of a list by its place, or by what names it. */
type Step = string | number | { readonly index: number; readonly label: string };
type Path = readonly Step[];

/**
 * What differs between two values, leaf by leaf. A leaf that either side marks sensitive is shown
 * as such, and counts as a change only where the values differ.
 */
export function diffAttributes(
  before: Side,
  after: Side,
  replacePaths: readonly Path[] = [],
): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  const forces = (path: Path): boolean =>
    replacePaths.some(
      (replaced) =>
        replaced.every((step, index) => placeOf(path[index]) === placeOf(step)) ||
        path.every((step, index) => placeOf(replaced[index]) === placeOf(step)),
    );
  const visit = (path: Path, left: Side, right: Side): void => {
    const hidden = left.sensitive === true || right.sensitive === true;
    if (!hidden && right.unknown !== true) {
      const pairs = pairItems(left, right);
      const known = changes.length;
      for (const pair of pairs ?? []) {
        visit([...path, stepOf(pair)], itemOf(left, pair.left), itemOf(right, pair.right));
      }
      // Lists whose items stand in another order alone are told item by item.
      if (changes.length > known || (pairs !== undefined && equal(left.value, right.value))) return;
      const keys = commonKeys(left, right);
      if (keys !== undefined) {
        for (const key of keys) visit([...path, key], memberOf(left, key), memberOf(right, key));
        return;
      }
      const json = jsonDocuments([left.value, right.value]);
      if (json !== undefined) {
        const inner = diffAttributes(sideOf(json[0]), sideOf(json[1]));
        for (const change of inner) {
          const joined = `${formatPath(path)} → ${change.path}`;
          changes.push({ ...change, path: joined, forcesReplacement: forces(path) });
        }
        if (inner.length > 0) return;
      }
    }
    if (right.unknown !== true && equal(left.value, right.value)) {
      if (!hidden || left.sensitive === right.sensitive || isAbsent(left.value)) return;
    }
    changes.push({
      path: formatPath(path),
      before: shown(left, hidden),
      after: shown(right, hidden),
      forcesReplacement: forces(path),
    });
  };
  visit([], before, after);
  return changes;
}

/** `tags.Name`, `ingress[0]`, `ingress[name="web"]`, `tags["a b"]`; `(all)` for the whole value. */
export function formatPath(path: Path): string {
  if (path.length === 0) return '(all)';
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (typeof step === 'object') return `[${step.label}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

export function shown(side: Side, hidden: boolean): ShownValue {
  if (side.unknown === true) return { kind: 'unknown' };
  if (side.value === null || side.value === undefined) return { kind: 'absent' };
  if (hidden) return { kind: 'sensitive' };
  return { kind: 'value', value: withoutMarked(side) };
}

/** A value shown whole still hides what is marked inside it. */
function withoutMarked(side: Side): unknown {
  if (side.sensitive === true) return '(sensitive)';
  if (side.unknown === true) return '(known after apply)';
  const { value } = side;
  if (Array.isArray(value)) {
    return value.map((_, index) => withoutMarked(memberOf(side, index)));
  }
  if (isObject(value)) {
    const keys = new Set([
      ...Object.keys(value),
      ...(isObject(side.unknown) ? Object.keys(side.unknown) : []),
    ]);
    return Object.fromEntries([...keys].map((key) => [key, withoutMarked(memberOf(side, key))]));
  }
  return value;
}

/** Keys to go on with where both sides are objects, or both are lists; else undefined. */
function commonKeys(left: Side, right: Side): readonly (string | number)[] | undefined {
  const [a, b] = [left.value, right.value];
  if (isObject(a) && isObject(b)) {
    const marked = isObject(right.unknown) ? Object.keys(right.unknown) : [];
    return [...new Set([...Object.keys(a), ...Object.keys(b), ...marked])].sort();
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const marked = Array.isArray(right.unknown) ? right.unknown.length : 0;
    return Array.from({ length: Math.max(a.length, b.length, marked) }, (_, index) => index);
  }
  return undefined;
}

/** Items of two lists that belong together; undefined where the places alone can tell. */
function pairItems(left: Side, right: Side): readonly ItemPair[] | undefined {
  const [a, b] = [left.value, right.value];
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  if (Array.isArray(right.unknown) && right.unknown.length > b.length) return undefined;
  const named = pairByIdentity(a, b);
  if (named !== undefined) return named;
  const marks = [left.sensitive, right.sensitive, right.unknown];
  return marks.some(holdsAnywhere) ? undefined : pairByValue(a, b);
}

function stepOf({ left, right, label }: ItemPair): Step {
  const index = right ?? left ?? 0;
  return label === undefined ? index : { index, label };
}

function placeOf(step: Step | undefined): string | number | undefined {
  return typeof step === 'object' ? step.index : step;
}

function itemOf(side: Side, index: number | undefined): Side {
  return index === undefined ? sideOf(undefined) : memberOf(side, index);
}

function equal(left: unknown, right: unknown): boolean {
  return equalValues(left, right, isAbsent);
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}
