import { z } from 'zod';
import { ApiError } from './api-error.js';
import { operationIds } from './operation-ids.js';
import type { OperationId } from './operation-ids.js';

const seconds = z.number().int().min(0);

/** What fails by name only: not GitHub's API, but what stands beside it. */
const besideTheApi = ['oidc/token', 'results/service', 'results/blob'] as const;

export type FaultOperation = OperationId | (typeof besideTheApi)[number];

/** A rule that makes requests fail; rules are tried in the order in which they were added. */
export const faultRuleSchema = z.strictObject({
  /**
   * Absent: every operation of the API; not the token issuer (`oidc/token`), nor the artifact
   * service (`results/service`) and its blobs (`results/blob`).
   */
  operation: z.enum([...operationIds, ...besideTheApi]).optional(),
  /** How many requests it hits before it ends. */
  times: z.number().int().min(1).default(1),
  kind: z
    .enum(['status', 'rate-limit', 'secondary-rate-limit', 'connection-reset', 'delay'])
    .default('status'),
  /** Of `status`, and of the two limits, which GitHub words as 403 or 429. */
  status: z.number().int().min(400).max(599).optional(),
  message: z.string().optional(),
  /** The `retry-after` header. */
  retryAfterSeconds: seconds.optional(),
  delayMilliseconds: seconds.default(0),
  /** `after`: the operation takes effect, and only its answer is lost. */
  when: z.enum(['before', 'after']).default('before'),
});

export type FaultRule = z.input<typeof faultRuleSchema>;
type Rule = z.output<typeof faultRuleSchema>;

/** What a rule makes of one request. */
export interface Fault {
  readonly when: 'before' | 'after';
  readonly delayMilliseconds: number;
  readonly effect: ApiError | 'connection-reset' | undefined;
}

function effectOf(rule: Rule, now: number): Fault['effect'] {
  const retryAfter: Record<string, string> =
    rule.retryAfterSeconds === undefined ? {} : { 'retry-after': String(rule.retryAfterSeconds) };
  switch (rule.kind) {
    case 'delay':
      return undefined;
    case 'connection-reset':
      return 'connection-reset';
    case 'rate-limit':
      return new ApiError(
        rule.status ?? 403,
        rule.message ?? 'API rate limit exceeded for installation.',
        {
          headers: {
            ...retryAfter,
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(Math.ceil(now / 1000) + (rule.retryAfterSeconds ?? 60)),
          },
        },
      );
    case 'secondary-rate-limit':
      return new ApiError(
        rule.status ?? 403,
        rule.message ??
          'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        { headers: { 'retry-after': '60', ...retryAfter } },
      );
    case 'status':
      return new ApiError(rule.status ?? 500, rule.message ?? 'Server Error', {
        headers: retryAfter,
      });
  }
}

/** The rules in force. */
export class Faults {
  private rules: { readonly rule: Rule; left: number }[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** @throws z.ZodError for a rule that is none. */
  add(rule: FaultRule): void {
    const parsed = faultRuleSchema.parse(rule);
    this.rules.push({ rule: parsed, left: parsed.times });
  }

  clear(): void {
    this.rules = [];
  }

  /** Uses up one time of the first rule that fits. */
  take(operation: FaultOperation): Fault | undefined {
    const isBeside = besideTheApi.some((name) => name === operation);
    const hit = this.rules.find(
      ({ rule, left }) =>
        left > 0 && (rule.operation === undefined ? !isBeside : rule.operation === operation),
    );
    if (hit === undefined) return undefined;
    hit.left -= 1;
    return {
      when: hit.rule.when,
      delayMilliseconds: hit.rule.delayMilliseconds,
      effect: effectOf(hit.rule, this.now()),
    };
  }
}
