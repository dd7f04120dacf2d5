import type { DeploymentCircuitBreaker } from '@aws-sdk/client-ecs';

// Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures".
const SMALLEST_THRESHOLD = 3;
const LARGEST_THRESHOLD = 200;

/**
 * Failed tasks at which a deployment fails: half of the desired count, rounded up, at least 3 and at
 * most 200; with a threshold configuration its count or percentage (API reference,
 * ThresholdConfiguration).
 */
export function failureThreshold(
  breaker: DeploymentCircuitBreaker | undefined,
  desiredCount: number,
): number {
  const { type = 'BOUNDED_PERCENT', value = 50 } = breaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') return value;
  const share = Math.ceil((value / 100) * desiredCount);
  if (type === 'UNBOUNDED_PERCENT') return Math.max(1, share);
  return Math.min(LARGEST_THRESHOLD, Math.max(SMALLEST_THRESHOLD, share));
}

/** A task that becomes healthy sets the count back, unless `resetOnHealthyTask` is false (API reference, DeploymentCircuitBreaker). */
export function resetsOnHealthyTask(breaker: DeploymentCircuitBreaker | undefined): boolean {
  return breaker?.resetOnHealthyTask !== false;
}
