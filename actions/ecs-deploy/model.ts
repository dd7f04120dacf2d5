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
  /** `REPLICA` or `DAEMON`. */
  readonly scheduling: string;
  /** `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`. */
  readonly strategy: string;
  readonly rollsBack: boolean;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly taskDefinitionArn: string;
  readonly wiring: ServiceWiring;
  readonly deployments: readonly Deployment[];
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
  readonly rollback:
    | {
        readonly reason: string | undefined;
        readonly startedAtMs: number | undefined;
        readonly revisionArn: string | undefined;
      }
    | undefined;
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
}

/** The last segment of an ARN: a task's id, `family:revision`, a service deployment's id. */
export function shortName(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
