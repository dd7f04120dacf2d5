/** A deployment group of the compute platform ECS (API reference, "DeploymentGroupInfo"). */
export interface DeploymentGroup {
  readonly application: string;
  readonly name: string;
  readonly services: readonly { readonly cluster: string; readonly service: string }[];
}

/** One entry of GetDeployment (API reference, "DeploymentInfo"). */
export interface CodeDeployment {
  /** `d-…` */
  readonly id: string;
  /** `Created`, `Queued`, `InProgress`, `Baking`, `Ready`, `Succeeded`, `Failed` or `Stopped`. */
  readonly status: string;
  readonly createdAtMs: number;
  readonly completedAtMs: number | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** The deployment that goes back from this one. */
  readonly rollbackId: string | undefined;
  /** The deployment that this one goes back from, where it is a rollback. */
  readonly rollsBackId: string | undefined;
  /** `DEPLOYMENT_FAILURE`, `DEPLOYMENT_STOP_ON_ALARM`, `DEPLOYMENT_STOP_ON_REQUEST`. */
  readonly rollsBackOn: readonly string[];
  /** Traffic is shifted, and only the old tasks' end is waited for. */
  readonly terminationWaitStarted: boolean;
  readonly terminationWaitMinutes: number;
  /** Name of the deployment configuration, which says how the traffic shifts. */
  readonly config: string | undefined;
  /** How long it waits for someone to start the rerouting; 0 where it does not. */
  readonly readyWaitMinutes: number;
  /** The AppSpec as it was given; absent where it lies elsewhere. */
  readonly appSpec: string | undefined;
}

/** What CodeDeploy does to the service (API reference, "ECSTarget"). */
export interface CodeDeployTarget {
  readonly events: readonly LifecycleEvent[];
  readonly taskSets: readonly TargetTaskSet[];
}

export interface LifecycleEvent {
  /** `BeforeInstall`, `Install` and so on, in their order. */
  readonly name: string;
  /** `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped` or `Unknown`. */
  readonly status: string;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  /** What the diagnostics say, where they say something. */
  readonly message: string | undefined;
}

export interface TargetTaskSet {
  /** `ecs-svc/…`; its tasks' `startedBy`. */
  readonly id: string;
  readonly replacement: boolean;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** Percent of the production traffic. */
  readonly trafficWeight: number;
}

/** How a deployment configuration shifts traffic (API reference, "TrafficRoutingConfig"). */
export type TrafficRouting =
  | { readonly kind: 'all-at-once' }
  | {
      readonly kind: 'canary' | 'linear';
      /** Of the first shift, and of each linear one. */
      readonly percent: number;
      /** Between two shifts. */
      readonly intervalMinutes: number;
    };

export type CreatedDeployment =
  | { readonly kind: 'created'; readonly id: string }
  /** The group has an active deployment; AWS names it in its message. */
  | { readonly kind: 'busy'; readonly id: string | undefined; readonly message: string };

const ended = new Set(['Succeeded', 'Failed', 'Stopped']);

export function hasEnded({ status }: Pick<CodeDeployment, 'status'>): boolean {
  return ended.has(status);
}

/** All lifecycle events are done: production traffic is at the new tasks, and was found good. */
export function isShifted(
  deployment: CodeDeployment | undefined,
  target: CodeDeployTarget | undefined,
): boolean {
  return (
    target?.events.at(-1)?.status === 'Succeeded' || (deployment?.terminationWaitStarted ?? false)
  );
}
