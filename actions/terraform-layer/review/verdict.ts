/** What an apply's plan is, held against what was reviewed. */
export type Verdict =
  /** Same addresses and actions, values equal or unknown at review. */
  | 'equivalent'
  /** Every missing change is proven done. */
  | 'less'
  /** It does all that was reviewed, and something else. */
  | 'more'
  | 'different'
  /** No record of a review was found, or none that can be trusted. */
  | 'unreviewed';

/** One way in which a plan is not what was reviewed. */
export interface ReviewDifference {
  /** Address of the resource, or `output.<name>`. */
  readonly address: string;
  readonly kind:
    /** Not in the review. */
    | 'added'
    /** In the review, not in the plan, and not proven done. */
    | 'missing'
    /** In the review, not in the plan, and proven done: no reason to stop. */
    | 'done'
    /** Another action: reviewed as an update, planned as a replacement. */
    | 'action'
    /** The same action with other values. */
    | 'values'
    /** A guarded value that was unknown at review is known now. */
    | 'now-known'
    /** An upstream's output that the plan reads is not what it was at review. */
    | 'upstream';
  /** Paths of the attributes that differ, `policy`, `tags.Name`; never a value. */
  readonly attributes: readonly string[];
  /** One line for people: `reviewed as update, planned as replace`. */
  readonly detail: string;
}

/** Where a record came from. */
export interface ReviewSource {
  readonly pullNumber: number | undefined;
  /** The commit that was planned. */
  readonly sha: string;
  readonly runUrl: string | undefined;
}

/** The review of one stack's plan. */
export interface ReviewSummary {
  readonly verdict: Verdict;
  readonly differences: readonly ReviewDifference[];
  readonly sources: readonly ReviewSource[];
  /** Of a stack that no review could plan: what it waited for then. */
  readonly waitedFor?: readonly string[];
  /** What else a reader should know: `planned on another tree: 3 commits in between`. */
  readonly notes: readonly string[];
}
