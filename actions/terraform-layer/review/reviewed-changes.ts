import { outputAddress, outputKey, resourceKey, type ChangeKey } from './change-key.js';
import type { Mark } from './marks.js';
import type { LeafRecord, PlannedRecord } from './record.js';

/** A change of a resource or an output, ready to be compared. */
export interface ComparedChange {
  readonly key: ChangeKey;
  readonly address: string;
  /** Empty for an output. */
  readonly type: string;
  readonly actions: readonly string[];
  readonly deposed: string | undefined;
  readonly previousAddress: string | undefined;
  readonly importing: Mark | undefined;
  readonly identity: Mark | undefined;
  readonly leaves: ReadonlyMap<string, ComparedLeaf>;
}

export interface ComparedLeaf {
  readonly before: Mark;
  readonly after: Mark;
}

/** The changes of one record, or of several. */
export interface ComparedPlan {
  readonly changes: ReadonlyMap<ChangeKey, ComparedChange>;
  /** By address of the data source, then by name. */
  readonly upstreams: ReadonlyMap<string, ReadonlyMap<string, Mark>>;
}

export const nothingPlanned: ComparedPlan = { changes: new Map(), upstreams: new Map() };

export function comparedPlan(record: PlannedRecord): ComparedPlan {
  const changes = new Map<ChangeKey, ComparedChange>();
  for (const change of record.changes) {
    const key = resourceKey(change.address, change.deposed);
    changes.set(key, {
      key,
      address: change.address,
      type: change.type,
      actions: change.actions,
      deposed: change.deposed,
      previousAddress: change.previousAddress,
      importing: change.importing,
      identity: change.identity,
      leaves: leafMap(change.leaves),
    });
  }
  for (const { name, actions, leaves } of record.outputs) {
    changes.set(outputKey(name), {
      key: outputKey(name),
      address: outputAddress(name),
      type: '',
      actions,
      deposed: undefined,
      previousAddress: undefined,
      importing: undefined,
      identity: undefined,
      leaves: leafMap(leaves),
    });
  }
  const upstreams = new Map(
    record.upstreams.map(({ address, outputs }) => [address, new Map(Object.entries(outputs))]),
  );
  return { changes, upstreams };
}

/**
 * The union of two reviews. For the same resource the later one decides, and where both do the
 * same to it, the attributes that only the earlier one changes are kept: two pull requests that
 * were planned side by side each saw their own.
 */
export function joined(earlier: ComparedPlan, later: ComparedPlan): ComparedPlan {
  const changes = new Map(earlier.changes);
  for (const [key, change] of later.changes) {
    const before = earlier.changes.get(key);
    const same = before !== undefined && sameActions(before.actions, change.actions);
    const leaves = same ? new Map([...before.leaves, ...change.leaves]) : change.leaves;
    changes.set(key, { ...change, leaves });
  }
  const upstreams = new Map(earlier.upstreams);
  for (const [address, outputs] of later.upstreams) {
    upstreams.set(address, new Map([...(earlier.upstreams.get(address) ?? []), ...outputs]));
  }
  return { changes, upstreams };
}

export function sameActions(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((action, index) => action === right[index]);
}

export function replaces({ actions }: Pick<ComparedChange, 'actions'>): boolean {
  return actions.includes('create') && actions.length > 1;
}

/** Whether an object in the world, or what the state knows of it, goes. */
export function takesAway({ actions }: Pick<ComparedChange, 'actions'>): boolean {
  return actions.includes('delete') || actions.includes('forget');
}

/** `update`, `replace (delete, create)`, `import`, `move`, for people. */
export function actionName(
  change: Pick<ComparedChange, 'actions' | 'previousAddress' | 'importing'>,
): string {
  if (replaces(change)) return `replace (${change.actions.join(', ')})`;
  const own = change.actions.filter((action) => action !== 'no-op').join(', ');
  const also = [
    ...(change.importing === undefined ? [] : ['import']),
    ...(change.previousAddress === undefined ? [] : ['move']),
  ];
  return [...also, ...(own === '' ? [] : [own])].join(' and ') || 'nothing';
}

function leafMap(leaves: readonly LeafRecord[]): ReadonlyMap<string, ComparedLeaf> {
  return new Map(leaves.map(([path, before, after]) => [path, { before, after }]));
}
