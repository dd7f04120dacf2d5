/**
 * Virtual durations of the emulated ECS.
 *
 * AWS documents the order of the states, not how long each takes; these are round numbers of the
 * size seen on Fargate with a small image.
 */
export interface Timings {
  /** From UpdateService to the deployment's IN_PROGRESS. */
  readonly deploymentStartMs: number;
  /** From a change that the service scheduler must act on to its action. */
  readonly schedulerMs: number;
  /** PROVISIONING: the network interface is attached. */
  readonly provisioningMs: number;
  /** PENDING: the image is pulled and the container started. */
  readonly pullMs: number;
  /** RUNNING until a task without any health check counts as healthy. */
  readonly settleMs: number;
  /** RUNNING until a load balancer calls a working target healthy. */
  readonly targetHealthyMs: number;
  /** End of the grace period until a load balancer calls a broken target unhealthy. */
  readonly targetUnhealthyMs: number;
  /** DEACTIVATING: the target is drained. AWS waits for the target group's deregistration delay. */
  readonly drainMs: number;
  /** STOPPING: SIGTERM until the containers are gone. */
  readonly stoppingMs: number;
  /** DEPROVISIONING: the network interface is detached. */
  readonly deprovisioningMs: number;
  /** RUNNING until a `crash` without a time of its own exits. */
  readonly crashAfterMs: number;
  /** RUNNING until the container of a healthy one-off task exits with 0. */
  readonly oneOffMs: number;
  /** A stage of a deployment that shifts traffic, where nothing else holds it up. */
  readonly stageMs: number;
  /** From the request to shift traffic until the listener rule or Service Connect has done so. */
  readonly trafficShiftMs: number;
  /** A call of a lifecycle hook's function. */
  readonly hookCallMs: number;
  /** From the answer IN_PROGRESS to the next call: 30 s (Developer Guide, "Lambda hooks for Amazon ECS service deployments"). */
  readonly hookCallbackMs: number;
  /** How long a stopped task can be described: one hour (Developer Guide, "Viewing Amazon ECS stopped task errors"). */
  readonly stoppedTaskRetentionMs: number;
  /** First delay of the service throttle logic; doubled with each further round of failures. */
  readonly throttleFirstMs: number;
  /** Longest delay of the throttle logic: 27 minutes (Developer Guide, "Amazon ECS service throttle logic"). */
  readonly throttleLongestMs: number;
}

export const defaultTimings: Timings = {
  deploymentStartMs: 150,
  schedulerMs: 500,
  provisioningMs: 5_000,
  pullMs: 5_000,
  settleMs: 5_000,
  targetHealthyMs: 15_000,
  targetUnhealthyMs: 30_000,
  drainMs: 5_000,
  stoppingMs: 2_000,
  deprovisioningMs: 3_000,
  crashAfterMs: 2_000,
  oneOffMs: 10_000,
  stageMs: 500,
  trafficShiftMs: 3_000,
  hookCallMs: 1_000,
  hookCallbackMs: 30_000,
  stoppedTaskRetentionMs: 3_600_000,
  throttleFirstMs: 10_000,
  throttleLongestMs: 27 * 60_000,
};
