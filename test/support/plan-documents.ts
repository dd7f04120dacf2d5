import { compareReview, type ReviewedStack } from '../../actions/terraform-layer/review/compare.js';
import { reviewKey, type ReviewKey } from '../../actions/terraform-layer/review/marks.js';
import type { StackRecord } from '../../actions/terraform-layer/review/record.js';
import {
  recordOfPlan,
  type PlanReview,
  type RecordOptions,
} from '../../actions/terraform-layer/review/record-of-plan.js';
import type { ReviewSource, ReviewSummary } from '../../actions/terraform-layer/review/verdict.js';

/** One entry of `resource_changes`, as `terraform show -json` writes it. */
export interface ResourceDocument {
  readonly address: string;
  readonly type: string;
  readonly mode: string;
  readonly change: ChangeDocument;
  readonly deposed?: string;
  readonly previous_address?: string;
  readonly action_reason?: string;
}

export interface ChangeDocument {
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly importing?: { readonly id: string };
}

/** A plan in Terraform's JSON output format, as far as a review looks at it. */
export interface PlanDocumentText {
  readonly resource_changes: readonly ResourceDocument[];
  readonly output_changes?: Readonly<Record<string, ChangeDocument>>;
  readonly timestamp?: string;
  readonly [key: string]: unknown;
}

export function aPlan(
  changes: readonly ResourceDocument[],
  rest: Readonly<Record<string, unknown>> = {},
): PlanDocumentText {
  return { terraform_version: '1.11.4', resource_changes: changes, ...rest };
}

type Extra = Partial<Omit<ResourceDocument, 'address' | 'change'>> & Partial<ChangeDocument>;

/** An entry by its actions, with what else the change or the resource says. */
export function entry(
  address: string,
  actions: readonly string[],
  before: unknown,
  after: unknown,
  extra: Extra = {},
): ResourceDocument {
  const { mode, type, deposed, previous_address, action_reason, ...change } = extra;
  return {
    address,
    mode: mode ?? 'managed',
    type: type ?? address.split('.')[0] ?? '',
    ...(deposed === undefined ? {} : { deposed }),
    ...(previous_address === undefined ? {} : { previous_address }),
    ...(action_reason === undefined ? {} : { action_reason }),
    change: {
      ...{ actions, before, after, after_unknown: {} },
      ...{ before_sensitive: {}, after_sensitive: {} },
      ...change,
    },
  };
}

export const testKey: ReviewKey = reviewKey(new Uint8Array(32).fill(7));

export const aStack = { id: 'layers/01-foundation/environments/dev', environment: 'dev' };

export function review(plan: unknown, options: Partial<RecordOptions> = {}): PlanReview {
  return recordOfPlan(plan, { stack: aStack, volatile: [], ...options });
}

export function aSource(pullNumber: number): ReviewSource {
  return { pullNumber, sha: String(pullNumber).repeat(40).slice(0, 40), runUrl: undefined };
}

export function fromPull(pullNumber: number, record: StackRecord): ReviewedStack {
  return { record, source: aSource(pullNumber) };
}

/** Compares a plan with reviewed ones, the oldest first; every one is recorded the same way. */
export function compared(
  reviewed: unknown,
  current: unknown,
  options: Partial<RecordOptions> & { readonly unreviewed?: 'stop' | 'allow' } = {},
): ReviewSummary {
  const { unreviewed, ...recordOptions } = options;
  const plans = Array.isArray(reviewed) ? reviewed : [reviewed];
  const now = review(current, recordOptions);
  return compareReview({
    reviewed: plans.map((plan, index) => fromPull(index + 1, review(plan, recordOptions).record)),
    current: now.record,
    state: now.state,
    policy: { unreviewed: unreviewed ?? 'stop' },
  });
}
