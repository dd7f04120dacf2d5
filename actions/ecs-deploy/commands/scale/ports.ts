import type { Service } from '../../model.js';

/** What autoscaling keeps the count of a service between. */
export interface ScalingLimits {
  readonly min: number;
  readonly max: number;
  /** Policies change nothing, in either direction. */
  readonly suspended: boolean;
  /** Scheduled actions change nothing either; `scale` leaves that as it is. */
  readonly scheduledSuspended: boolean;
}

/** What `scale` needs of Amazon ECS and of Application Auto Scaling. */
export interface ServiceCounts {
  /** `undefined`: the service is not scaled automatically. */
  limitsOf(cluster: string, service: string): Promise<ScalingLimits | undefined>;
  setLimits(
    cluster: string,
    service: string,
    limits: { readonly min: number; readonly max: number },
  ): Promise<void>;
  /** Suspends scaling by policies; scheduled actions go on. */
  suspendPolicies(cluster: string, service: string): Promise<void>;
  setDesiredCount(cluster: string, service: string, count: number): Promise<Service>;
}
