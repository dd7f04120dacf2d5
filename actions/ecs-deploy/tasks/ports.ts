import type { Tag, Task, TaskContainer } from '../model.js';

/** How and where a service runs its tasks; a one-off task runs in the same way. */
export interface TaskPlacement {
  /** Absent where capacity providers decide. */
  readonly launchType: string | undefined;
  readonly capacityProviders: readonly CapacityProvider[];
  readonly platformVersion: string | undefined;
  /** Absent where the service has none of its own: other network modes than awsvpc. */
  readonly network: TaskNetwork | undefined;
}

export interface CapacityProvider {
  readonly name: string;
  readonly weight: number | undefined;
  readonly base: number | undefined;
}

export interface TaskNetwork {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

/** What differs from the task definition. */
export interface TaskOverrides {
  readonly container: string;
  /** Absent: the definition's, or the image's. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** CPU units of the task, and MiB of the task and of the container. */
  readonly cpu: number | undefined;
  readonly memoryMib: number | undefined;
  /** A limit of the container's own, which must grow with the task's. */
  readonly containerMemoryMib: number | undefined;
  readonly taskRoleArn: string | undefined;
  readonly executionRoleArn: string | undefined;
}

export interface RunTaskRequest {
  readonly cluster: string;
  readonly taskDefinitionArn: string;
  readonly placement: TaskPlacement;
  readonly overrides: TaskOverrides;
  readonly startedBy: string;
  readonly tags: readonly Tag[];
}

/** `refused`: ECS took the request, and could not place the task. */
export type StartedTask =
  | { readonly kind: 'started'; readonly arn: string }
  | { readonly kind: 'refused'; readonly failures: readonly PlacementFailure[] };

export interface PlacementFailure {
  readonly reason: string;
  readonly detail: string | undefined;
}

/** One look at a task of our own. */
export interface OneOffTask extends Task {
  /** `PROVISIONING`, `PENDING`, `RUNNING`, … `STOPPED`. */
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly containers: readonly OneOffContainer[];
}

export interface OneOffContainer extends TaskContainer {
  readonly lastStatus: string;
}

/** What a one-off task needs of Amazon ECS. */
export interface TaskRunner {
  placementOf(cluster: string, service: string): Promise<TaskPlacement>;
  /** Starts one task, once: a retry of the call does not start another. */
  run(request: RunTaskRequest): Promise<StartedTask>;
  /** `undefined`: ECS does not know the task, or not yet. */
  look(cluster: string, arn: string): Promise<OneOffTask | undefined>;
  stop(cluster: string, arn: string, reason: string): Promise<void>;
}
