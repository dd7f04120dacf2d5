/** Which item of one list is held against which of another; undefined: it has no counterpart. */
export interface ItemPair {
  readonly left: number | undefined;
  readonly right: number | undefined;
  /** What tells it apart where that is no number: `name="web"`. */
  readonly label?: string;
}

/** Attributes by which providers and policies name the items of a list. */
const identities = ['name', 'Name', 'key', 'Key', 'id', 'Id', 'Sid', 'sid', 'path', 'rule_id'];
const pairedItems = 2000;

/**
 * Pairs the items of two lists of objects by the attribute that names them, so that one item more
 * at the head is no change of all the others; undefined where nothing names them.
 */
export function pairByIdentity(
  left: readonly unknown[],
  right: readonly unknown[],
): readonly ItemPair[] | undefined {
  if (left.length + right.length === 0) return undefined;
  for (const identity of identities) {
    const [lefts, rights] = [left, right].map((items) => indexBy(items, identity));
    if (lefts === undefined || rights === undefined) continue;
    return [...new Set([...lefts.keys(), ...rights.keys()])].map((name) => ({
      left: lefts.get(name),
      right: rights.get(name),
      label: `${identity}=${JSON.stringify(name)}`,
    }));
  }
  return undefined;
}

/**
 * Pairs equal items first, wherever they stand, and what is left by its place: sets come as lists
 * in an order of their own. Undefined where the lists are too long for that.
 */
export function pairByValue(
  left: readonly unknown[],
  right: readonly unknown[],
): readonly ItemPair[] | undefined {
  if (Math.max(left.length, right.length) > pairedItems) return undefined;
  const places = new Map<string, number[]>();
  for (const [index, item] of right.entries()) {
    const key = JSON.stringify(item);
    const list = places.get(key);
    if (list === undefined) places.set(key, [index]);
    else list.push(index);
  }
  const taken = new Set<number>();
  const lefts = [...left.keys()].filter((index) => {
    const match = places.get(JSON.stringify(left[index]))?.shift();
    if (match !== undefined) taken.add(match);
    return match === undefined;
  });
  const rights = [...right.keys()].filter((index) => !taken.has(index));
  if ([...left, ...right].every((item) => typeof item === 'object')) {
    return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, index) => ({
      left: lefts[index],
      right: rights[index],
    }));
  }
  const both = new Set([...lefts, ...rights]);
  return [...both]
    .sort((a, b) => a - b)
    .map((index) => ({
      left: lefts.includes(index) ? index : undefined,
      right: rights.includes(index) ? index : undefined,
    }));
}

function indexBy(
  items: readonly unknown[],
  identity: string,
): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'object' || item === null || !Object.hasOwn(item, identity)) {
      return undefined;
    }
    const name: unknown = item[identity as keyof typeof item];
    if (typeof name !== 'string' || name === '' || found.has(name)) return undefined;
    found.set(name, index);
  }
  return found;
}
