import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStatus,
  DeploymentStyle,
  ErrorInformation,
  LifecycleErrorCode,
  LifecycleEventStatus,
  LoadBalancerInfo,
  RollbackInfo,
  Tag,
  TrafficRoutingConfig,
} from '@aws-sdk/client-codedeploy';
import type { AppSpec } from './app-spec.js';

export interface ApplicationRecord {
  readonly id: string;
  name: string;
  readonly computePlatform: 'ECS' | 'Lambda' | 'Server';
  readonly createdAtMs: number;
  readonly groups: Map<string, GroupRecord>;
}

/** What CreateDeploymentGroup and UpdateDeploymentGroup set. */
export interface GroupSettings {
  readonly serviceRoleArn: string;
  readonly deploymentConfigName: string;
  readonly cluster: string;
  readonly service: string;
  readonly deploymentStyle: DeploymentStyle;
  readonly blueGreen: BlueGreenDeploymentConfiguration;
  readonly loadBalancerInfo: LoadBalancerInfo;
  readonly autoRollback: AutoRollbackConfiguration | undefined;
  readonly alarms: AlarmConfiguration | undefined;
  readonly triggers: unknown[];
}

export interface GroupRecord {
  readonly id: string;
  readonly application: ApplicationRecord;
  name: string;
  settings: GroupSettings;
  lastSuccessful?: DeploymentRecord;
  lastAttempted?: DeploymentRecord;
}

export interface ConfigRecord {
  readonly id: string;
  readonly name: string;
  readonly routing: TrafficRoutingConfig;
  readonly createdAtMs: number;
}

/** The AppSpec as it was given, and as it was understood. */
export interface Revision {
  readonly kind: 'AppSpecContent' | 'String';
  readonly content: string;
  readonly sha256: string;
  readonly appSpec: AppSpec;
}

export interface LifecycleEventRecord {
  readonly name: string;
  status: LifecycleEventStatus;
  startMs?: number;
  endMs?: number;
  diagnostics?: { readonly errorCode: LifecycleErrorCode; readonly message: string };
}

export interface DeploymentRecord {
  readonly id: string;
  readonly group: GroupRecord;
  readonly config: ConfigRecord;
  readonly revision: Revision;
  readonly previousRevision: Revision | undefined;
  readonly description: string | undefined;
  readonly creator: 'user' | 'codeDeployRollback';
  readonly autoRollback: AutoRollbackConfiguration | undefined;
  readonly alarms: AlarmConfiguration | undefined;
  readonly createdAtMs: number;
  readonly events: readonly LifecycleEventRecord[];
  startedAtMs?: number;
  completedAtMs?: number;
  updatedAtMs: number;
  status: DeploymentStatus;
  error?: ErrorInformation;
  rollback?: RollbackInfo;
  terminationWaitStarted: boolean;
  /** The task set that had production traffic before, and the new one. */
  blueId?: string;
  greenId?: string;
  /** Percent of production traffic at the replacement task set. */
  greenWeight: number;
  /** Where it waits for ContinueDeployment. */
  waitsFor?: { readonly type: 'READY_WAIT' | 'TERMINATION_WAIT'; readonly go: () => void };
  stopRequested: boolean;
  /** The state of its task sets at its end. */
  finalTaskSets?: readonly TaskSetSnapshot[];
}

export interface TaskSetSnapshot {
  readonly id: string;
  readonly label: 'Blue' | 'Green';
  readonly status: string;
  readonly targetGroupName: string | undefined;
  readonly desiredCount: number;
  readonly pendingCount: number;
  readonly runningCount: number;
  readonly trafficWeight: number;
}

/** What becomes of the Lambda function of a hook: the emulator runs none. */
export type HookFate =
  | { readonly status: 'Succeeded'; readonly afterSeconds: number }
  | { readonly status: 'Failed'; readonly afterSeconds: number; readonly message: string }
  /** It never reports its result. */
  | { readonly status: 'never' };

export interface State {
  readonly applications: Map<string, ApplicationRecord>;
  /** Custom ones, by name. */
  readonly configs: Map<string, ConfigRecord>;
  /** In the order of their creation. */
  readonly deployments: Map<string, DeploymentRecord>;
  /** By ARN. */
  readonly tags: Map<string, Tag[]>;
  /** By function name. */
  readonly hooks: Map<string, HookFate>;
  readonly firingAlarms: Set<string>;
  /** Set: rollback deployments fail with these words. */
  rollbackFailure: string | undefined;
}

export function emptyState(): State {
  return {
    applications: new Map(),
    configs: new Map(),
    deployments: new Map(),
    tags: new Map(),
    hooks: new Map(),
    firingAlarms: new Set(),
    rollbackFailure: undefined,
  };
}
