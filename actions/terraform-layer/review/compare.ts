import { resourceKey } from './change-key.js';
import {
  addedChange,
  compareChange,
  missingChange,
  type CompareContext,
} from './compare-change.js';
import type { CurrentState } from './current-state.js';
import { sensitive, unknown } from './marks.js';
import type { EmptyRecord, PlannedRecord, StackRecord } from './record.js';
import {
  comparedPlan,
  joined,
  nothingPlanned,
  takesAway,
  type ComparedPlan,
} from './reviewed-changes.js';
import type { ReviewDifference, ReviewSource, ReviewSummary, Verdict } from './verdict.js';

/** One review of the stack, and where it came from. */
export interface ReviewedStack {
  readonly record: StackRecord;
  readonly source: ReviewSource;
}

export interface Comparison {
  /** Every review in the range that an apply covers, the oldest first. */
  readonly reviewed: readonly ReviewedStack[];
  readonly current: PlannedRecord | EmptyRecord;
  /** The state that the current plan starts from. */
  readonly state: CurrentState;
  readonly policy: { readonly unreviewed: 'stop' | 'allow' };
}

/**
 * Holds a plan against its reviews. The plan is what was reviewed where it is what the latest of
 * them showed, or the latest two together, and so on back to the oldest: a pull request that was
 * planned on top of an earlier one shows all of it, one that was planned beside it shows its own.
 */
export function compareReview(comparison: Comparison): ReviewSummary {
  const { usable, notes } = usableReviews(comparison);
  if (usable.length === 0) {
    const latest = comparison.reviewed.at(-1)?.record;
    return {
      ...{ verdict: 'unreviewed', differences: [], sources: [], notes },
      ...(latest?.status === 'waiting' ? { waitedFor: latest.waitsFor } : {}),
    };
  }
  if (comparison.current.status === 'empty') return nothingLeft(usable, notes);
  const current = comparedPlan(comparison.current);
  const context = {
    state: comparison.state,
    guarded: comparison.policy.unreviewed === 'stop',
  };
  let union = nothingPlanned;
  let best: Found | undefined;
  for (const [index, { record }] of [...usable.entries()].reverse()) {
    union = record.status === 'empty' ? union : joined(comparedPlan(record), union);
    const differences = differencesOf(union, current, context);
    const found = { differences, from: index, verdict: verdictOf(differences, current) };
    if (best === undefined || isBetter(found, best)) best = found;
    if (best.verdict === 'equivalent') break;
  }
  const { verdict, differences, from } = best ?? {
    verdict: 'unreviewed',
    differences: [],
    from: 0,
  };
  const used = usable.slice(from);
  return {
    verdict,
    differences: [...differences].sort(byImportance),
    sources: used.map(({ source }) => source),
    notes: [...notes, ...notesOn(used, comparison.current)],
  };
}

/** Whether a plan with this verdict must not be applied. */
export function stopsApply(verdict: Verdict, unreviewed: 'stop' | 'allow'): boolean {
  return unreviewed === 'stop' && verdict !== 'equivalent' && verdict !== 'less';
}

interface Found {
  readonly differences: readonly ReviewDifference[];
  readonly from: number;
  readonly verdict: Exclude<Verdict, 'unreviewed'>;
}

interface UsableReview {
  readonly record: PlannedRecord | EmptyRecord;
  readonly source: ReviewSource;
}

function usableReviews({ reviewed, current }: Comparison): {
  readonly usable: readonly UsableReview[];
  readonly notes: readonly string[];
} {
  const usable: UsableReview[] = [];
  const notes: string[] = [];
  for (const { record, source } of reviewed) {
    const by = sourceName(source);
    if (record.status === 'waiting') {
      notes.push(`${by} did not plan it: it waited for ${record.waitsFor.join(', ')}`);
    } else if (
      record.status === 'planned' &&
      current.status === 'planned' &&
      record.key !== current.key
    ) {
      notes.push(`the record of ${by} has digests with another key, or without one`);
    } else {
      usable.push({ record, source });
    }
  }
  return { usable, notes };
}

/** A plan without changes does nothing that was not reviewed. */
function nothingLeft(usable: readonly UsableReview[], notes: readonly string[]): ReviewSummary {
  const changed = usable.some(({ record }) => record.status === 'planned');
  return {
    verdict: changed ? 'less' : 'equivalent',
    differences: [],
    sources: usable.map(({ source }) => source),
    notes: changed ? [...notes, 'nothing of what was reviewed is left to do'] : notes,
  };
}

function differencesOf(
  reviewed: ComparedPlan,
  current: ComparedPlan,
  context: CompareContext,
): readonly ReviewDifference[] {
  const differences: ReviewDifference[] = [];
  for (const [key, change] of current.changes) {
    const then = reviewed.changes.get(key);
    if (then === undefined) {
      differences.push(addedChange(change, reviewed.changes.get(resourceKey(change.address))));
    } else {
      differences.push(...compareChange(then, change, context));
    }
  }
  for (const [key, change] of reviewed.changes) {
    if (!current.changes.has(key)) differences.push(missingChange(change, context.state));
  }
  return [...differences, ...upstreamDifferences(reviewed, current)];
}

function upstreamDifferences(
  reviewed: ComparedPlan,
  current: ComparedPlan,
): readonly ReviewDifference[] {
  return [...current.upstreams].flatMap(([address, outputs]): ReviewDifference[] => {
    const then = reviewed.upstreams.get(address);
    const attributes = [...outputs].flatMap(([name, mark]) => {
      const reviewedMark = then?.get(name);
      const comparable = reviewedMark !== undefined && reviewedMark !== unknown;
      if (!comparable || reviewedMark === sensitive || mark === sensitive) return [];
      return reviewedMark === mark ? [] : [name];
    });
    if (attributes.length === 0) return [];
    const detail = 'what it reads of another stack is not what it was at review';
    return [{ address, kind: 'upstream', attributes, detail }];
  });
}

function verdictOf(
  differences: readonly ReviewDifference[],
  current: ComparedPlan,
): Found['verdict'] {
  const added = differences.filter(({ kind }) => kind === 'added');
  const goes = new Set(
    [...current.changes.values()].filter(takesAway).map(({ address }) => address),
  );
  const worse = differences.some(({ kind }) => kind !== 'added' && kind !== 'done');
  if (worse || added.some(({ address }) => goes.has(address))) return 'different';
  if (added.length > 0) return 'more';
  return differences.length > 0 ? 'less' : 'equivalent';
}

const fromBest = ['equivalent', 'less', 'more', 'different'] as const;

function isBetter(left: Found, right: Found): boolean {
  const order = fromBest.indexOf(left.verdict) - fromBest.indexOf(right.verdict);
  return order === 0 ? blocking(left) < blocking(right) : order < 0;
}

function blocking({ differences }: Found): number {
  return differences.filter(({ kind }) => kind !== 'done').length;
}

function notesOn(used: readonly UsableReview[], current: PlannedRecord): readonly string[] {
  const notes: string[] = [];
  const marks = current.changes.flatMap(({ leaves }) => leaves.flatMap(([, ...both]) => both));
  const hidden = marks.filter((mark) => mark === sensitive).length;
  if (hidden > 0) {
    notes.push(`${hidden} sensitive values were not compared: no review-key is set`);
  }
  for (const { record, source } of used) {
    if (record.status !== 'planned') continue;
    if (record.terraformVersion !== current.terraformVersion) {
      const versions = [record.terraformVersion, current.terraformVersion];
      const [then, now] = versions.map((version) => version ?? 'an unknown version');
      notes.push(`${sourceName(source)} was planned with Terraform ${then}, this with ${now}`);
    }
    for (const [name, version] of Object.entries(record.providers ?? {})) {
      const now = current.providers?.[name];
      if (now === undefined || now === version) continue;
      notes.push(`${sourceName(source)} was planned with ${name} ${version}, this with ${now}`);
    }
  }
  return notes;
}

function sourceName({ pullNumber, sha }: ReviewSource): string {
  return pullNumber === undefined ? `commit ${sha.slice(0, 7)}` : `#${pullNumber}`;
}

const importance: readonly ReviewDifference['kind'][] = [
  'action',
  'values',
  'now-known',
  'added',
  'missing',
  'upstream',
  'done',
];

function byImportance(left: ReviewDifference, right: ReviewDifference): number {
  const order = importance.indexOf(left.kind) - importance.indexOf(right.kind);
  if (order !== 0) return order;
  if (left.address === right.address) return 0;
  return left.address < right.address ? -1 : 1;
}
