import type {
  CapacityProviderStrategyItem,
  DeploymentConfiguration,
  LoadBalancer,
  NetworkConfiguration,
  ServiceDeploymentStatus,
  Tag,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { Fate } from './fates.js';
import type { ImageResolution } from './ports.js';
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
}

export interface RevisionCounts {
  readonly requested: number;
  readonly running: number;
  readonly pending: number;
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
    clientTokens: new Map(),
  };
}
