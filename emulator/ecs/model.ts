import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  DeploymentLifecycleHookStatus,
  LoadBalancer,
  NetworkConfiguration,
  ServiceDeploymentStatus,
  Tag,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { Fate } from './fates.js';
import type { ImageResolution } from './ports.js';
import type { HookFate } from './rollout/hook-fates.js';
import type { LifecycleStage, StageStep } from './rollout/stages.js';
import type { ContainerDefinition, RegisterInput } from './task-definition-input.js';

export interface ClusterRecord {
  readonly name: string;
  readonly arn: string;
  status: 'ACTIVE' | 'INACTIVE';
  /** Everything else as it was given: settings, configuration, capacity providers. */
  settings: { name?: string | undefined; value?: string | undefined }[];
  configuration: unknown;
  serviceConnectDefaults: unknown;
  capacityProviders: string[];
  defaultCapacityProviderStrategy: CapacityProviderStrategyItem[];
}

export interface TaskDefinitionRecord {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly registeredAtMs: number;
  deregisteredAtMs?: number;
  deleteRequestedAtMs?: number;
  /** The caller's fields, with the defaults that ECS fills in. */
  readonly definition: RegisterInput;
}

/** What a service's tasks are made from; changing any of it starts a deployment. */
export interface Workload {
  readonly taskDefinition: TaskDefinitionRecord;
  readonly launchType?: string | undefined;
  readonly capacityProviderStrategy?: CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly loadBalancers: LoadBalancer[];
  readonly serviceRegistries: unknown[];
  readonly serviceConnectConfiguration?: unknown;
  readonly volumeConfigurations?: unknown;
  readonly vpcLatticeConfigurations?: unknown;
}

export interface ServiceRevisionRecord {
  readonly arn: string;
  readonly createdAtMs: number;
  readonly workload: Workload;
  /** By image reference; a missing image is looked up again before each further attempt. */
  readonly images: Map<string, ImageResolution>;
  /** Its tasks are in the alternate target groups; each deployment that shifts traffic swaps them. */
  readonly alternate: boolean;
}

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** One entry of DescribeServices' `deployments`. */
export interface DeploymentRecord {
  readonly id: string;
  readonly service: ServiceRecord;
  readonly revision: ServiceRevisionRecord;
  readonly createdAtMs: number;
  updatedAtMs: number;
  rolloutState: RolloutState;
  rolloutStateReason: string;
  /** Tasks failed in a row; a task that becomes healthy sets it back. */
  failedTasks: number;
  /** Rounds of launches in a row that ended in failures: drives the throttle logic. */
  failedRounds: number;
  failedSinceLaunch: boolean;
  /** No launches before this time. */
  throttledUntilMs: number;
  /** The rollout that made this deployment primary, forward or as a rollback. */
  serviceDeployment: ServiceDeploymentRecord;
  warnedDeadlock: boolean;
  /** Present on the task sets of a CODE_DEPLOY service, which is then in `service.taskSets`. */
  readonly taskSet?: TaskSetRecord;
}

/** What a task set has besides the tasks that it keeps running. */
export interface TaskSetRecord {
  /** The CodeDeploy deployment that made it; absent on the service's first. */
  readonly externalId?: string;
  status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  /** Percent of the service's desired count. */
  scale: number;
  stability: 'STEADY_STATE' | 'STABILIZING';
  stabilityAtMs: number;
}

export interface RevisionCounts {
  readonly requested: number;
  readonly running: number;
  readonly pending: number;
}

/** One lifecycle hook while its stage lasts. */
export interface HookRecord {
  readonly id: string;
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE';
  readonly targetArn: string | undefined;
  readonly stage: LifecycleStage;
  status: DeploymentLifecycleHookStatus;
  readonly expiresAtMs: number;
  readonly timeoutAction: 'CONTINUE' | 'ROLLBACK';
}

/** Where a deployment that shifts traffic stands on its way through the stages. */
export interface TrafficShift {
  readonly steps: readonly StageStep[];
  /** The deployment whose revision had the production traffic before; absent for the first one. */
  readonly old: DeploymentRecord | undefined;
  /** Tasks that it ran when the deployment began. */
  readonly oldCount: number;
  /** ECS shifts the traffic of a load balancer or of Service Connect. */
  readonly managed: boolean;
  /** There is a rule for test traffic. */
  readonly tested: boolean;
  /** Index of the current step; -1 before the first. */
  at: number;
  stage: LifecycleStage | undefined;
  /** Nothing but hooks holds the current stage up. */
  workDone: boolean;
  /** Of the current stage. */
  hooks: HookRecord[];
  /** Percentages of the new revision. */
  production: number;
  test: number;
  cancels: (() => void)[];
  readonly wake: () => void;
}

/** One entry of DescribeServiceDeployments. */
export interface ServiceDeploymentRecord {
  readonly arn: string;
  readonly service: ServiceRecord;
  readonly createdAtMs: number;
  readonly target: ServiceRevisionRecord;
  readonly sources: ServiceRevisionRecord[];
  readonly configuration: DeploymentConfiguration;
  startedAtMs?: number;
  finishedAtMs?: number;
  stoppedAtMs?: number;
  updatedAtMs: number;
  status: ServiceDeploymentStatus;
  statusReason?: string;
  breakerStatus: 'DISABLED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'TRIGGERED';
  failureCount: number;
  alarmStatus: 'DISABLED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'TRIGGERED';
  triggeredAlarms: string[];
  /** Absent for a rolling update. */
  shift?: TrafficShift | undefined;
  /** Why a person asked for the rollback. */
  requestedRollback?: string;
  rollback?: { reason: string; startedAtMs: number; revision: ServiceRevisionRecord };
  /** The counts at the end, by revision ARN. */
  finalCounts?: Map<string, RevisionCounts>;
}

export interface ServiceEventRecord {
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}

export interface ServiceRecord {
  readonly name: string;
  readonly arn: string;
  readonly cluster: ClusterRecord;
  readonly createdAtMs: number;
  readonly controller: 'ECS' | 'CODE_DEPLOY';
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  workload: Workload;
  deploymentConfiguration: DeploymentConfiguration;
  healthCheckGracePeriodSeconds: number;
  enableExecuteCommand: boolean;
  enableECSManagedTags: boolean;
  propagateTags: string;
  placementConstraints: unknown[];
  placementStrategy: unknown[];
  availabilityZoneRebalancing: string;
  readonly roleArn?: string | undefined;
  /** Primary first. */
  deployments: DeploymentRecord[];
  /** Of a CODE_DEPLOY service, which has no deployments; newest first. */
  taskSets: DeploymentRecord[];
  /** Newest first. */
  serviceDeployments: ServiceDeploymentRecord[];
  revisions: ServiceRevisionRecord[];
  /** Newest first. */
  events: ServiceEventRecord[];
  steady: boolean;
  reconcileQueued: boolean;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface ContainerRecord {
  readonly definition: ContainerDefinition;
  readonly image: string;
  readonly resolution: ImageResolution;
  readonly fate: Fate;
  readonly logLines: readonly string[];
  /** Between two lines; 0 writes all at once. */
  readonly logEverySeconds: number;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  healthStatus: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  runtimeId?: string;
  exitCode?: number;
  reason?: string;
}

export interface TaskRecord {
  readonly id: string;
  readonly arn: string;
  readonly cluster: ClusterRecord;
  readonly taskDefinition: TaskDefinitionRecord;
  /** Absent for a task of RunTask. */
  readonly deployment?: DeploymentRecord;
  readonly containers: ContainerRecord[];
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly overrides: unknown;
  readonly launchType?: string | undefined;
  readonly capacityProviderName?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly loadBalancers: LoadBalancer[];
  readonly enableExecuteCommand: boolean;
  readonly createdAtMs: number;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** Running, and passed every check that the service has. */
  healthy: boolean;
  pullStartedAtMs?: number;
  pullStoppedAtMs?: number;
  startedAtMs?: number;
  stoppingAtMs?: number;
  executionStoppedAtMs?: number;
  stoppedAtMs?: number;
  stopCode?: TaskStopCode;
  stoppedReason?: string;
  version: number;
  cancels: (() => void)[];
}

export interface State {
  clusters: Map<string, ClusterRecord>;
  taskDefinitions: Map<string, TaskDefinitionRecord>;
  /** Last revision number by family: never used twice, even after a deletion. */
  revisionNumbers: Map<string, number>;
  /** By ARN. */
  services: Map<string, ServiceRecord>;
  tasks: Map<string, TaskRecord>;
  tags: Map<string, Tag[]>;
  accountSettings: Map<string, string>;
  /** By the ARN of a lifecycle hook's function. */
  hookFates: Map<string, HookFate>;
  /** Names of the CloudWatch alarms that are in the state ALARM. */
  alarms: Set<string>;
  /** RunTask calls by cluster and client token. */
  clientTokens: Map<string, { readonly request: string; readonly tasks: readonly TaskRecord[] }>;
}

export function emptyState(): State {
  return {
    clusters: new Map(),
    taskDefinitions: new Map(),
    revisionNumbers: new Map(),
    services: new Map(),
    tasks: new Map(),
    tags: new Map(),
    accountSettings: new Map(),
    hookFates: new Map(),
    alarms: new Set(),
    clientTokens: new Map(),
  };
}
