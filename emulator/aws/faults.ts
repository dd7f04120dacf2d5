import { AwsError } from '../aws-error.js';
import { isRecord } from './record.js';

export type FaultKind = 'throttle' | 'error' | 'timeout' | 'reset';
export type FaultTime = 'before' | 'after';

/** When to fail a call, and how. Without `service` or `operation` it applies to all of them. */
export interface FaultRule {
  readonly service?: string;
  readonly operation?: string;
  /** `timeout` never answers, `reset` breaks the connection. */
  readonly kind: FaultKind;
  /**
   * `before` (default): nothing has happened in the service. `after`: the call is carried out and
   * only its answer is lost.
   */
  readonly when?: FaultTime;
  /**
   * Bytes of a body that get through before a `reset`: of the request's when it strikes `before`,
   * of the answer's when it strikes `after`.
   */
  readonly afterBytes?: number;
  /** Share of the matching calls that fail, 0 to 1; 1 when absent. */
  readonly rate?: number;
  /** How many calls fail before the rule is spent; without end when absent. */
  readonly times?: number;
  /** HTTP status of a `throttle` or `error`. */
  readonly status?: number;
  /** Error code of a `throttle` or `error`. */
  readonly code?: string;
}

/** What is to happen to a call instead of its answer, before or after it has been carried out. */
export type Fault = { readonly when: FaultTime } & (
  | { readonly kind: 'answer'; readonly error: AwsError }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'reset'; readonly afterBytes: number }
);

export interface Faults {
  /** Adds rules after those there are; the first that fires wins. `seed` restarts the dice. */
  add(rules: readonly FaultRule[], seed?: number): void;
  clear(): void;
  list(): readonly (FaultRule & { readonly fired: number })[];
  /** Decides the fate of one call. */
  next(service: string, operation: string, protocol: string): Fault | undefined;
}

const KINDS: readonly FaultKind[] = ['throttle', 'error', 'timeout', 'reset'];
const TIMES: readonly FaultTime[] = ['before', 'after'];
const DEFAULT_SEED = 1;

/** Creates an empty set of fault rules whose dice are the same on every run. */
export function createFaults(): Faults {
  let rules: { rule: FaultRule; fired: number }[] = [];
  let random = mulberry32(DEFAULT_SEED);
  return {
    add(added, seed) {
      if (seed !== undefined) random = mulberry32(seed);
      rules.push(...added.map((rule) => ({ rule, fired: 0 })));
    },
    clear() {
      rules = [];
      random = mulberry32(DEFAULT_SEED);
    },
    list: () => rules.map(({ rule, fired }) => ({ ...rule, fired })),
    next(service, operation, protocol) {
      for (const entry of rules) {
        const { rule } = entry;
        if (rule.service !== undefined && rule.service !== service) continue;
        if (rule.operation !== undefined && rule.operation !== operation) continue;
        if (rule.times !== undefined && entry.fired >= rule.times) continue;
        if (rule.rate !== undefined && random() >= rule.rate) continue;
        entry.fired += 1;
        return toFault(rule, service, protocol);
      }
      return undefined;
    },
  };
}

/**
 * Reads fault rules from a control request: one rule, an array of them, or `{seed?, rules}`.
 * Throws AwsError `ValidationException` naming each thing that is wrong.
 */
export function parseFaults(value: unknown): { rules: FaultRule[]; seed: number | undefined } {
  const problems: string[] = [];
  const wrapped = isRecord(value) && 'rules' in value ? value : { rules: value };
  const seed = wrapped['seed'];
  if (seed !== undefined && !Number.isInteger(seed)) problems.push('seed: not an integer');
  const list: unknown[] = Array.isArray(wrapped['rules']) ? wrapped['rules'] : [wrapped['rules']];
  const rules = list.map((item, index) => parseRule(item, `rules[${index}]`, problems));
  if (problems.length > 0) throw new AwsError('ValidationException', problems.join('; '));
  return { rules, seed: typeof seed === 'number' ? seed : undefined };
}

const FIELD_CHECKS: Readonly<Record<keyof FaultRule, (value: unknown) => boolean>> = {
  service: isName,
  operation: isName,
  kind: (value) => KINDS.includes(value as FaultKind),
  rate: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  times: (value) => Number.isInteger(value) && Number(value) > 0,
  status: (value) => Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599,
  code: isName,
  when: (value) => TIMES.includes(value as FaultTime),
  afterBytes: (value) => Number.isInteger(value) && Number(value) >= 0,
};

function parseRule(value: unknown, at: string, problems: string[]): FaultRule {
  if (!isRecord(value)) {
    problems.push(`${at}: not an object`);
    return { kind: 'error' };
  }
  for (const [key, field] of Object.entries(value)) {
    const check = Object.entries(FIELD_CHECKS).find(([name]) => name === key)?.[1];
    if (!check) problems.push(`${at}.${key}: unknown`);
    else if (!check(field)) problems.push(`${at}.${key}: ${JSON.stringify(field)} is not allowed`);
  }
  if (!('kind' in value)) problems.push(`${at}.kind: missing, one of ${KINDS.join(', ')}`);
  else if ('afterBytes' in value && value['kind'] !== 'reset') {
    problems.push(`${at}.afterBytes: only for the kind reset`);
  }
  return value as unknown as FaultRule;
}

/**
 * The default codes are those of the services' own references: `SlowDown` (Amazon S3 error
 * responses), `RequestLimitExceeded` (EC2 API error codes), `Throttling` (query services'
 * common errors), `ThrottlingException` (JSON services' common errors).
 */
function toFault(rule: FaultRule, service: string, protocol: string): Fault {
  const when = rule.when ?? 'before';
  const isS3 = service === 's3' || protocol === 's3';
  switch (rule.kind) {
    case 'timeout':
      return { kind: 'timeout', when };
    case 'reset':
      return { kind: 'reset', when, afterBytes: rule.afterBytes ?? 0 };
    case 'throttle': {
      const [code, status] = isS3
        ? (['SlowDown', 503] as const)
        : protocol === 'ec2'
          ? (['RequestLimitExceeded', 503] as const)
          : protocol === 'query'
            ? (['Throttling', 400] as const)
            : (['ThrottlingException', protocol === 'rest' ? 429 : 400] as const);
      const error = new AwsError(rule.code ?? code, 'Rate exceeded', rule.status ?? status);
      return { kind: 'answer', when, error };
    }
    case 'error': {
      const json = protocol === 'json' ? 'InternalServerError' : 'InternalFailure';
      const code = rule.code ?? (isS3 || protocol === 'ec2' ? 'InternalError' : json);
      const error = new AwsError(code, 'Injected by a fault rule', rule.status ?? 500);
      return { kind: 'answer', when, error };
    }
  }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** A small seeded generator (public domain, Tommy Ettinger): same seed, same calls fail. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
