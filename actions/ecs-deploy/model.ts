/** JSON as it stands on the wire; task definitions stay in this form so that no field is lost. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A registered task definition, every field kept. */
export interface RegisteredDefinition {
  readonly arn: string;
  readonly definition: JsonObject;
  readonly tags: readonly Tag[];
}

/** One entry of DescribeServices' `deployments`. */
export interface Deployment {
  /** `ecs-svc/…`; a task's `startedBy`. */
  readonly id: string;
  readonly status: string;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly failedTasks: number;
  readonly rolloutState: string | undefined;
  readonly rolloutStateReason: string | undefined;
  /** Milliseconds since the epoch, by AWS's clock. */
  readonly createdAtMs: number;
}

/** One entry of DescribeServices' `taskSets`. */
export interface TaskSet {
  /** `ecs-svc/…`; a task's `startedBy`. */
  readonly id: string;
  /** `PRIMARY`, `ACTIVE` or `DRAINING`. */
  readonly status: string;
  readonly taskDefinitionArn: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** As many as desired run, and are healthy. */
  readonly steady: boolean;
  readonly loadBalancers: readonly {
    /** None for a Classic Load Balancer. */
    readonly targetGroupArn: string | undefined;
    readonly containerName: string | undefined;
    readonly containerPort: number | undefined;
  }[];
}

export interface ServiceEvent {
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}

/** Where and behind what a service's tasks run. */
export interface ServiceWiring {
  /** `FARGATE`, `EC2`, …; absent with a capacity provider strategy. */
  readonly launchType: string | undefined;
  readonly capacityProviders: readonly string[];
  readonly platformVersion: string | undefined;
  /** Absent without awsvpc. */
  readonly network:
    { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] } | undefined;
  readonly loadBalancers: readonly LoadBalancerMapping[];
}

interface LoadBalancerMapping {
  /** None for a Classic Load Balancer; two for traffic that shifts. */
  readonly targetGroupArns: readonly string[];
  readonly container: string;
  readonly port: number | undefined;
}

export interface Service {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  readonly status: string;
  /** `ECS`, `CODE_DEPLOY` or `EXTERNAL`. */
  readonly controller: string;
  /** `CUSTOMER`, or `ECS` for a service of Express Mode. */
  readonly managedBy: string;
  /** `REPLICA` or `DAEMON`. */
  readonly scheduling: string;
  /** `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`. */
  readonly strategy: string;
  readonly rollsBack: boolean;
  /** As ECS describes it. */
  readonly deploymentConfiguration: JsonObject;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly taskDefinitionArn: string;
  readonly wiring: ServiceWiring;
  readonly deployments: readonly Deployment[];
  /** Of a service that CodeDeploy deploys, which has no deployments. */
  readonly taskSets: readonly TaskSet[];
  /** Newest first. */
  readonly events: readonly ServiceEvent[];
}

export type ServiceLookup =
  | { readonly kind: 'found'; readonly service: Service }
  | { readonly kind: 'cluster-missing' }
  | { readonly kind: 'service-missing' };

/** One entry of DescribeServiceDeployments. */
export interface ServiceDeployment {
  readonly arn: string;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
  readonly targetRevisionArn: string;
  readonly target: TaskCounts;
  readonly breaker: {
    /** `MONITORING`, `MONITORING_COMPLETE`, `TRIGGERED` or `DISABLED`. */
    readonly status: string;
    readonly failureCount: number;
    readonly threshold: number | undefined;
  };
  readonly triggeredAlarms: readonly string[];
  /** Absent for a rolling update. */
  readonly shift: TrafficShift | undefined;
  readonly rollback:
    | {
        readonly reason: string | undefined;
        readonly startedAtMs: number | undefined;
        readonly revisionArn: string | undefined;
      }
    | undefined;
}

/** Where a blue/green, linear or canary deployment stands. */
export interface TrafficShift {
  /** `BLUE_GREEN`, `LINEAR` or `CANARY`. */
  readonly strategy: string;
  /** `PRE_SCALE_UP`, `BAKE_TIME`, …; absent before the first. */
  readonly stage: string | undefined;
  readonly updatedAtMs: number | undefined;
  /** Of the new revision; absent where ECS shifts no traffic. */
  readonly productionPercent: number | undefined;
  /** Of the current stage. */
  readonly hooks: readonly LifecycleHook[];
  readonly configuredHooks: readonly ConfiguredHook[];
  readonly bakeMinutes: number;
  /** Percentage and bake time of the canary, or of each linear step. */
  readonly stepPercent: number | undefined;
  readonly stepBakeMinutes: number;
}

export interface LifecycleHook {
  readonly id: string;
  readonly kind: 'lambda' | 'pause';
  /** The function's ARN. */
  readonly targetArn: string | undefined;
  /** `AWAITING_ACTION`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `TIMED_OUT`. */
  readonly status: string;
  readonly expiresAtMs: number | undefined;
  /** `CONTINUE` or `ROLLBACK`. */
  readonly timeoutAction: string | undefined;
}

export interface ConfiguredHook {
  readonly kind: LifecycleHook['kind'];
  readonly targetArn: string | undefined;
  readonly stages: readonly string[];
}

interface TaskCounts {
  readonly requested: number;
  readonly running: number;
  readonly pending: number;
}

export interface ServiceDeploymentBrief {
  readonly arn: string;
  readonly status: string;
  readonly createdAtMs: number;
  readonly targetRevisionArn: string;
}

export interface ServiceRevision {
  readonly arn: string;
  readonly taskDefinitionArn: string;
  readonly images: readonly RunningImage[];
}

export interface RunningImage {
  readonly container: string;
  readonly image: string;
  readonly digest: string | undefined;
}

export interface Task {
  readonly arn: string;
  readonly taskDefinitionArn: string;
  readonly startedBy: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
  readonly containers: readonly TaskContainer[];
}

export interface TaskContainer {
  readonly name: string;
  readonly image: string | undefined;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly healthStatus: string | undefined;
  readonly imageDigest: string | undefined;
}

/** The last segment of an ARN, a path or an address, or the name that has but one: a task's id, `family:revision`, a service deployment's id. */
export function shortName(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The family of a task definition's ARN. */
export function familyOfArn(arn: string): string {
  return shortName(arn).replace(/:\d+$/, '');
}
