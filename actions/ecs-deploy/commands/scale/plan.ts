import { UserError } from '../../../shared/errors.js';
import { highestCount, type LimitsPolicy, type ScaleChange } from '../../inputs/scale.js';
import type { RegisteredDefinition, Service, Tag } from '../../model.js';
import type { Origin } from '../../observe.js';
import { isPlaceholder } from '../../placeholder.js';
import { tagsOf } from '../../tags.js';
import type { Target } from '../../target.js';
import type { ScalingLimits } from './ports.js';

/** Everything that a change of the count depends on. */
export interface ScaleObserved {
  readonly target: Target;
  readonly service: Service;
  readonly running: RegisteredDefinition;
  /** `none`: not scaled automatically; `unreadable`: the role may not look. */
  readonly limits: ScalingLimits | 'none' | 'unreadable';
  readonly origin: Origin;
  readonly atMs: number;
}

export type ScaleStep =
  | {
      readonly kind: 'set-limits';
      readonly min: number;
      readonly max: number;
      readonly reason: string;
    }
  | { readonly kind: 'suspend-policies'; readonly reason: string }
  | { readonly kind: 'set-count'; readonly count: number; readonly reason: string }
  | { readonly kind: 'tag-service'; readonly tags: readonly Tag[]; readonly reason: string }
  | { readonly kind: 'follow'; readonly count: number; readonly reason: string };

export interface ScalePlan {
  readonly from: number;
  readonly to: number;
  readonly steps: readonly ScaleStep[];
}

/**
 * Decides how the count is changed.
 *
 * @throws UserError `service-unsupported`, `service-never-released`, `desired-count-out-of-range`,
 * `desired-count-outside-limits`, `scaling-limits-unreadable`
 */
export function planScale(
  observed: ScaleObserved,
  change: ScaleChange,
  options: { readonly wait: boolean },
): ScalePlan {
  refuse(observed);
  const { service, origin, atMs } = observed;
  const from = service.desiredCount;
  const to = wantedCount(from, change);
  const limits = limitSteps(observed, to, change.limits);
  if (to === from && limits.length === 0) return { from, to, steps: [] };
  const tags = tagsOf({
    'infra-actions:scaled-by': origin.actor ?? 'unknown',
    'infra-actions:scaled-reason': change.reason,
    'infra-actions:scaled-from': String(from),
    'infra-actions:scaled-at': new Date(atMs).toISOString(),
  });
  return {
    from,
    to,
    steps: [
      ...limits,
      ...(to === from ? [] : [{ kind: 'set-count', count: to, reason: change.reason } as const]),
      { kind: 'tag-service', tags, reason: 'who, why, and the former count' },
      ...(options.wait ? [{ kind: 'follow', count: to, reason: 'until they run' } as const] : []),
    ],
  };
}

function refuse({ service, running, target }: ScaleObserved): void {
  if (service.scheduling !== 'REPLICA' || service.controller === 'EXTERNAL') {
    throw new UserError({
      code: 'service-unsupported',
      message: `service ${service.name} has no count of its own (${service.controller}, ${service.scheduling})`,
      hint: 'supported: REPLICA services of the controllers ECS and CODE_DEPLOY',
    });
  }
  if (!isPlaceholder(running, target.contract)) return;
  throw new UserError({
    code: 'service-never-released',
    message: `service ${service.name} was never released: it would start its placeholder`,
    hint: 'deploy an image first; the first deploy sets the count of the contract',
  });
}

function wantedCount(from: number, { count }: ScaleChange): number {
  const to = count.kind === 'absolute' ? count.count : from + count.change;
  if (to >= 0 && to <= highestCount) return to;
  throw new UserError({
    code: 'desired-count-out-of-range',
    message: `${from} tasks changed by ${to - from} would be ${to}`,
    at: { input: 'desired-count' },
    hint: `allowed: 0 to ${highestCount}`,
  });
}

function limitSteps(
  { limits, service }: ScaleObserved,
  to: number,
  policy: LimitsPolicy,
): readonly ScaleStep[] {
  if (limits === 'none') return [];
  if (limits === 'unreadable') {
    if (policy === 'fail') return [];
    throw new UserError({
      code: 'scaling-limits-unreadable',
      message: `the autoscaling limits of ${service.name} cannot be read, so they cannot be changed`,
      at: { input: 'scale-limits' },
      hint: 'the role needs application-autoscaling:DescribeScalableTargets; "fail" changes the count alone',
    });
  }
  const { min, max, suspended } = limits;
  switch (policy) {
    case 'suspend':
      return suspended
        ? []
        : [{ kind: 'suspend-policies', reason: 'so that autoscaling does not undo the change' }];
    case 'raise': {
      const wider = { min: Math.min(min, to), max: Math.max(max, to) };
      if (wider.min === min && wider.max === max) return [];
      return [{ kind: 'set-limits', ...wider, reason: `${to} is outside of ${min} to ${max}` }];
    }
    case 'fail':
      if (to >= min && to <= max) return [];
      throw new UserError({
        code: 'desired-count-outside-limits',
        message: `autoscaling keeps ${service.name} between ${min} and ${max} tasks, and ${to} is outside`,
        at: { input: 'desired-count' },
        hint: 'scale-limits: raise changes these limits, scale-limits: suspend stops autoscaling',
      });
  }
}

/** One step in words. */
export function describeScaleStep(step: ScaleStep): string {
  switch (step.kind) {
    case 'set-limits':
      return `set-limits of autoscaling to ${step.min} and ${step.max}: ${step.reason}`;
    case 'set-count':
      return `set-count to ${step.count}: ${step.reason}`;
    case 'tag-service':
      return `tag-service with ${step.tags.map(({ key }) => key).join(', ')}: ${step.reason}`;
    case 'suspend-policies':
    case 'follow':
      return `${step.kind}: ${step.reason}`;
  }
}
