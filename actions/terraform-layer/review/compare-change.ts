import { pathsAbove } from './attribute-path.js';
import type { CurrentState } from './current-state.js';
import { isGuarded } from './guarded-attributes.js';
import { notCompared, unknown, type Mark } from './marks.js';
import {
  actionName,
  replaces,
  sameActions,
  takesAway,
  type ComparedChange,
  type ComparedLeaf,
} from './reviewed-changes.js';
import type { ReviewDifference } from './verdict.js';

export interface CompareContext {
  readonly state: CurrentState;
  /** Whether guarded values must have been known at review. */
  readonly guarded: boolean;
}

/** How a change that is planned now differs from the reviewed one; several ways are possible. */
export function compareChange(
  reviewed: ComparedChange,
  current: ComparedChange,
  context: CompareContext,
): readonly ReviewDifference[] {
  const { address } = current;
  const rest = replaces(reviewed) && ['update', 'create'].includes(current.actions.join());
  if (!rest && !sameActions(reviewed.actions, current.actions)) {
    return [{ address, kind: 'action', attributes: [], detail: actions(reviewed, current) }];
  }
  const differences: ReviewDifference[] = [];
  if (rest) {
    const detail = `reviewed as ${actionName(reviewed)}, ${actionName(current)} is what is left`;
    differences.push({ address, kind: 'done', attributes: [], detail });
  }
  const attributes: AttributeDifferences = { values: [], nowKnown: [], done: [] };
  if (!rest) {
    const ways = facetDifference(reviewed, current);
    if (ways !== undefined) differences.push(ways);
    if (!sameObject(reviewed, current)) attributes.values.push('id');
    if (!sameImport(reviewed, current)) attributes.values.push('(import id)');
  }
  compareLeaves(reviewed, current, { ...context, fresh: rest }, attributes);
  return [...differences, ...attributeDifferences(address, attributes)];
}

/** What a reviewed change is that the plan does not hold: proven done, or missing. */
export function missingChange(reviewed: ComparedChange, state: CurrentState): ReviewDifference {
  const open = openAttributes(reviewed, state);
  const { address } = reviewed;
  const name = actionName(reviewed);
  return open === undefined
    ? { address, kind: 'done', attributes: [], detail: `reviewed as ${name}, which is done` }
    : {
        address,
        kind: 'missing',
        attributes: open,
        detail: `reviewed as ${name}, not planned, and not done`,
      };
}

/** What the plan would do beside all that was reviewed. */
export function addedChange(
  current: ComparedChange,
  reviewedAtAddress: ComparedChange | undefined,
): ReviewDifference {
  const { address, deposed } = current;
  const leftover =
    deposed !== undefined &&
    reviewedAtAddress !== undefined &&
    replaces(reviewedAtAddress) &&
    takesAway(current) &&
    current.identity !== undefined &&
    current.identity.length > 1 &&
    current.identity === reviewedAtAddress.identity;
  if (leftover) {
    const detail = 'the old object of the reviewed replacement is what is left to delete';
    return { address, kind: 'done', attributes: [], detail };
  }
  const object = deposed === undefined ? '' : ` of deposed object ${deposed}`;
  const detail = `planned as ${actionName(current)}${object}, not in the review`;
  return { address, kind: 'added', attributes: [], detail };
}

interface AttributeDifferences {
  readonly values: string[];
  readonly nowKnown: string[];
  readonly done: string[];
}

/** `fresh`: the object is a new one, and what the old one was like does not matter. */
function compareLeaves(
  reviewed: ComparedChange,
  current: ComparedChange,
  { state, guarded, fresh }: CompareContext & { readonly fresh: boolean },
  found: AttributeDifferences,
): void {
  const judgeUnknown = (path: string, after: Mark): void => {
    if (guarded && after !== unknown && isGuarded(current.type, path)) found.nowKnown.push(path);
  };
  const takenApart = new Set<string>();
  for (const [path, now] of current.leaves) {
    if (now.after === notCompared && now.before === notCompared) continue;
    const then = reviewed.leaves.get(path);
    if (then === undefined) {
      const above = pathsAbove(path).find((each) => reviewed.leaves.get(each)?.after === unknown);
      if (above === undefined) {
        found.values.push(path);
      } else {
        takenApart.add(above);
        judgeUnknown(path, now.after);
      }
    } else if (!fresh && !sameBefore(then.before, now.before)) {
      found.values.push(path);
    } else if (then.after === unknown) {
      judgeUnknown(path, now.after);
    } else if (then.after !== now.after) {
      found.values.push(path);
    }
  }
  for (const [path, then] of reviewed.leaves) {
    if (current.leaves.has(path)) continue;
    if (then.after === unknown || then.after === notCompared) {
      // It came out as it was, unless leaves below it are planned: then it must be what was seen.
      if (fresh || !takenApart.has(path)) continue;
      if (!sameBefore(then.before, state.mark(current.key, path))) found.values.push(path);
    } else if (!holdsNow(then, path, current, state)) {
      found.values.push(path);
    } else if (then.before !== then.after) {
      found.done.push(path);
    }
  }
}

function holdsNow(
  then: ComparedLeaf,
  path: string,
  { key }: ComparedChange,
  state: CurrentState,
): boolean {
  const now = state.mark(key, path);
  return now === then.after || now === notCompared;
}

/** Attributes that prove a reviewed change not to be done; undefined where it is. */
function openAttributes(
  reviewed: ComparedChange,
  state: CurrentState,
): readonly string[] | undefined {
  const { key, leaves } = reviewed;
  const exists = state.exists(key);
  if (takesAway(reviewed) && !replaces(reviewed)) return exists ? [] : undefined;
  if (!exists) return [];
  const identity = state.identity(key);
  if (replaces(reviewed)) {
    // The same object as at review: nothing has been replaced.
    if (reviewed.identity !== undefined && reviewed.identity === identity) return ['id'];
  } else if (reviewed.identity !== undefined && reviewed.identity !== identity) {
    return ['id'];
  }
  const open = [...leaves].flatMap(([path, leaf]) =>
    leaf.after === unknown || leaf.after === notCompared || holdsNow(leaf, path, reviewed, state)
      ? []
      : [path],
  );
  return open.length === 0 ? undefined : open;
}

function sameBefore(then: Mark, now: Mark): boolean {
  return then === now || then === notCompared || now === notCompared;
}

function sameObject(reviewed: ComparedChange, current: ComparedChange): boolean {
  return reviewed.identity === current.identity;
}

function sameImport(reviewed: ComparedChange, current: ComparedChange): boolean {
  if (reviewed.importing === undefined || current.importing === undefined) return true;
  return reviewed.importing === unknown || reviewed.importing === current.importing;
}

/** A move or an import that goes with a change, on one side only. */
function facetDifference(
  reviewed: ComparedChange,
  current: ComparedChange,
): ReviewDifference | undefined {
  const { address } = current;
  const moves = reviewed.previousAddress === current.previousAddress;
  const imports = (reviewed.importing === undefined) === (current.importing === undefined);
  if (moves && imports) return undefined;
  // What the review had and the plan has not is done where it is the object that was reviewed.
  const only =
    (moves || current.previousAddress === undefined) &&
    (imports || current.importing === undefined) &&
    reviewed.identity !== undefined &&
    reviewed.identity === current.identity;
  const detail = actions(reviewed, current);
  return { address, kind: only ? 'done' : 'action', attributes: [], detail };
}

function attributeDifferences(
  address: string,
  { values, nowKnown, done }: AttributeDifferences,
): readonly ReviewDifference[] {
  const ways = [
    { kind: 'values', attributes: values, detail: 'its values are not those of the review' },
    { kind: 'now-known', attributes: nowKnown, detail: 'was not known at review, and is guarded' },
    { kind: 'done', attributes: done, detail: 'a part of the reviewed change is done' },
  ] as const;
  return ways.flatMap((way) => (way.attributes.length === 0 ? [] : [{ address, ...way }]));
}

function actions(reviewed: ComparedChange, current: ComparedChange): string {
  return `reviewed as ${actionName(reviewed)}, planned as ${actionName(current)}`;
}
